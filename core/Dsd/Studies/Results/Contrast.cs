using Dsd.Statistics;

namespace Dsd.Studies;

/// <summary>The contrast between the arm under test and another arm, seed by seed, on the evaluation split.</summary>
/// <param name="Group">The group's name.</param>
/// <param name="First">The arm under test.</param>
/// <param name="Other">The reference arm, whose values are subtracted.</param>
/// <param name="Pairs">The values of both arms for each seed for which both completed from the same checkpoint, in units of the metric.</param>
/// <param name="LeftOut">The number of seeds for which an arm did not complete, or that were not forked from the same checkpoint.</param>
/// <param name="AdjustedPValue">The p-value of the paired t-test, corrected by Holm's method over all contrasts of the study that allow a verdict in groups that miss no gate; null where this one does not.</param>
public sealed record Contrast(
    string Group,
    string First,
    string Other,
    ValueList<(long Seed, double First, double Other)> Pairs,
    int LeftOut,
    double? AdjustedPValue)
{
    /// <summary>The phase after which both arms were measured; empty for the end of training.</summary>
    public string Phase { get; init; } = "";

    /// <summary>The reason why the group cannot answer the study's question, a missed gate; null if it can. Then there is no verdict.</summary>
    public string? NotTestable { get; init; }

    /// <summary>The statistics of the differences; null without any.</summary>
    public PairedDifference? Difference { get; } = Pairs.Count > 0 ? PairedDifference.Between(Pairs.Select(p => (p.First, p.Other))) : null;

    /// <summary>Formats <see cref="AdjustedPValue"/> with three decimals, or four for small values, e.g. <c>"0.031"</c>; a dash for null.</summary>
    public string ShowAdjustedPValue() => PValue.Show(AdjustedPValue);
}
