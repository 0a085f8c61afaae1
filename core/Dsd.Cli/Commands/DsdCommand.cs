using System.CommandLine;
using System.CommandLine.Parsing;
using Dsd.Optimizers;

namespace Dsd.Cli;

/// <summary>The root command <c>dsd</c> and its exit codes.</summary>
internal static class DsdCommand
{
    // ENOSPC, EFBIG, EDQUOT of Linux and of macOS; ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL of Windows.
    private static readonly int[] s_diskFull = [28, 27, 122, 69, unchecked((int)0x80070070), unchecked((int)0x80070027)];

    public static int Run(string[] args) => Invoke(Create(), args);

    /// <summary>Creates the command with all that it offers.</summary>
    public static RootCommand Create()
    {
        var root = new RootCommand("Dense-Sparse-Dense training: train dense, prune the smallest weights and retrain, lift the mask and train on.")
        {
            TrainCommand.Create(),
            ResumeCommand.Create(),
            PlanCommand.Create(),
            ReportCommand.Create(),
            WatchCommand.Create(),
            RunsCommand.Create(),
            CompareCommand.Create(),
            RerunCommand.Create(),
            InspectCommand.Create(),
            StudyCommand.Create(),
            MethodsCommand.Create(),
            ModelsCommand.Create(),
            DataCommand.Create(),
            TorchCommand.Create(),
            CompletionCommand.Create(),
        }.WithHelp("""
            Examples:
              dsd train                                  LeNet-5 on Fashion-MNIST, with a fair control
              dsd resume runs/NAME                       a stopped run goes on from its last checkpoint
              dsd plan --model resnet-20 --sparsity 0.5  what a schedule does to each layer
              dsd report runs/NAME                       a run as one page with charts
              dsd watch                                  a page that follows runs while they train
              dsd runs                                   all runs and studies, with their results
              dsd compare runs/A runs/B                  several runs side by side
              dsd rerun runs/NAME --set seed=2           a run again, with values changed
              dsd inspect FILE.safetensors               the layers, zeros and masks of a weight file
              dsd study run STUDY.json                   many seeds, fair controls, statistics
              dsd methods                                published methods, for dsd train --method NAME
              dsd models                                 the networks
              dsd data list                              the data sets

            Exit codes: 0 success; 1 training failed, or the disk is full; 2 invalid input; 130 interrupted.

            """);
        root.HelpName = "dsd";
        HelpText.Install(root);
        Completions.Install(root);
        return root;
    }

    /// <summary>Parses and carries out a command line.</summary>
    public static int Invoke(RootCommand root, string[] args)
    {
        // A value that starts with @, such as @x, is not a response file.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && !HelpText.IsWanted(parsed))
        {
            foreach (var error in Misread(parsed).Concat(InputChecks.Of(parsed)).Distinct())
            {
                Say.Line($"dsd: {error}");
            }

            Say.Line($"dsd: see '{CommandLine(parsed)} --help'");
            return ExitCode.BadInput;
        }

        try
        {
            TorchOptions.Apply(parsed);
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (BadInputException e)
        {
            e.Problems.ToList().ForEach(problem => Say.Line($"dsd: {problem}"));
            return ExitCode.BadInput;
        }
        catch (Exception e) when (e is DsdException or IOException or UnauthorizedAccessException)
        {
            Say.Line($"dsd: {e.Message}");
            return e is FailedException || IsDiskFull(e) ? ExitCode.Failed : ExitCode.BadInput;
        }
        catch (OperationCanceledException)
        {
            Say.Line(parsed.CommandResult.Command.Name == "run" ? "dsd: interrupted; the same command continues from here" : "dsd: interrupted");
            return ExitCode.Interrupted;
        }
    }

    /// <summary>True if a disk, a quota or the account's file size limit is the cause: no other input would have helped.</summary>
    private static bool IsDiskFull(Exception e)
    {
        for (Exception? cause = e; cause is not null; cause = cause.InnerException)
        {
            if (AtomicFile.IsSizeLimit(cause) || (cause is IOException && s_diskFull.Contains(cause.HResult)))
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<string> Misread(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var commands = string.Join(", ", command.Subcommands.Select(c => c.Name));
        var afterOption = false;
        foreach (var token in parsed.UnmatchedTokens)
        {
            if (token.StartsWith('-'))
            {
                afterOption = true;
                var options = command.Options.Where(o => !o.Hidden).Select(o => o.Name).ToList();
                yield return $"there is no option '{token}' of '{CommandLine(parsed)}'{(options.Count == 0 ? ", which has none but --help." : $"; the nearest are {string.Join(", ", NearestNames.Of(token, options))}.")}";
            }
            else if (!afterOption)
            {
                yield return commands.Length > 0
                    ? $"there is no command '{token}'; there are {commands}."
                    : $"'{token}' is not expected here; a value follows its option, and one with spaces or * needs quotes.";
            }
        }

        if (commands.Length > 0 && command.Action is null && parsed.UnmatchedTokens.Count == 0)
        {
            yield return $"a command is missing; there are {commands}.";
        }

        // The remaining errors concern values; those of the command itself have been reported above.
        foreach (var error in parsed.Errors.Where(e => e.SymbolResult is not CommandResult))
        {
            yield return error.Message;
        }
    }

    private static string CommandLine(ParseResult parsed)
    {
        var names = new List<string>();
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult command; at = command.Parent)
        {
            names.Insert(0, command.Command is RootCommand ? "dsd" : command.Command.Name);
        }

        return string.Join(' ', names);
    }
}
