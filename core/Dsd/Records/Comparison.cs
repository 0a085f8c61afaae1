using System.Globalization;

namespace Dsd.Records;

/// <summary>The records of several arms that were trained alike, side by side.</summary>
/// <param name="Runs">The records, in the order of the arms.</param>
[TypeFormatterSource]
public sealed record Comparison(ValueList<RunRecord> Runs)
{
    /// <summary>Whether every arm completed.</summary>
    public bool IsComplete => Runs.All(r => r.End?.Outcome == RunOutcome.Completed);

    /// <summary>The arms as a Markdown table under a line that explains it; the same in every culture.</summary>
    /// <returns>
    /// A column for each phase has the accuracy on validation at its end, in percent; then come accuracy and loss on the test
    /// split, and the difference from the last arm in points of accuracy.
    /// </returns>
    public string Describe()
    {
        if (Runs.All(r => r.Phases.Count == 0))
        {
            return "No phase was begun.\n";
        }

        var names = Runs.MaxBy(r => r.Phases.Count)!.Phases.Select(p => p.Start.Name).ToList();
        var table = new TextTable(["arm", .. names.Select(n => $">{n}"), ">test", ">test loss", ">difference"]);
        var reference = Runs[^1].Test?.Value("accuracy");
        foreach (var run in Runs)
        {
            table.Row(
            [
                run.Arm,
                .. names.Select((_, i) => Percent(i < run.Phases.Count ? run.Phases[i].Last(DataSplit.Validation)?.Value("accuracy") : null)),
                Percent(run.Test?.Value("accuracy")),
                run.Test?.Value("loss") is { } loss ? loss.ToString("0.0000", CultureInfo.InvariantCulture) : "–",
                ReferenceEquals(run, Runs[^1]) ? "–" : Points(run.Test?.Value("accuracy") - reference),
            ]);
        }

        var compared = Runs.Count > 1 ? $"Difference: points of test accuracy above {Runs[^1].Arm}.\n" : "";
        return $"Accuracy on validation after each phase, and on test at the end.\n{compared}\n{table}";
    }

    /// <inheritdoc cref="Describe"/>
    public override string ToString() => Describe();

    private static string Percent(double? fraction) =>
        fraction is { } f ? (100 * f).ToString("0.00", CultureInfo.InvariantCulture) + " %" : "–";

    private static string Points(double? difference) =>
        difference is { } d ? (100 * d).ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture) : "–";
}
