using System.CommandLine;

namespace Dsd.Cli;

/// <summary>Checks that a command makes of single options, told beside values that cannot be parsed.</summary>
internal static class InputChecks
{
    private static readonly Dictionary<Command, Action<ParseResult, Problems>> s_checks = [];

    /// <summary>Gives a command the checks that are made when its command line cannot be parsed, so that it does not run.</summary>
    /// <param name="command">The command.</param>
    /// <param name="check">Looks at options one by one; nothing that follows from two of them, since one may be missing for being wrong.</param>
    public static T WithChecks<T>(this T command, Action<ParseResult, Problems> check)
        where T : Command
    {
        s_checks[command] = check;
        return command;
    }

    /// <summary>What else is wrong with a command line that cannot be parsed.</summary>
    public static IEnumerable<string> Of(ParseResult parsed)
    {
        var problems = new Problems(parsed);
        s_checks.GetValueOrDefault(parsed.CommandResult.Command)?.Invoke(parsed, problems);
        return problems.All;
    }
}
