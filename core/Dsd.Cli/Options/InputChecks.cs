using System.CommandLine;

namespace Dsd.Cli;

/// <summary>Checks of single options, reported together with values that cannot be parsed.</summary>
internal static class InputChecks
{
    private static readonly Dictionary<Command, Action<ParseResult, Problems>> s_checks = [];

    /// <summary>Adds the checks that run if the command line cannot be parsed and the command therefore does not run.</summary>
    /// <param name="command">The command.</param>
    /// <param name="check">Checks options one by one; not combinations, since one of them may be missing because it is invalid.</param>
    public static T WithChecks<T>(this T command, Action<ParseResult, Problems> check)
        where T : Command
    {
        s_checks[command] = check;
        return command;
    }

    /// <summary>Lists the further problems of a command line that cannot be parsed.</summary>
    public static IEnumerable<string> Of(ParseResult parsed)
    {
        var problems = new Problems(parsed);
        try
        {
            s_checks.GetValueOrDefault(parsed.CommandResult.Command)?.Invoke(parsed, problems);
        }
        catch (InvalidOperationException)
        {
            // The value of an option that cannot be parsed, which is one of the problems that are known.
        }

        return problems.All;
    }
}
