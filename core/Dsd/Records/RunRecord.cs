namespace Dsd.Records;

/// <summary>What happened in a run: the fold of its events, enough to draw every chart or to do the run again.</summary>
/// <param name="Start">How it began, or null before it did.</param>
/// <param name="Phases">What happened in each phase, in order; the last may be unfinished.</param>
/// <param name="Evaluations">The measurements after the last phase.</param>
/// <param name="End">How it ended, or null where the record breaks off.</param>
[TypeFormatterSource]
public sealed record RunRecord(RunStarted? Start, ValueList<PhaseRecord> Phases, ValueList<Evaluated> Evaluations, RunEnded? End)
{
    /// <summary>The record of a run of which nothing is known yet.</summary>
    public static RunRecord Empty { get; } = new(null, [], [], null);

    /// <summary>The name of the arm, or an empty text before the run began.</summary>
    public string Arm => Start?.Arm ?? "";

    /// <summary>The one measurement on the test split, or null where it was not read.</summary>
    public Evaluated? Test => Evaluations.LastOrDefault(e => e.Split == DataSplit.Test);

    /// <summary>The last measurement on the validation split, or null where there is none.</summary>
    public Evaluated? Validation => Phases.Select(p => p.Last(DataSplit.Validation)).LastOrDefault(e => e is not null);

    /// <summary>The record of a list of events.</summary>
    /// <param name="events">The events, in order.</param>
    public static RunRecord Fold(IEnumerable<TrainingEvent> events) => events.Aggregate(Empty, (record, e) => record.Apply(e));

    /// <summary>This record with one more event.</summary>
    /// <param name="happened">The event.</param>
    /// <exception cref="InvalidOperationException">The event belongs to a phase, and none has started.</exception>
    public RunRecord Apply(TrainingEvent happened) => happened switch
    {
        RunStarted e => this with { Start = e },
        PhaseStarted e => this with { Phases = Phases.Add(new PhaseRecord(e, [], [], [], null)) },
        MaskComputed e => InPhase(p => p with { Masks = p.Masks.Add(e) }),
        StepSampled e => InPhase(p => p with { Samples = p.Samples.Add(e) }),
        Evaluated e when Phases.Count > 0 && Phases[^1].End is null => InPhase(p => p with { Evaluations = p.Evaluations.Add(e) }),
        Evaluated e => this with { Evaluations = Evaluations.Add(e) },
        PhaseEnded e => InPhase(p => p with { End = e }),
        RunEnded e => this with { End = e },
        _ => throw new InvalidOperationException($"{happened.GetType().Name} is not one of the seven events."),
    };

    private RunRecord InPhase(Func<PhaseRecord, PhaseRecord> change) => Phases.Count > 0
        ? this with { Phases = Phases.SetItem(Phases.Count - 1, change(Phases[^1])) }
        : throw new InvalidOperationException("The event belongs to a phase, and none has started.");
}
