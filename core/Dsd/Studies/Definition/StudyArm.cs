using System.Globalization;
using Dsd.Schedules;

namespace Dsd.Studies;

/// <summary>An arm of a study: a name, and the rule that derives its schedule from that of each variant.</summary>
/// <remarks>Every arm has the budget of its variant. Arms with the same first phase fork from the same checkpoint of the same seed.</remarks>
public sealed record StudyArm
{
    private static readonly double[] s_plainStarts = [0.5, 1, 2, 4];

    private StudyArm(string name, ArmKind kind, ValueList<Schedule> candidates)
    {
        Name = name;
        Kind = kind;
        Candidates = candidates;
    }

    /// <summary>Dense-Sparse-Dense: the variant's schedule unchanged, named <c>dsd</c>.</summary>
    public static StudyArm Dsd { get; } = new("dsd", ArmKind.Dsd, []);

    /// <summary>The control with equal rates, named <c>control</c>: same phases, lengths and rates, no mask.</summary>
    public static StudyArm Control { get; } = new("control", ArmKind.Control, []);

    /// <summary>
    /// Plain training of an equal budget, named <c>plain</c>: one cosine from half, once, twice and four times the schedule's
    /// first rate to its last; the best of the four on validation counts.
    /// </summary>
    public static StudyArm Plain { get; } = new("plain", ArmKind.Plain, []);

    /// <summary>A random mask of the same sparsity, named <c>random-mask</c>.</summary>
    public static StudyArm RandomMask { get; } = new("random-mask", ArmKind.RandomMask, []);

    /// <summary>The same mask, with regrown weights redrawn from the initialisation, named <c>redrawn</c>.</summary>
    public static StudyArm Redrawn { get; } = new("redrawn", ArmKind.Redrawn, []);

    /// <summary>A warm restart of the rate instead of a mask (Loshchilov and Hutter, 2017), named <c>warm-restart</c>.</summary>
    public static StudyArm WarmRestart { get; } = new("warm-restart", ArmKind.WarmRestart, []);

    /// <summary>A mask that is never lifted, named <c>sparse-only</c>.</summary>
    public static StudyArm SparseOnly { get; } = new("sparse-only", ArmKind.SparseOnly, []);

    /// <summary>The ready-made arms.</summary>
    public static ValueList<StudyArm> ReadyMade { get; } = [Dsd, Control, Plain, RandomMask, Redrawn, WarmRestart, SparseOnly];

    /// <summary>The name in tables, records and folders.</summary>
    public string Name { get; }

    /// <summary>The kind, which derives its schedule from the variant's.</summary>
    internal ArmKind Kind { get; }

    /// <summary>The candidate schedules of a custom arm; empty if they are derived from the variant's.</summary>
    public ValueList<Schedule> Candidates { get; }

    /// <summary>Creates an arm with custom schedules; of several, the best on validation counts.</summary>
    /// <param name="name">Its name: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>; not that of a ready-made arm, except <c>plain</c>.</param>
    /// <param name="candidates">The schedules, at least one.</param>
    /// <exception cref="ArgumentException">The name cannot be used, or there is no schedule.</exception>
    public static StudyArm Own(string name, params IEnumerable<Schedule> candidates)
    {
        var list = candidates.ToValueList();
        if (list.Count == 0)
        {
            throw new ArgumentException($"The arm '{name}' needs at least one schedule.", nameof(candidates));
        }

        _ = new Arm(name, list[0]);
        return ReadyMade.Any(a => a.Name == name && a.Kind != ArmKind.Plain)
            ? throw new ArgumentException($"'{name}' is a ready-made arm, whose schedule follows from the variant's; choose another name.", nameof(name))
            : new(name, ArmKind.Own, list);
    }

    /// <summary>Derives the candidate schedules of the arm from a variant's schedule, each with a short name, empty for a single one.</summary>
    /// <param name="schedule">The variant's schedule.</param>
    /// <exception cref="InvalidOperationException">The arm cannot be derived from this schedule; the message gives the reason.</exception>
    public IReadOnlyList<(string Name, Schedule Schedule)> Of(Schedule schedule)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        return Kind switch
        {
            ArmKind.Dsd => Only(schedule),
            ArmKind.Control => Only(schedule.AsDenseControl()),
            ArmKind.Plain => [.. s_plainStarts.Select(f => (string.Create(CultureInfo.InvariantCulture, $"x{f:R}"), OnePhase(schedule, f)))],
            ArmKind.RandomMask => Only(Changed(schedule, p => p.IsDense ? p : p.WithMask(p.Mask.WithCriterion(MaskCriterion.Random(1))))),
            ArmKind.Redrawn => Only(Changed(schedule, p => p.IsDense ? p : p.WithRegrown(RegrownWeights.Redrawn, p.RegrownState))),
            ArmKind.WarmRestart => Only(Restarted(schedule)),
            ArmKind.SparseOnly => Only(NeverLifted(schedule)),
            _ => [.. Candidates.Select((c, i) => (Candidates.Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"{i + 1}"), c))],
        };

        static IReadOnlyList<(string, Schedule)> Only(Schedule schedule) => [("", schedule)];
    }

    /// <summary>Formats the name.</summary>
    public override string ToString() => Name;

    private static Schedule Changed(Schedule schedule, Func<Phase, Phase> change) => new(schedule.Phases.Select(change).ToValueList());

    private static Schedule OnePhase(Schedule schedule, double factor) => schedule.Phases[0].Rate.From is var first && first * factor is > 0 and < double.PositiveInfinity
        ? new([new Phase("plain", Length(schedule.Phases), LearningRate.Cosine(first * factor, LastRate(schedule)))])
        : throw new InvalidOperationException(string.Create(
            CultureInfo.InvariantCulture, $"plain training also starts from {factor:R} times the first rate, which is {first:R}: no number can hold that; choose a rate from 1e-300 to 1e300"));

    private static Schedule Restarted(Schedule schedule) => schedule.Phases.Count < 2
        ? throw new InvalidOperationException("a warm restart needs a schedule of at least two phases")
        : new([schedule.Phases[0].AsDense(), new Phase("restart", Length(schedule.Phases.Skip(1)), LearningRate.Cosine(schedule.Phases[0].Rate.From, LastRate(schedule)))]);

    private static Schedule NeverLifted(Schedule schedule)
    {
        Phase? sparse = null;
        return Changed(schedule, phase =>
        {
            if (!phase.IsDense)
            {
                sparse = phase;
                return phase;
            }

            // Recomputed by magnitude, the mask stays the same: the pruned weights are zeros, and none is smaller.
            return sparse is null ? phase : sparse.WithSparsity(SparsityCurve.Constant(sparse.Sparsity.To.Value)).WithName(phase.Name).WithDuration(phase.Duration).WithRate(phase.Rate);
        });
    }

    private static Duration Length(IEnumerable<Phase> phases) => phases.Select(p => p.Duration).Aggregate((a, b) => a + b);

    /// <summary>Gets the last learning rate of a schedule.</summary>
    private static double LastRate(Schedule schedule) => schedule.Phases[^1].Rate is var rate && rate.Shape == RateShape.Step
        ? rate.From * Math.Pow(rate.Factor, rate.Milestones.Count)
        : rate.To;
}
