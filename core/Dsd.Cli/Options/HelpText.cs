using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Dsd.Cli;

/// <summary>What <c>--help</c> prints: what a command does and how it is called, then what more there is to say, with examples.</summary>
internal static class HelpText
{
    private static readonly Dictionary<Command, string> s_more = [];

    /// <summary>Gives a command what its own help says beyond the one line that lists show.</summary>
    /// <param name="command">The command.</param>
    /// <param name="text">Paragraphs and examples, as they are to be printed.</param>
    public static T WithHelp<T>(this T command, string text)
        where T : Command
    {
        s_more[command] = text;
        return command;
    }

    /// <summary>Makes the help of a command and of all below it print these texts.</summary>
    public static void Install(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new WithMore((HelpAction)option.Action!);
    }

    /// <summary>Whether help is what was asked for, whatever else is wrong.</summary>
    public static bool IsWanted(ParseResult parsed) => parsed.Action is WithMore;

    private sealed class WithMore(HelpAction usual) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var code = usual.Invoke(parseResult);
            if (s_more.TryGetValue(parseResult.CommandResult.Command, out var text))
            {
                parseResult.InvocationConfiguration.Output.WriteLine(text);
            }

            return code;
        }
    }
}
