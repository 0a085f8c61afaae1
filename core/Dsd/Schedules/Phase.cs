namespace Dsd.Schedules;

/// <summary>One stretch of training under one rule; a dense phase is one of sparsity 0.</summary>
public sealed record Phase
{
    /// <summary>Creates a phase.</summary>
    /// <param name="name">What it is called in tables and records, not empty; null to let its schedule call it after its place.</param>
    /// <param name="duration">How long it trains.</param>
    /// <param name="rate">The learning rate over the phase.</param>
    /// <param name="sparsity">The fraction of weights pruned over the phase. Default: dense.</param>
    /// <param name="mask">How masks are chosen. Default: magnitude, per layer, once on entry.</param>
    /// <param name="layers">Which layers are pruned. Default: <see cref="LayerScope.Default"/>.</param>
    /// <param name="regrownWeights">What pruned weights restart from on leaving. Default: zero.</param>
    /// <param name="regrownState">What happens to the optimiser's state on leaving. Default: zero for the reborn weights.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="regrownWeights"/> or <paramref name="regrownState"/> has no name.</exception>
    public Phase(
        string? name,
        Duration duration,
        LearningRate rate,
        SparsityCurve? sparsity = null,
        MaskRule? mask = null,
        LayerScope? layers = null,
        RegrownWeights regrownWeights = RegrownWeights.Zero,
        RegrownState regrownState = RegrownState.Zero)
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
    }

    /// <summary>What the phase is called in tables and records; empty for one without a name that is in no schedule yet.</summary>
    public string Name { get; }

    /// <summary>How long it trains.</summary>
    public Duration Duration { get; }

    /// <summary>The learning rate over the phase.</summary>
    public LearningRate Rate { get; }

    /// <summary>The fraction of weights pruned over the phase, where no rule sets another.</summary>
    public SparsityCurve Sparsity { get; }

    /// <summary>How masks are chosen.</summary>
    public MaskRule Mask { get; }

    /// <summary>Which layers are pruned, and at what level.</summary>
    public LayerScope Layers { get; }

    /// <summary>What pruned weights restart from on leaving.</summary>
    public RegrownWeights RegrownWeights { get; }

    /// <summary>What happens to the optimiser's state on leaving.</summary>
    public RegrownState RegrownState { get; }

    /// <summary>Whether no layer is ever pruned in it.</summary>
    public bool IsDense => Sparsity.IsDense && !Layers.Rules.Any(r => r.Sparsity is { IsDense: false });

    private string? NameOrNull => Name.Length == 0 ? null : Name;

    /// <summary>This phase under another name.</summary>
    /// <param name="name">The name, not empty.</param>
    public Phase WithName(string name) => new(name, Duration, Rate, Sparsity, Mask, Layers, RegrownWeights, RegrownState);

    /// <summary>This phase without a name, for its schedule to call after its place.</summary>
    internal Phase WithoutName() => new(null, Duration, Rate, Sparsity, Mask, Layers, RegrownWeights, RegrownState);

    /// <summary>This phase with another length.</summary>
    /// <param name="duration">How long it trains.</param>
    public Phase WithDuration(Duration duration) => new(NameOrNull, duration, Rate, Sparsity, Mask, Layers, RegrownWeights, RegrownState);

    /// <summary>This phase with another learning rate.</summary>
    /// <param name="rate">The rate over the phase.</param>
    public Phase WithRate(LearningRate rate) => new(NameOrNull, Duration, rate, Sparsity, Mask, Layers, RegrownWeights, RegrownState);

    /// <summary>This phase with another sparsity.</summary>
    /// <param name="sparsity">The fraction of weights pruned over the phase.</param>
    public Phase WithSparsity(SparsityCurve sparsity) => new(NameOrNull, Duration, Rate, sparsity, Mask, Layers, RegrownWeights, RegrownState);

    /// <summary>This phase with another way to choose masks.</summary>
    /// <param name="mask">How masks are chosen.</param>
    public Phase WithMask(MaskRule mask) => new(NameOrNull, Duration, Rate, Sparsity, mask, Layers, RegrownWeights, RegrownState);

    /// <summary>This phase with other layers pruned.</summary>
    /// <param name="layers">Which layers are pruned, and at what level.</param>
    public Phase WithLayers(LayerScope layers) => new(NameOrNull, Duration, Rate, Sparsity, Mask, layers, RegrownWeights, RegrownState);

    /// <summary>This phase with another treatment of what its mask held back.</summary>
    /// <param name="weights">What pruned weights restart from on leaving.</param>
    /// <param name="state">What happens to the optimiser's state on leaving. Default: zero for the reborn weights.</param>
    public Phase WithRegrown(RegrownWeights weights, RegrownState state = RegrownState.Zero) =>
        new(NameOrNull, Duration, Rate, Sparsity, Mask, Layers, weights, state);

    /// <summary>How masks are chosen and what follows them, as text.</summary>
    internal string MaskText => Mask + ((RegrownWeights, RegrownState) == (RegrownWeights.Zero, RegrownState.Zero)
        ? ""
        : $"; then weights {RegrownWeights.ToString().ToLowerInvariant()}, state {RegrownState.ToString().ToLowerInvariant()}");

    /// <summary>This phase without a mask: same name, length and rate.</summary>
    public Phase AsDense() => new(NameOrNull, Duration, Rate);
}
