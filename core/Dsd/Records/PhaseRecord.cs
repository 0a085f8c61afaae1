using static Dsd.Records.TrainingEvent;

namespace Dsd.Records;

/// <summary>The record of one phase.</summary>
/// <param name="Start">The event at its start.</param>
/// <param name="Masks">The mask updates.</param>
/// <param name="Samples">The training loss at sampled steps.</param>
/// <param name="Evaluations">The measurements in the phase.</param>
/// <param name="End">The event at its end; null if the run stopped before.</param>
public sealed record PhaseRecord(
    PhaseStarted Start,
    ValueList<MaskComputed> Masks,
    ValueList<StepSampled> Samples,
    ValueList<Evaluated> Evaluations,
    PhaseEnded? End)
{
    /// <summary>Gets the last measurement on a split; null if there is none.</summary>
    /// <param name="split">The split.</param>
    public Evaluated? Last(DataSplit split) => Evaluations.LastOrDefault(e => e.Split == split);

    /// <summary>The measurement on the validation split at its end; null if it did not end or was not measured.</summary>
    public Evaluated? Final => End is null ? null : Last(DataSplit.Validation);

    /// <summary>The fraction of all weights masked at its end; null if it did not end or its layers were not counted.</summary>
    public double? Sparsity => End is null || End.Layers.Count == 0 ? null : 1 - (End.Layers.Sum(l => (double)l.Kept) / Math.Max(1, End.Layers.Sum(l => l.Weights)));
}
