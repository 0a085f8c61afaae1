using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Dsd.Cli;

/// <summary>The dsd command and what its exit codes mean.</summary>
internal static class DsdCommand
{
    public const int Failed = 1;
    public const int BadInput = 2;
    public const int Interrupted = 130;

    public static int Run(string[] args)
    {
        var root = new RootCommand("""
            Dense-Sparse-Dense training: train dense, prune the smallest weights and retrain, lift the mask and train on.

            Examples:
              dsd train                                  LeNet-5 on Fashion-MNIST, with a fair control; about five minutes
              dsd plan --model resnet-20 --sparsity 0.5  what a schedule does to each layer, without training
              dsd models                                 the networks
              dsd data list                              the data sets

            Exit codes: 0 done; 1 training failed; 2 something given cannot be used; 130 interrupted.
            """)
        {
            TrainCommand.Create(),
            PlanCommand.Create(),
            ModelsCommand.Create(),
            DataCommand.Create(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && !IsHelp(parsed.Action))
        {
            foreach (var error in parsed.Errors.Select(e => e.Message).Distinct())
            {
                Console.Error.WriteLine($"dsd: {error}");
            }

            Console.Error.WriteLine($"dsd: see '{CommandLine(parsed)} --help'");
            return BadInput;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception e) when (e is DsdException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"dsd: {e.Message}");
            return BadInput;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("dsd: interrupted");
            return Interrupted;
        }
    }

    private static bool IsHelp(CommandLineAction? action) => action is HelpAction;

    private static string CommandLine(ParseResult parsed)
    {
        var names = new List<string>();
        for (System.CommandLine.Parsing.SymbolResult? at = parsed.CommandResult; at is System.CommandLine.Parsing.CommandResult command; at = command.Parent)
        {
            names.Insert(0, command.Command is RootCommand ? "dsd" : command.Command.Name);
        }

        return string.Join(' ', names);
    }
}
