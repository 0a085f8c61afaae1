using Dsd.Statistics;

namespace Dsd.Records;

/// <summary>The difference of two runs, or of two settings over seeds, in the main metric on test.</summary>
/// <param name="First">The name of the minuend: a run and its arm.</param>
/// <param name="Other">The name of the reference, whose value is subtracted.</param>
/// <param name="Metric">The metric.</param>
/// <param name="OverSeeds">The differences seed by seed; null if there is one run of each.</param>
/// <param name="OverExamples">The difference of one run of each, with its interval over test examples; null if there are several seeds.</param>
public sealed record RunDifference(string First, string Other, Metric Metric, PairedDifference? OverSeeds, ArmDifference? OverExamples)
{
    /// <summary>True if arms are paired seed by seed, and the interval is over seeds; false if it is over test examples.</summary>
    public bool IsOverSeeds => OverSeeds is not null;

    /// <summary>The number of seeds.</summary>
    public int Seeds => OverSeeds?.Differences.Count ?? 1;

    /// <summary>True if there are seeds enough for a verdict; false for one run of each.</summary>
    public bool AllowsVerdict => OverSeeds?.AllowsVerdict ?? false;

    /// <summary>The mean difference.</summary>
    public double Value => OverSeeds?.Differences.Mean ?? OverExamples!.Value;

    /// <summary>The 95 % interval, over seeds or over examples; null if there is none.</summary>
    public (double Low, double High)? Interval => OverSeeds is not null ? OverSeeds.Interval : OverExamples!.Interval;

    /// <summary>Formats the difference with its interval, independent of culture.</summary>
    public override string ToString() => $"{First} − {Other}: {Metric.ShowDifference(Value)} [{Metric.ShowInterval(Interval)}] over {(IsOverSeeds ? "seeds" : "examples")}";
}
