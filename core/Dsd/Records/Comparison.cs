using System.Globalization;
using Dsd.Schedules;

namespace Dsd.Records;

/// <summary>The comparison of several arms trained under the same conditions.</summary>
/// <param name="Runs">The records, in the order of the arms.</param>
[TypeFormatterSource]
public sealed record Comparison(ValueList<RunRecord> Runs)
{
    /// <summary>True if every arm completed.</summary>
    public bool IsComplete => Runs.All(r => r.End?.Outcome == RunOutcome.Completed);

    /// <summary>The problems of the data of any arm: examples excluded, or in two splits.</summary>
    public ValueList<DataProblem> DataProblems => DataProblem.Merge(Runs.SelectMany(r => r.DataProblems));

    /// <summary>Reads the arms of a run from its folder, in the order in which its settings name them; without settings, in that in which they started.</summary>
    /// <param name="folder">A folder created by <c>dsd train</c>, e.g. <c>runs/NAME</c>: it holds an <c>events.jsonl</c> in a folder for each arm.</param>
    /// <exception cref="DsdException">There is no run, or an event log is damaged; the message gives the place.</exception>
    public static Comparison Load(string folder) => RunReader.Arms(folder);

    /// <summary>Formats the arms as a Markdown table with an introduction, independent of culture.</summary>
    /// <returns>
    /// One column per phase with the main metric on validation at its end, accuracies in percent; then the main metric and
    /// the loss on the test split, and the difference from the last arm. Each difference is followed by a sentence with its interval;
    /// the problems of the data come last.
    /// </returns>
    public string Describe()
    {
        if (Runs.All(r => r.Phases.Count == 0))
        {
            return "No phase has started.\n";
        }

        var below = Readings().ToList();
        return $"{Lines(Explain())}\n{Table()}{(below.Count > 0 ? "\n" : "")}{string.Join('\n', below.Select(Lines))}{(DataProblems.Count > 0 ? "\n" : "")}{Lines(DataProblems.Select(p => $"{p}."))}";

        static string Lines(IEnumerable<string> lines) => string.Concat(lines.Select(line => $"{TextTable.Escape(line)}\n"));
    }

    /// <summary>Computes the difference of each arm from the last arm in the main metric on test, with its interval over the choice of examples.</summary>
    /// <returns>The differences in the order of the arms, without arms that were not measured on test, or are not a number there.</returns>
    public ValueList<ArmDifference> Differences() =>
        Compared().Select(c => c.Difference).OfType<ArmDifference>().ToValueList();

    /// <summary>Interprets each difference from the last arm in sentences, including arms without a number.</summary>
    public IEnumerable<IEnumerable<string>> Readings()
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
                yield return [$"{run.Arm} − {Runs[^1].Arm}: {metric.Name} on test is not finite in {string.Join(" and ", arms)}, so nothing is compared."];
            }
        }
    }

    /// <inheritdoc cref="Describe"/>
    public override string ToString() => Describe();

    /// <summary>Explains the columns of the table in sentences.</summary>
    public IEnumerable<string> Explain()
    {
        var metric = Metric.MainOf(Runs);
        yield return $"{metric.Title} on validation after each phase, and on test at the end.";
        if (Runs.Count > 1)
        {
            yield return $"Difference: {metric.DifferenceUnit} on test above {Runs[^1].Arm}; {metric.GoalText}.";
        }

        foreach (var sentence in ExplainRollbacks())
        {
            yield return sentence;
        }

        // An arm that broke off has fewer steps than it was meant to have, which its ending states.
        var trained = Runs.Where(r => r.End?.Outcome == RunOutcome.Completed).ToList();
        if (trained.DistinctBy(r => r.End!.Step).Count() > 1)
        {
            yield return $"Arms trained different numbers of steps: {string.Join(", ", trained.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Arm} {r.End!.Step:N0}")))}.";
        }
    }

    /// <summary>Says which arms went back to a checkpoint, since their rates are then not the schedule's.</summary>
    private IEnumerable<string> ExplainRollbacks() => Runs.Where(r => r.Rollbacks.Count > 0).GroupBy(r => r.Rollbacks).Select(g => string.Create(
        CultureInfo.InvariantCulture,
        $"{string.Join(" and ", g.Select(r => r.Arm))} went back to a checkpoint {(g.Key.Count == 1 ? "once" : $"{g.Key.Count} times")}, since a value was not finite: the learning rates are {g.Key[^1].RateFactor:0.####} of the schedule's from step {g.Key[^1].To:N0} on."));

    /// <summary>The table of the arms, one row per arm.</summary>
    public TextTable Table()
    {
        var metric = Metric.MainOf(Runs);
        var names = Runs.MaxBy(r => r.Phases.Count)!.Phases.Select(p => p.Start.Name).ToList();
        var table = new TextTable(["arm", .. names.Select(n => $">{n}"), ">test", ">test loss", ">difference"]);
        foreach (var run in Runs)
        {
            table.Row(
            [
                run.Arm,
                .. names.Select((_, i) => metric.Show(metric.In(i < run.Phases.Count ? run.Phases[i].Final : null))),
                metric.Show(metric.In(run.Test)),
                run.Test?.Value("loss") is { } loss ? loss.ToString("0.0000", CultureInfo.InvariantCulture) : "–",
                ReferenceEquals(run, Runs[^1]) ? "–" : metric.ShowDifference(metric.In(run.Test) - metric.In(Runs[^1].Test)),
            ]);
        }

        return table;
    }

    /// <summary>Pairs each arm but the last with its difference from the last, or null if there is none.</summary>
    private IEnumerable<(RunRecord Run, ArmDifference? Difference)> Compared()
    {
        var metric = Metric.MainOf(Runs);
        return Runs.SkipLast(1).Select(run => (run, ArmDifference.Of(run, Runs[^1], metric)));
    }
}
