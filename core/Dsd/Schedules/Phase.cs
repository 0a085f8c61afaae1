namespace Dsd.Schedules;

/// <summary>A phase of training with one learning rate curve and one mask rule; a dense phase has sparsity 0.</summary>
public sealed record Phase
{
    /// <summary>Creates a phase.</summary>
    /// <param name="name">The name in tables and records, not empty; null to name it by its place in the schedule.</param>
    /// <param name="duration">The length.</param>
    /// <param name="rate">The learning rate over the phase.</param>
    /// <param name="sparsity">The fraction of weights pruned over the phase. Default: dense.</param>
    /// <param name="mask">The mask rule. Default: magnitude, per layer, once on entry.</param>
    /// <param name="layers">The scope of pruning. Default: <see cref="LayerScope.Default"/>.</param>
    /// <param name="regrownWeights">The values of regrown weights at the end of the phase. Default: zero.</param>
    /// <param name="regrownState">The treatment of the optimiser's state at the end of the phase. Default: zero for regrown weights.</param>
    /// <param name="straightThrough">The training of pruned weights during the phase. Default null: they stay 0.</param>
    /// <param name="rewind">The earlier weights to which the network returns on entering the phase. Default null: none.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="regrownWeights"/> or <paramref name="regrownState"/> is undefined.</exception>
    public Phase(
        string? name,
        Duration duration,
        LearningRate rate,
        SparsityCurve? sparsity = null,
        MaskRule? mask = null,
        LayerScope? layers = null,
        RegrownWeights regrownWeights = RegrownWeights.Zero,
        RegrownState regrownState = RegrownState.Zero,
        StraightThrough? straightThrough = null,
        Rewind? rewind = null)
    {
        if (name is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(name);
        }

        ArgumentNullException.ThrowIfNull(duration);
        ArgumentNullException.ThrowIfNull(rate);
        Name = name ?? "";
        Duration = duration;
        Rate = rate;
        Sparsity = sparsity ?? SparsityCurve.Dense;
        Mask = mask ?? MaskRule.Default;
        Layers = layers ?? LayerScope.Default;
        RegrownWeights = Defined.Value(regrownWeights);
        RegrownState = Defined.Value(regrownState);
        StraightThrough = straightThrough;
        Rewind = rewind;
    }

    /// <summary>The name in tables and records; empty for an unnamed phase outside of a schedule.</summary>
    public string Name { get; }

    /// <summary>The length of the phase.</summary>
    public Duration Duration { get; }

    /// <summary>The learning rate over the phase.</summary>
    public LearningRate Rate { get; }

    /// <summary>The fraction of weights pruned over the phase, unless a rule sets another.</summary>
    public SparsityCurve Sparsity { get; }

    /// <summary>The mask rule.</summary>
    public MaskRule Mask { get; }

    /// <summary>The scope of pruning.</summary>
    public LayerScope Layers { get; }

    /// <summary>The values of regrown weights at the end of the phase.</summary>
    public RegrownWeights RegrownWeights { get; }

    /// <summary>The treatment of the optimiser's state at the end of the phase.</summary>
    public RegrownState RegrownState { get; }

    /// <summary>The training of pruned weights during the phase; null if they stay 0.</summary>
    public StraightThrough? StraightThrough { get; }

    /// <summary>The earlier weights to which the network returns on entering the phase; null for none.</summary>
    public Rewind? Rewind { get; }

    /// <summary>True if no layer is ever pruned in the phase.</summary>
    public bool IsDense => Sparsity.IsDense && !Layers.Rules.Any(r => r.Sparsity is { IsDense: false });

    private string? NameOrNull => Name.Length == 0 ? null : Name;

    /// <summary>Copies the phase with another name.</summary>
    /// <param name="name">The name, not empty.</param>
    public Phase WithName(string name) => new(name, Duration, Rate, Sparsity, Mask, Layers, RegrownWeights, RegrownState, StraightThrough, Rewind);

    /// <summary>Copies the phase without a name, to be named by its place in a schedule.</summary>
    internal Phase WithoutName() => new(null, Duration, Rate, Sparsity, Mask, Layers, RegrownWeights, RegrownState, StraightThrough, Rewind);

    /// <summary>Copies the phase with another length.</summary>
    /// <param name="duration">The length.</param>
    public Phase WithDuration(Duration duration) => new(NameOrNull, duration, Rate, Sparsity, Mask, Layers, RegrownWeights, RegrownState, StraightThrough, Rewind);

    /// <summary>Copies the phase with another learning rate.</summary>
    /// <param name="rate">The rate over the phase.</param>
    public Phase WithRate(LearningRate rate) => new(NameOrNull, Duration, rate, Sparsity, Mask, Layers, RegrownWeights, RegrownState, StraightThrough, Rewind);

    /// <summary>Copies the phase with another sparsity.</summary>
    /// <param name="sparsity">The fraction of weights pruned over the phase.</param>
    public Phase WithSparsity(SparsityCurve sparsity) => new(NameOrNull, Duration, Rate, sparsity, Mask, Layers, RegrownWeights, RegrownState, StraightThrough, Rewind);

    /// <summary>Copies the phase with another mask rule.</summary>
    /// <param name="mask">The mask rule.</param>
    public Phase WithMask(MaskRule mask) => new(NameOrNull, Duration, Rate, Sparsity, mask, Layers, RegrownWeights, RegrownState, StraightThrough, Rewind);

    /// <summary>Copies the phase with another scope of pruning.</summary>
    /// <param name="layers">The scope of pruning.</param>
    public Phase WithLayers(LayerScope layers) => new(NameOrNull, Duration, Rate, Sparsity, Mask, layers, RegrownWeights, RegrownState, StraightThrough, Rewind);

    /// <summary>Copies the phase with another treatment of regrown weights.</summary>
    /// <param name="weights">The values of regrown weights at the end of the phase.</param>
    /// <param name="state">The treatment of the optimiser's state at the end of the phase. Default: zero for regrown weights.</param>
    public Phase WithRegrown(RegrownWeights weights, RegrownState state = RegrownState.Zero) =>
        new(NameOrNull, Duration, Rate, Sparsity, Mask, Layers, weights, state, StraightThrough, Rewind);

    /// <summary>Copies the phase with another training of pruned weights.</summary>
    /// <param name="straightThrough">The training of pruned weights; null if they stay 0.</param>
    public Phase WithStraightThrough(StraightThrough? straightThrough) => new(NameOrNull, Duration, Rate, Sparsity, Mask, Layers, RegrownWeights, RegrownState, straightThrough, Rewind);

    /// <summary>Copies the phase with another return to earlier weights.</summary>
    /// <param name="rewind">The earlier weights; null for none.</param>
    public Phase WithRewind(Rewind? rewind) => new(NameOrNull, Duration, Rate, Sparsity, Mask, Layers, RegrownWeights, RegrownState, StraightThrough, rewind);

    /// <summary>Formats the mask rule, the training of pruned weights and the treatment of regrown ones.</summary>
    internal string MaskText => Mask + (StraightThrough is null ? "" : $"; {StraightThrough}") + ((RegrownWeights, RegrownState) == (RegrownWeights.Zero, RegrownState.Zero)
        ? ""
        : $"; then weights {RegrownWeights.ToString().ToLowerInvariant()}, state {RegrownState.ToString().ToLowerInvariant()}");

    /// <summary>Copies the phase without a mask: same name, length and learning rate.</summary>
    public Phase AsDense() => new(NameOrNull, Duration, Rate);
}
