using System.Globalization;
using Dsd.Schedules;

namespace Dsd.Records;

/// <summary>The records of several arms that were trained alike, side by side.</summary>
/// <param name="Runs">The records, in the order of the arms.</param>
[TypeFormatterSource]
public sealed record Comparison(ValueList<RunRecord> Runs)
{
    /// <summary>Whether every arm completed.</summary>
    public bool IsComplete => Runs.All(r => r.End?.Outcome == RunOutcome.Completed);

    /// <summary>What was wrong with the data of any arm: what was left out, what stands in two parts.</summary>
    public ValueList<DataProblem> DataProblems => DataProblem.Merge(Runs.SelectMany(r => r.DataProblems));

    /// <summary>Reads the arms of a run from its folder, in the order in which they began.</summary>
    /// <param name="folder">The folder that <c>dsd train</c> made, e.g. <c>runs/NAME</c>: it holds an <c>events.jsonl</c> in a folder of each arm.</param>
    /// <exception cref="DsdException">There is no run, or an event log is damaged; the message says where.</exception>
    public static Comparison Load(string folder) => RunReader.Arms(folder);

    /// <summary>The arms as a Markdown table under a line that explains it; the same in every culture.</summary>
    /// <returns>
    /// A column for each phase has the main metric on validation at its end, accuracies in percent; then come the main metric and
    /// the loss on the test split, and the difference from the last arm. Each difference has a sentence below, with its interval.
    /// </returns>
    public string Describe()
    {
        if (Runs.All(r => r.Phases.Count == 0))
        {
            return "No phase was begun.\n";
        }

        var below = Readings().ToList();
        return $"{Lines(Explain())}\n{Table()}{(below.Count > 0 ? "\n" : "")}{string.Join('\n', below.Select(Lines))}";

        static string Lines(IEnumerable<string> lines) => string.Concat(lines.Select(line => $"{TextTable.Escape(line)}\n"));
    }

    /// <summary>The main metric of each arm on test less that of the last arm, with its interval over the choice of examples.</summary>
    /// <returns>In the order of the arms; without those that were not measured on test, or are not a number there.</returns>
    public ValueList<ArmDifference> Differences() =>
        Compared().Select(c => c.Difference).OfType<ArmDifference>().ToValueList();

    /// <summary>What each difference from the last arm shows, in sentences; also where an arm ended with no number.</summary>
    internal IEnumerable<IEnumerable<string>> Readings()
    {
        var metric = Metric.MainOf(Runs);
        foreach (var (run, difference) in Compared())
        {
            if (difference is not null)
            {
                yield return difference.Sentences();
            }
            else if (new[] { run, Runs[^1] }.Where(r => metric.In(r.Test) is { } value && !double.IsFinite(value)).Select(r => r.Arm).ToList() is { Count: > 0 } arms)
            {
                yield return [$"{run.Arm} − {Runs[^1].Arm}: {metric.Name} on test is no finite number in {string.Join(" and ", arms)}, so that nothing is compared."];
            }
        }
    }

    /// <inheritdoc cref="Describe"/>
    public override string ToString() => Describe();

    /// <summary>What the columns of the table mean, in sentences.</summary>
    internal IEnumerable<string> Explain()
    {
        var metric = Metric.MainOf(Runs);
        yield return $"{metric.Title} on validation after each phase, and on test at the end.";
        if (Runs.Count > 1)
        {
            yield return $"Difference: {metric.DifferenceUnit} on test above {Runs[^1].Arm}; {metric.GoalText}.";
        }
    }

    /// <summary>One row an arm.</summary>
    internal TextTable Table()
    {
        var metric = Metric.MainOf(Runs);
        var names = Runs.MaxBy(r => r.Phases.Count)!.Phases.Select(p => p.Start.Name).ToList();
        var table = new TextTable(["arm", .. names.Select(n => $">{n}"), ">test", ">test loss", ">difference"]);
        foreach (var run in Runs)
        {
            table.Row(
            [
                run.Arm,
                .. names.Select((_, i) => metric.Show(metric.In(i < run.Phases.Count ? run.Phases[i].Last(DataSplit.Validation) : null))),
                metric.Show(metric.In(run.Test)),
                run.Test?.Value("loss") is { } loss ? loss.ToString("0.0000", CultureInfo.InvariantCulture) : "–",
                ReferenceEquals(run, Runs[^1]) ? "–" : metric.ShowDifference(metric.In(run.Test) - metric.In(Runs[^1].Test)),
            ]);
        }

        return table;
    }

    /// <summary>Each arm but the last with its difference from that one, or null where there is none.</summary>
    private IEnumerable<(RunRecord Run, ArmDifference? Difference)> Compared()
    {
        var metric = Metric.MainOf(Runs);
        return Runs.SkipLast(1).Select(run => (run, ArmDifference.Of(run, Runs[^1], metric)));
    }
}
