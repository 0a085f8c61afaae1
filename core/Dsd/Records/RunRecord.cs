using System.Globalization;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Records;

/// <summary>The record of a run: the fold of its events, sufficient to draw every chart and to repeat the run.</summary>
/// <param name="Start">The event at its start; null before it starts.</param>
/// <param name="Phases">The records of the phases, in order; the last may be incomplete.</param>
/// <param name="Evaluations">The measurements after the last phase.</param>
/// <param name="End">The event at its end; null if the record is incomplete.</param>
[TypeFormatterSource]
public sealed record RunRecord(RunStarted? Start, ValueList<PhaseRecord> Phases, ValueList<Evaluated> Evaluations, RunEnded? End)
{
    /// <summary>The empty record.</summary>
    public static RunRecord Empty { get; } = new(null, [], [], null);

    /// <summary>The places at which the run was continued after a stop.</summary>
    public ValueList<RunResumed> Resumptions { get; init; } = [];

    /// <summary>The returns to a checkpoint; each halved the learning rates that followed.</summary>
    public ValueList<RolledBack> Rollbacks { get; init; } = [];

    /// <summary>The name of the arm; empty before the run starts.</summary>
    public string Arm => Start?.Arm ?? "";

    /// <summary>The measurement on the test split; null if it was not read.</summary>
    public Evaluated? Test => Evaluations.LastOrDefault(e => e.Split == DataSplit.Test);

    /// <summary>The last measurement on the validation split; null if there is none.</summary>
    public Evaluated? Validation => Phases.Select(p => p.Last(DataSplit.Validation)).LastOrDefault(e => e is not null);

    /// <summary>The problems of the data, known before training or found during it: examples excluded, or in two splits.</summary>
    public ValueList<DataProblem> DataProblems => DataProblem.Merge(
        (Start?.DataProblems ?? [])
            .Concat(Phases.SelectMany(p => (p.End?.LeftOut ?? []).Concat(p.Evaluations.SelectMany(e => e.LeftOut ?? []))))
            .Concat(Evaluations.SelectMany(e => e.LeftOut ?? [])));

    /// <summary>The computation of the network in one line: precision, layout, and exceptional layers with the reasons; empty before the run starts.</summary>
    public string Computation => string.Join("; ", ((string[])[Start?.Computation ?? ""]).Concat(
        Phases.SelectMany(p => p.Samples.SelectMany(s => s.ComputedOtherwise ?? []).Concat(p.Evaluations.SelectMany(e => e.ComputedOtherwise ?? [])))
            .Concat(Evaluations.SelectMany(e => e.ComputedOtherwise ?? []))
            .Distinct().Order(StringComparer.Ordinal)));

    /// <summary>Reads the record of a run from its event log, complete or not.</summary>
    /// <param name="path">The file, e.g. <c>runs/NAME/dsd/events.jsonl</c>.</param>
    /// <exception cref="DsdException">The file is missing or damaged; the message gives the place.</exception>
    public static RunRecord Load(string path) => RunReader.Run(path);

    /// <summary>Folds events into a record.</summary>
    /// <param name="events">The events, in order.</param>
    public static RunRecord Fold(IEnumerable<TrainingEvent> events) => events.Aggregate(Empty, (record, e) => record.Apply(e));

    /// <summary>Applies one more event to this record.</summary>
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
        RunResumed e => this with { Resumptions = Resumptions.Add(e) },
        RolledBack e => Until(e.To) with { Rollbacks = Rollbacks.Add(e) },
        _ => throw new InvalidOperationException($"{happened.GetType().Name} is not one of the nine events."),
    };

    /// <summary>Formats the run: network and data, a table of its phases, the test result and the outcome. Independent of culture.</summary>
    public string Describe()
    {
        if (Start is null)
        {
            return "A run that has not started.\n";
        }

        var metric = Metric.MainOf([this]);
        var test = Test is null ? "" : $"; {TextTable.Escape(metric.Name)} on test {TextTable.Escape(metric.Show(metric.In(Test)))}";
        return $"Arm {TextTable.Escape(Arm)}: {TextTable.Escape(Start.Model)} on {TextTable.Escape(Start.Data)}, seed {FormattableString.Invariant($"{Start.Seed}")}{test}. {TextTable.Escape(Ending())}\n{string.Concat(DataProblems.Select(p => TextTable.Escape($"{p}.") + "\n"))}\n{Table()}";
    }

    /// <inheritdoc cref="Describe"/>
    public override string ToString() => Describe();

    /// <summary>The metrics of each measurement, in order.</summary>
    internal IEnumerable<Metric> Metrics => Phases.SelectMany(p => p.Evaluations).Concat(Evaluations).SelectMany(e => e.Metrics).Select(m => m.Metric);

    /// <summary>Lists the excluded examples of a split, known before training or found during it; null for those of no split.</summary>
    internal IEnumerable<DataProblem> LeftOut(DataSplit? split) => DataProblems.Where(p => p.Kind == DataProblemKind.LeftOut && p.Split == split);

    /// <summary>True if the same test examples were excluded as in another run, so that outcomes can be compared one by one.</summary>
    internal bool HasTheTestOf(RunRecord other) => LeftOut(DataSplit.Test).ToHashSet().SetEquals(other.LeftOut(DataSplit.Test));

    /// <summary>Formats the outcome of the run as a sentence.</summary>
    public string Ending() => End switch
    {
        null => "The record breaks off.",
        { Outcome: RunOutcome.Completed } => FormattableString.Invariant($"Completed after {End.Step:N0} steps, {End.ElapsedSeconds:0.0} s."),
        { Outcome: RunOutcome.Cancelled } => FormattableString.Invariant($"Cancelled after {End.Step:N0} steps."),
        _ => FormattableString.Invariant($"Failed after {End.Step:N0} steps: {End.Message ?? "no reason is known"}"),
    };

    /// <summary>The table of the phases, one row per phase.</summary>
    public TextTable Table()
    {
        var metric = Metric.MainOf([this]);
        var table = new TextTable("phase", ">steps", ">sparsity", ">training loss", $">validation {metric.Name}", ">seconds");
        foreach (var phase in Phases)
        {
            table.Row(
                phase.Start.Name,
                phase.Start.Steps.ToString("N0", CultureInfo.InvariantCulture),
                phase.Sparsity?.ToString("0.####", CultureInfo.InvariantCulture) ?? "–",
                phase.Samples.Count > 0 ? phase.Samples[^1].Loss.ToString("0.0000", CultureInfo.InvariantCulture) : "–",
                metric.Show(metric.In(phase.Last(DataSplit.Validation))),
                phase.End?.ElapsedSeconds.ToString("0.0", CultureInfo.InvariantCulture) ?? "–");
        }

        return table;
    }

    /// <summary>The record up to a checkpoint between two steps: what later steps recorded, the end of a phase included, will be recorded again.</summary>
    private RunRecord Until(long step) => this with
    {
        Phases = Phases.Where(p => p.Start.Step < step).Select(p => p with
        {
            Masks = p.Masks.Where(m => m.Step < step).ToValueList(),
            Samples = p.Samples.Where(s => s.Step < step).ToValueList(),
            Evaluations = p.Evaluations.Where(e => e.Step <= step).ToValueList(),
            End = p.End is { } end && end.Step < step ? end : null,
        }).ToValueList(),
    };

    private RunRecord InPhase(Func<PhaseRecord, PhaseRecord> change) => Phases.Count > 0
        ? this with { Phases = Phases.SetItem(Phases.Count - 1, change(Phases[^1])) }
        : throw new InvalidOperationException("The event belongs to a phase, and none has started.");
}
