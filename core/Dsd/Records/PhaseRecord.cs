using Dsd.Schedules;

namespace Dsd.Records;

/// <summary>What happened in one phase.</summary>
/// <param name="Start">How it began.</param>
/// <param name="Masks">Each choice of masks.</param>
/// <param name="Samples">The training loss at sampled steps.</param>
/// <param name="Evaluations">The measurements within it.</param>
/// <param name="End">How it ended, or null where the run stopped before.</param>
public sealed record PhaseRecord(
    PhaseStarted Start,
    ValueList<MaskComputed> Masks,
    ValueList<StepSampled> Samples,
    ValueList<Evaluated> Evaluations,
    PhaseEnded? End)
{
    /// <summary>The last measurement on a split, or null where there is none.</summary>
    /// <param name="split">The split.</param>
    public Evaluated? Last(DataSplit split) => Evaluations.LastOrDefault(e => e.Split == split);

    /// <summary>The fraction of weights of all weight tensors that are masked at its end, or null where it did not end or its layers were not counted.</summary>
    public double? Sparsity => End is null || End.Layers.Count == 0 ? null : 1 - (End.Layers.Sum(l => (double)l.Kept) / Math.Max(1, End.Layers.Sum(l => l.Weights)));
}
