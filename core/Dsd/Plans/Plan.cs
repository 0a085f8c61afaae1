using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>A schedule resolved against a network: step ranges, rates and exact counts, as plain data without any tensor.</summary>
[TypeFormatterSource]
public sealed record Plan
{
    private Plan(Schedule schedule, ModelShape shape, int stepsPerEpoch, ValueList<PlannedPhase> phases)
    {
        Schedule = schedule;
        Shape = shape;
        StepsPerEpoch = stepsPerEpoch;
        Phases = phases;
    }

    /// <summary>The schedule.</summary>
    public Schedule Schedule { get; }

    /// <summary>The network it was resolved against.</summary>
    public ModelShape Shape { get; }

    /// <summary>The number of optimiser steps in one pass over the training split.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>The phases in order.</summary>
    public ValueList<PlannedPhase> Phases { get; }

    /// <summary>The total number of steps.</summary>
    public long TotalSteps => Phases[^1].FirstStep + Phases[^1].Steps;

    /// <summary>Resolves a schedule, or reports all issues that prevent it.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="shape">The network.</param>
    /// <param name="stepsPerEpoch">Optimiser steps in one pass over the training split, at least 1.</param>
    /// <param name="methods">The custom distributions and patterns that the schedule names, as <c>MaskMethods</c> has them. Default null: none.</param>
    /// <exception cref="PlanException">The schedule does not fit the network; all issues are in it.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="stepsPerEpoch"/> is below 1.</exception>
    public static Plan Resolve(Schedule schedule, ModelShape shape, int stepsPerEpoch, IPlanMethods? methods = null) =>
        OrThrow(TryResolve(schedule, shape, stepsPerEpoch, methods, isToTrain: true));

    /// <summary>Lists all issues that prevent a schedule on a network.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="shape">The network.</param>
    /// <param name="stepsPerEpoch">Optimiser steps in one pass over the training split, at least 1.</param>
    /// <param name="methods">The custom distributions and patterns that the schedule names. Default null: none.</param>
    /// <returns>All issues, in the order of the phases; none if <see cref="Resolve"/> would succeed.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="stepsPerEpoch"/> is below 1.</exception>
    public static ValueList<PlanIssue> Check(Schedule schedule, ModelShape shape, int stepsPerEpoch, IPlanMethods? methods = null) =>
        TryResolve(schedule, shape, stepsPerEpoch, methods, isToTrain: true).Issues;

    /// <summary>Gets the phase to which a step belongs.</summary>
    /// <param name="step">The step of the run, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is not in [0, <see cref="TotalSteps"/>).</exception>
    public PlannedPhase PhaseAt(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, TotalSteps);
        return Phases.Last(p => p.FirstStep <= step);
    }

    /// <summary>True if some phase has another number of steps than its length alone, rounded, since it is its end that is rounded.</summary>
    internal bool HasRoundedEnds => Phases.Any(p => p.Steps != p.Phase.Duration.ToSteps(StepsPerEpoch));

    /// <summary>Gets the learning rate at a step.</summary>
    /// <param name="step">The step of the run, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is not in [0, <see cref="TotalSteps"/>).</exception>
    public double RateAt(long step) => PhaseAt(step) is var phase ? phase.RateAt(step - phase.FirstStep) : default;

    /// <summary>Formats the plan as Markdown tables: the phases, then the layers of each sparse phase. Independent of culture.</summary>
    public string Describe() => PlanTable.Write(this);

    /// <summary>Lists the tables of <see cref="Describe"/>: the phases, then the layers of the sparse phases, once for all phases that treat every layer alike.</summary>
    /// <returns>Each table with its heading, null for the phases, and a note on rules that have no effect, null if each has one.</returns>
    public IEnumerable<(string? Heading, TextTable Table, string? Note)> Tables() => PlanTable.All(this);

    /// <inheritdoc cref="Describe"/>
    public override string ToString() => Describe();

    /// <summary>Resolves the schedule of a run that has taken place.</summary>
    /// <exception cref="PlanException">The schedule does not fit the network.</exception>
    internal static Plan OfRecord(Schedule schedule, ModelShape shape, int stepsPerEpoch, IPlanMethods? methods) =>
        OrThrow(TryResolve(schedule, shape, stepsPerEpoch, methods, isToTrain: false));

    /// <summary>Resolves the schedule of a run that has taken place, without its custom methods: phases and steps are right, the counts of layers need not be.</summary>
    internal static Plan Outline(Schedule schedule, ModelShape shape, int stepsPerEpoch) => TryResolve(schedule, shape, stepsPerEpoch, null, isToTrain: false).Plan;

    /// <summary>Resolves a schedule, and lists all issues that prevent it.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="shape">The network.</param>
    /// <param name="stepsPerEpoch">Optimiser steps in one pass over the training split, at least 1.</param>
    /// <param name="methods">The custom distributions and patterns that the schedule names; null: none.</param>
    /// <param name="isToTrain">
    /// False for a run that has taken place: it may have had gradients before its first step, and groups of a custom pattern that overlap,
    /// neither of which was an issue in earlier versions.
    /// </param>
    /// <returns>The plan, which is valid only without issues, and the issues in the order of the phases.</returns>
    internal static (Plan Plan, ValueList<PlanIssue> Issues) TryResolve(Schedule schedule, ModelShape shape, int stepsPerEpoch, IPlanMethods? methods, bool isToTrain)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentOutOfRangeException.ThrowIfLessThan(stepsPerEpoch, 1);
        var issues = new List<PlanIssue>();
        var phases = new List<PlannedPhase>();
        var (first, wholeSteps, epochs) = (0L, 0L, 0m);
        foreach (var (phase, index) in schedule.Phases.Select((p, i) => (p, i)))
        {
            var where = FormattableString.Invariant($"phase {index + 1} '{phase.Name}'");

            // The ends of phases are rounded, not their lengths, so that any division of a length has the same steps in all.
            (wholeSteps, epochs) = phase.Duration.Unit == DurationUnit.Steps ? (wholeSteps + (long)phase.Duration.Amount, epochs) : (wholeSteps, epochs + (decimal)phase.Duration.Amount);

            // Halves are rounded down, so that whole steps more are as many steps more. A phase that would have a step by itself has at least one.
            var alone = phase.Duration.ToSteps(stepsPerEpoch);
            var steps = Math.Max(Math.Min(alone, 1), wholeSteps + (long)Math.Ceiling((epochs * stepsPerEpoch) - 0.5m) - first);
            if (alone == 0)
            {
                Report("DSD001", FormattableString.Invariant($"{phase.Duration} is less than one step at {stepsPerEpoch} steps per epoch. Make it longer, or give it in steps, such as 1st."));
            }

            var layers = ScopeResolution.Resolve(phase, shape, methods, isToTrain, hasMasksBefore: phases.Any(p => !p.IsDense), Report);
            var planned = new PlannedPhase(index, phase, first, steps, layers) { Update = phase.Mask.Update.InSteps(stepsPerEpoch) };
            first += steps;
            if (!phase.IsDense && planned.IsDense)
            {
                Report("DSD004", "it has a sparsity, but no layer is left to prune. Add a prune or set rule for some layer, or make the phase dense.");
            }

            CheckThatSomethingIsPruned(planned, Report);
            CheckUpdates(planned, Report);
            phases.Add(RewindResolution.Resolve(planned, schedule.Phases.Take(index), shape, Report));

            void Report(string code, string problem) => issues.Add(new PlanIssue(code, where, problem));
        }

        return (new Plan(schedule, shape, stepsPerEpoch, phases.ToValueList()), issues.ToValueList());
    }

    private static Plan OrThrow((Plan Plan, ValueList<PlanIssue> Issues) resolved) => resolved.Issues.Count == 0 ? resolved.Plan : throw new PlanException(resolved.Issues);

    private static void CheckThatSomethingIsPruned(PlannedPhase planned, Action<string, string> report)
    {
        if (planned.IsDense || planned.Steps == 0)
        {
            return;
        }

        // A ramp may start or end dense; it is enough that one end prunes.
        var weights = planned.Layers.Sum(l => l.Weights);
        if (planned.TotalKeptAt(0) == weights && planned.TotalKeptAt(planned.Updates - 1) == weights)
        {
            var (unit, smaller) = planned.Phase.Mask.Pattern is { BuiltIn: BlockPattern } pattern ? ($"unit of the pattern {pattern}", " choose smaller units,") : ("weight", "");
            report("DSD008", $"its sparsity, {planned.Phase.Sparsity}, is so small for these layers that it rounds to no {unit} at all. Raise it,{smaller} or make the phase dense.");
        }
    }

    private static void CheckUpdates(PlannedPhase planned, Action<string, string> report)
    {
        if (planned.IsDense || planned.Steps == 0)
        {
            return;
        }

        var ramps = planned.Layers.Any(l => l.Sparsity is { Shape: not CurveShape.Constant });
        if (ramps && planned.Updates < 2)
        {
            var length = planned.Steps == 1 ? "single step" : FormattableString.Invariant($"{planned.Steps} steps");
            var remedy = planned.Steps == 1 ? "Make it longer." : $"Choose them more often, such as {MaskUpdate.Every(Math.Max(1, planned.Steps / 10))}.";
            report("DSD005", $"its sparsity is a ramp, but masks are chosen only once in its {length} ({planned.Update}). {remedy}");
        }
        else if (planned.Update is { IntervalSteps: { } interval } update && planned.Updates < 2)
        {
            var end = update.Until == 1 ? FormattableString.Invariant($"it ends after {planned.Steps}") : FormattableString.Invariant($"only within its first {update.StepsIn(planned.Steps)} of {planned.Steps}");
            report("DSD006", FormattableString.Invariant($"masks are to be chosen every {interval} steps, but {end}. Use a shorter interval, or 'once'."));
        }
    }
}
