using System.Globalization;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Studies;

/// <summary>An arm of a study: a name, and the rule that derives its schedule from that of each variant.</summary>
/// <remarks>Every arm has the budget of its variant. Arms with the same first phase fork from the same checkpoint of the same seed.</remarks>
public sealed record StudyArm
{
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
    /// first rate to its last, unless <see cref="WithChoices"/> gives other factors; the best on validation counts.
    /// </summary>
    public static StudyArm Plain { get; } = new("plain", ArmKind.Plain, []) { Choices = [0.5, 1, 2, 4] };

    /// <summary>A random mask of the same sparsity, named <c>random-mask</c>.</summary>
    public static StudyArm RandomMask { get; } = new("random-mask", ArmKind.RandomMask, []);

    /// <summary>The same mask, with regrown weights redrawn from the initialisation, named <c>redrawn</c>.</summary>
    public static StudyArm Redrawn { get; } = new("redrawn", ArmKind.Redrawn, []);

    /// <summary>A warm restart of the rate instead of a mask (Loshchilov and Hutter, 2017), named <c>warm-restart</c>.</summary>
    public static StudyArm WarmRestart { get; } = new("warm-restart", ArmKind.WarmRestart, []);

    /// <summary>A mask that is never lifted, named <c>sparse-only</c>.</summary>
    public static StudyArm SparseOnly { get; } = new("sparse-only", ArmKind.SparseOnly, []);

    /// <summary>
    /// A random mask that removes as much of each layer's norm as a mask of magnitude of the variant's sparsity does, and so fewer weights, named <c>random-equal-norm</c>; see
    /// <see cref="MaskCriterion.RandomOfEqualNorm(long)"/>.
    /// </summary>
    public static StudyArm RandomMaskOfEqualNorm { get; } = new("random-equal-norm", ArmKind.RandomMaskOfEqualNorm, []);

    /// <summary>
    /// The control with another weight decay from the start, named <c>weight-decay</c>: the optimiser's own times 1, 3, 10 and 30, unless <see cref="WithChoices"/> gives other factors; the best on
    /// validation counts.
    /// </summary>
    public static StudyArm WeightDecay { get; } = new("weight-decay", ArmKind.WeightDecay, []) { Choices = [1, 3, 10, 30] };

    /// <summary>
    /// Plain training that ends early, named <c>early-stopping</c>: one cosine from the schedule's first rate to its last over an eighth, a quarter, a half and the whole of its length, unless
    /// <see cref="WithChoices"/> gives other fractions; the best on validation counts.
    /// </summary>
    public static StudyArm EarlyStopping { get; } = new("early-stopping", ArmKind.EarlyStopping, []) { Choices = [0.125, 0.25, 0.5, 1] };

    /// <summary>
    /// A return of layers to their initial weights instead of a mask, named <c>rewound-layers</c>: the first or the last layer, unless <see cref="WithLayers"/> gives other choices; the best on
    /// validation counts. Source: Zhang et al., "Are all layers created equal?", 2019, for the effect of a single layer.
    /// </summary>
    public static StudyArm RewoundLayers { get; } = new("rewound-layers", ArmKind.RewoundLayers, []) { Layers = [LayerSelector.First(), LayerSelector.Last()] };

    /// <summary>The control on the same examples with their true labels, named <c>clean-labels</c>: what training could reach if nothing wrong had been learnt.</summary>
    public static StudyArm CleanLabels { get; } = new("clean-labels", ArmKind.CleanLabels, []);

    /// <summary>The ready-made arms.</summary>
    public static ValueList<StudyArm> ReadyMade { get; } = [Dsd, Control, Plain, RandomMask, Redrawn, WarmRestart, SparseOnly, RandomMaskOfEqualNorm, WeightDecay, EarlyStopping, RewoundLayers, CleanLabels];

    /// <summary>The first phase alone, a quarter longer, for the gate of convergence.</summary>
    internal static StudyArm LongerFirst { get; } = new("longer-first-phase", ArmKind.LongerFirst, []);

    /// <summary>The name in tables, records and folders.</summary>
    public string Name { get; }

    /// <summary>The kind, which derives its schedule from the variant's.</summary>
    internal ArmKind Kind { get; }

    /// <summary>The candidate schedules of a custom arm; empty if they are derived from the variant's.</summary>
    public ValueList<Schedule> Candidates { get; }

    /// <summary>The numbers among which the arm is tuned on validation, whose meaning depends on the arm; empty if it has none.</summary>
    public ValueList<double> Choices { get; private init; } = [];

    /// <summary>The layers among which <see cref="RewoundLayers"/> is tuned on validation; empty for other arms.</summary>
    public ValueList<LayerSelector> Layers { get; private init; } = [];

    /// <summary>The number of choices among which the arm is tuned of itself, 1 if it is not.</summary>
    internal int ChoiceCount => Math.Max(1, Math.Max(Candidates.Count, Math.Max(Choices.Count, Layers.Count)));

    /// <summary>True if the arm's later rates are those of the variant's schedule, and so of a <see cref="RateGrid"/>.</summary>
    internal bool FollowsRates => Kind is not (ArmKind.Plain or ArmKind.EarlyStopping or ArmKind.Own or ArmKind.LongerFirst);

    /// <summary>Copies a ready-made arm that is tuned by a number, with other numbers to choose from.</summary>
    /// <param name="choices">
    /// At least one number above 0, each once: for <see cref="Plain"/> factors on the first rate, for <see cref="WeightDecay"/> factors on the weight decay, for <see cref="EarlyStopping"/>
    /// fractions of the length, at most 1.
    /// </param>
    /// <exception cref="InvalidOperationException">The arm is not tuned by a number.</exception>
    /// <exception cref="ArgumentException">There is no number, or one occurs twice.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public StudyArm WithChoices(params IEnumerable<double> choices)
    {
        ArgumentNullException.ThrowIfNull(choices);
        return Choices.Count == 0
            ? throw new InvalidOperationException($"The arm '{Name}' is not tuned by a number; {string.Join(", ", ReadyMade.Where(a => a.Choices.Count > 0).Select(a => a.Name))} are.")
            : this with { Choices = ArmChoices.Checked(choices, Kind == ArmKind.EarlyStopping ? "Early stopping ends after a fraction of the length, above 0 and at most 1." : "A choice is a finite factor above 0.", nameof(choices), Kind == ArmKind.EarlyStopping ? 1 : double.MaxValue) };
    }

    /// <summary>Copies <see cref="RewoundLayers"/> with other layers to choose from.</summary>
    /// <param name="layers">At least one, each of which selects the layers that return together.</param>
    /// <exception cref="InvalidOperationException">The arm returns no layers.</exception>
    /// <exception cref="ArgumentException">There is none, or one occurs twice.</exception>
    public StudyArm WithLayers(params IEnumerable<LayerSelector> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        var list = layers.ToValueList();
        return Kind != ArmKind.RewoundLayers ? throw new InvalidOperationException($"The arm '{Name}' returns no layers; {RewoundLayers.Name} does.")
            : list.Count == 0 || list.Distinct().Count() < list.Count ? throw new ArgumentException("Give at least one choice of layers, each once.", nameof(layers))
            : this with { Layers = list };
    }

    /// <summary>Creates an arm with custom schedules; of several, the best on validation counts.</summary>
    /// <param name="name">Its name: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>; not that of a ready-made arm whose schedule follows from the variant's, such as <c>dsd</c>.</param>
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
        return ReadyMade.Any(a => a.Name == name && a.Kind < ArmKind.RandomMaskOfEqualNorm && a.Kind != ArmKind.Plain)
            ? throw new ArgumentException($"'{name}' is a ready-made arm, whose schedule follows from the variant's; choose another name.", nameof(name))
            : new(name, ArmKind.Own, list);
    }

    /// <summary>Derives the candidates of the arm from a variant, each with a short name, empty for a single one.</summary>
    /// <param name="schedule">The variant's schedule.</param>
    /// <param name="config">The variant's training config, which most arms keep.</param>
    /// <exception cref="InvalidOperationException">The arm cannot be derived from this variant; the message gives the reason.</exception>
    public IReadOnlyList<(string Name, Schedule Schedule, TrainingConfig Config)> Of(Schedule schedule, TrainingConfig config)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(config);
        return Kind switch
        {
            ArmKind.Dsd => Only(schedule),
            ArmKind.Control => Only(schedule.AsDenseControl()),
            ArmKind.Plain => [.. Choices.Select(f => (Factor(f), OnePhase(schedule, f, 1), config))],
            ArmKind.RandomMask => Only(Changed(schedule, p => p.IsDense ? p : p.WithMask(p.Mask.WithCriterion(MaskCriterion.Random(1))))),
            ArmKind.RandomMaskOfEqualNorm => Only(Changed(schedule, p => p.IsDense ? p : p.WithMask(p.Mask.WithCriterion(MaskCriterion.RandomOfEqualNorm(1))))),
            ArmKind.Redrawn => Only(Changed(schedule, p => p.IsDense ? p : p.WithRegrown(RegrownWeights.Redrawn, p.RegrownState))),
            ArmKind.WarmRestart => Only(Restarted(schedule)),
            ArmKind.SparseOnly => Only(NeverLifted(schedule)),
            ArmKind.WeightDecay => [.. Choices.Select(f => (Factor(f), schedule.AsDenseControl(), config.WithOptimizer(config.Optimizer.WeightDecay > 0 ? config.Optimizer.WithWeightDecay(config.Optimizer.WeightDecay * f) : throw NoWeightDecay())))],
            ArmKind.EarlyStopping => [.. Choices.Select(f => (Factor(f), OnePhase(schedule, 1, f), config))],
            ArmKind.RewoundLayers => [.. Layers.Select(l => (l.ToString(), Changed(schedule, p => p.IsDense ? p : p.AsDense().WithRewind(Rewind.ToStart.WithLayers(l))), config))],
            ArmKind.CleanLabels => [("", schedule.AsDenseControl(), config.WithLabelNoise(config.LabelNoise is null ? throw new InvalidOperationException("its data have no wrong labels, so that it would train as the control does") : null))],
            ArmKind.LongerFirst => Only(new([schedule.Phases[0].WithDuration(schedule.Phases[0].Duration.Times(StudyGates.Longer))])),
            _ => [.. Candidates.Select((c, i) => (Candidates.Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"{i + 1}"), c, config))],
        };

        IReadOnlyList<(string, Schedule, TrainingConfig)> Only(Schedule schedule) => [("", schedule, config)];

        static string Factor(double factor) => string.Create(CultureInfo.InvariantCulture, $"x{factor:R}");

        static InvalidOperationException NoWeightDecay() => new("its optimiser has no weight decay to multiply; give it one, or tune it by an arm with a schedule and variants of your own");
    }

    /// <summary>Formats the name.</summary>
    public override string ToString() => Name;

    private static Schedule Changed(Schedule schedule, Func<Phase, Phase> change) => new(schedule.Phases.Select(change).ToValueList());

    /// <summary>Returns one phase with a cosine from a factor times the first rate to the last one, over a fraction of the schedule's length.</summary>
    private static Schedule OnePhase(Schedule schedule, double factor, double fraction) => schedule.Phases[0].Rate.From is var first && first * factor is > 0 and < double.PositiveInfinity
        ? new([new Phase("plain", Length(schedule.Phases) is var all && fraction == 1 ? all : all.Times(fraction), LearningRate.Cosine(first * factor, LastRate(schedule)))])
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
