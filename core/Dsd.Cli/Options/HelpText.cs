using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Dsd.Cli;

/// <summary>Prints <c>--help</c>: the description and usage of a command, then further text with examples.</summary>
internal static class HelpText
{
    private static readonly Dictionary<Command, string> s_more = [];

    /// <summary>Adds help text to a command, beyond its one-line description.</summary>
    /// <param name="command">The command.</param>
    /// <param name="text">Paragraphs and examples, printed verbatim.</param>
    public static T WithHelp<T>(this T command, string text)
        where T : Command
    {
        s_more[command] = text;
        return command;
    }

    /// <summary>Makes the help of a command and its subcommands print these texts.</summary>
    public static void Install(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new WithMore((HelpAction)option.Action!);
    }

    /// <summary>True if help was requested, whatever else is wrong.</summary>
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
