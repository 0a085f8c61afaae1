using Dsd.Studies.Statistics;

namespace Dsd.Studies;

/// <summary>The arm under test less another arm, seed by seed, on the judged split.</summary>
/// <param name="Group">The group's name.</param>
/// <param name="First">The arm under test.</param>
/// <param name="Other">The arm that is taken off.</param>
/// <param name="Pairs">The difference of each seed of which both arms completed from the same checkpoint, in units of the metric.</param>
/// <param name="LeftOut">Seeds of which an arm did not complete, or that were not forked from the same checkpoint.</param>
/// <param name="AdjustedPValue">The p-value of the paired t-test, corrected by Holm's method over all contrasts of the study; null with fewer than two pairs.</param>
public sealed record Contrast(
    string Group,
    string First,
    string Other,
    ValueList<(long Seed, double Difference)> Pairs,
    int LeftOut,
    double? AdjustedPValue)
{
    /// <summary>The statistics of the differences; null without any.</summary>
    public PairedDifference? Difference { get; } = Pairs.Count > 0 ? PairedDifference.Of(Pairs.Select(p => p.Difference)) : null;
}
