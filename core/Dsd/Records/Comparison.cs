using System.Globalization;

namespace Dsd.Records;

/// <summary>The records of several arms that were trained alike, side by side.</summary>
/// <param name="Runs">The records, in the order of the arms.</param>
public sealed record Comparison(ValueList<RunRecord> Runs)
{
    /// <summary>Whether every arm completed.</summary>
    public bool IsComplete => Runs.All(r => r.End?.Outcome == RunOutcome.Completed);

    /// <summary>The arms as a Markdown table: validation at the end of each phase, then the test split; the same in every culture.</summary>
    /// <returns>Accuracies and other fractions in percent; differences from the last arm in points.</returns>
    public string Describe()
    {
        if (Runs.All(r => r.Phases.Count == 0))
        {
            return "No phase was begun.\n";
        }

        var names = Runs.MaxBy(r => r.Phases.Count)!.Phases.Select(p => p.Start.Name).ToList();
        var table = new TextTable(["arm", .. names.Select(n => $">validation after {n}"), ">test accuracy", ">test loss", ">difference"]);
        var reference = Runs[^1].Test?.Value("accuracy");
        foreach (var run in Runs)
        {
            table.Row(
            [
                run.Arm,
                .. names.Select((_, i) => Percent(i < run.Phases.Count ? run.Phases[i].Last(DataSplit.Validation)?.Value("accuracy") : null)),
                Percent(run.Test?.Value("accuracy")),
                run.Test?.Value("loss") is { } loss ? loss.ToString("0.0000", CultureInfo.InvariantCulture) : "–",
                run == Runs[^1] ? "–" : Points(run.Test?.Value("accuracy") - reference),
            ]);
        }

        return table.ToString();
    }

    /// <inheritdoc cref="Describe"/>
    public override string ToString() => Describe();

    private static string Percent(double? fraction) =>
        fraction is { } f ? (100 * f).ToString("0.00", CultureInfo.InvariantCulture) + " %" : "–";

    private static string Points(double? difference) =>
        difference is { } d ? (100 * d).ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture) + " points" : "–";
}
