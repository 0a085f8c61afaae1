using System.CommandLine;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Cli;

/// <summary>The option for the arms to train.</summary>
internal sealed class ArmOptions
{
    private const string Dsd = "dsd";
    private const string Control = "control";

    private readonly Option<string[]> _arms = new("--arms")
    {
        Description = "The arms to train: dsd, control (the same phases and rates, no mask). Default dsd,control; with --method each method by its name, and control (of the first).",
        CustomParser = result => [.. result.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
        HelpName = "ARMS",
    };

    public void AddTo(Command command, Func<ParseResult, IEnumerable<string>> methods)
    {
        _arms.CompletionSources.Add(context => methods(context.ParseResult).Append(Control) is var named && named.Any(n => n != Control) ? named : [Dsd, Control, "dsd,control"]);
        command.Options.Add(_arms);
    }

    /// <summary>Reads the names of the arms to train.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="known">The names of the arms that there are. Default null: dsd and control.</param>
    /// <exception cref="DsdException">There is no arm of a name, or none is named.</exception>
    public List<string> Names(ParseResult parsed, IReadOnlyList<string>? known = null)
    {
        known ??= [Dsd, Control];
        var allowed = known.Count == 1 ? known[0] : $"{string.Join(", ", known.Take(known.Count - 1))} and {known[^1]}";
        var names = parsed.GetResult(_arms) is null ? [.. known] : parsed.GetValue(_arms)!.Distinct().ToList();
        return names.Count == 0 ? throw new DsdException($"--arms: name at least one of {allowed}.")
            : names.Except(known).ToList() is not [_, ..] unknown ? names
            : throw new DsdException(string.Join('\n', unknown.Select(name => $"--arms: there is no arm named '{name}'; allowed are {allowed}.")));
    }

    /// <summary>Limits a run that has arms of its own to those that are named, if any are.</summary>
    public RunConfig Change(ParseResult parsed, RunConfig run)
    {
        if (!parsed.IsGiven(_arms))
        {
            return run;
        }

        var names = Names(parsed, [.. run.Arms.Select(a => a.Name).Union([Dsd, Control])]);
        return run.WithArms(names.Select(n => run.Arms.FirstOrDefault(a => a.Name == n) ?? Of(n, run.Schedule)));
    }

    /// <summary>Creates the arms of a schedule.</summary>
    public static IEnumerable<Arm> Of(IEnumerable<string> names, Schedule schedule) => names.Select(name => Of(name, schedule));

    /// <summary>Creates the arms of methods, the first of which has the control.</summary>
    public static IEnumerable<Arm> Of(IEnumerable<string> names, IReadOnlyList<Arm> methods) =>
        names.Select(name => name == Control ? Arm.Control(methods[0].Schedule) : methods.First(m => m.Name == name));

    /// <summary>The names of the arms of methods.</summary>
    public static IReadOnlyList<string> KnownOf(IEnumerable<string> methods) => [.. methods, Control];

    private static Arm Of(string name, Schedule schedule) => name == Dsd ? Arm.Dsd(schedule) : Arm.Control(schedule);
}
