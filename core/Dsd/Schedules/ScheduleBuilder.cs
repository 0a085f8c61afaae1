namespace Dsd.Schedules;

/// <summary>A builder of schedules, phase by phase; each call returns a new builder and does not change the old one.</summary>
/// <remarks>An unnamed phase is named by its place; see <see cref="Schedule"/>.</remarks>
public sealed record ScheduleBuilder
{
    private readonly ValueList<Phase> _phases;

    private ScheduleBuilder(ValueList<Phase> phases) => _phases = phases;

    internal static ScheduleBuilder Empty { get; } = new([]);

    /// <summary>Adds a dense phase.</summary>
    /// <param name="epochs">Its length in epochs, above 0.</param>
    /// <param name="rate">Its constant learning rate, above 0.</param>
    /// <param name="name">Its name. Default: named by its place.</param>
    public ScheduleBuilder Dense(double epochs, double rate, string? name = null) =>
        Dense(Duration.Epochs(epochs), LearningRate.Constant(rate), name);

    /// <summary>Adds a dense phase.</summary>
    /// <param name="epochs">Its length in epochs, above 0.</param>
    /// <param name="rate">Its learning rate.</param>
    /// <param name="name">Its name. Default: named by its place.</param>
    public ScheduleBuilder Dense(double epochs, LearningRate rate, string? name = null) =>
        Dense(Duration.Epochs(epochs), rate, name);

    /// <summary>Adds a dense phase.</summary>
    /// <param name="duration">Its length.</param>
    /// <param name="rate">Its learning rate.</param>
    /// <param name="name">Its name. Default: named by its place.</param>
    public ScheduleBuilder Dense(Duration duration, LearningRate rate, string? name = null) =>
        Then(new Phase(name, duration, rate));

    /// <summary>Adds a sparse phase.</summary>
    /// <param name="epochs">Its length in epochs, above 0.</param>
    /// <param name="rate">Its constant learning rate, above 0.</param>
    /// <param name="sparsity">The fraction of weights pruned, at least 0 and below 1.</param>
    /// <param name="layers">Adds rules to the default scope. Default: none.</param>
    /// <param name="name">Its name. Default: named by its place.</param>
    public ScheduleBuilder Sparse(double epochs, double rate, double sparsity, Func<LayerScope, LayerScope>? layers = null, string? name = null) =>
        Sparse(epochs, LearningRate.Constant(rate), sparsity, layers, name);

    /// <summary>Adds a sparse phase.</summary>
    /// <param name="epochs">Its length in epochs, above 0.</param>
    /// <param name="rate">Its learning rate.</param>
    /// <param name="sparsity">The fraction of weights pruned, at least 0 and below 1.</param>
    /// <param name="layers">Adds rules to the default scope. Default: none.</param>
    /// <param name="name">Its name. Default: named by its place.</param>
    public ScheduleBuilder Sparse(double epochs, LearningRate rate, double sparsity, Func<LayerScope, LayerScope>? layers = null, string? name = null) =>
        Sparse(Duration.Epochs(epochs), rate, SparsityCurve.Constant(sparsity), layers, name);

    /// <summary>Adds a sparse phase.</summary>
    /// <param name="duration">Its length.</param>
    /// <param name="rate">Its learning rate.</param>
    /// <param name="sparsity">The fraction of weights pruned over the phase.</param>
    /// <param name="layers">Adds rules to the default scope. Default: none.</param>
    /// <param name="name">Its name. Default: named by its place.</param>
    /// <param name="mask">The mask rule. Default: magnitude, per layer, once on entry.</param>
    /// <param name="regrownWeights">The values of regrown weights at the end of the phase. Default: zero.</param>
    /// <param name="regrownState">The treatment of the optimiser's state at the end of the phase. Default: zero for regrown weights.</param>
    public ScheduleBuilder Sparse(
        Duration duration,
        LearningRate rate,
        SparsityCurve sparsity,
        Func<LayerScope, LayerScope>? layers = null,
        string? name = null,
        MaskRule? mask = null,
        RegrownWeights regrownWeights = RegrownWeights.Zero,
        RegrownState regrownState = RegrownState.Zero) => Then(new Phase(
            name,
            duration,
            rate,
            sparsity,
            mask,
            layers is null ? LayerScope.Default : layers(LayerScope.Default),
            regrownWeights,
            regrownState));

    /// <summary>Changes how the masks of the phase before are chosen, e.g. <c>rule => rule.WithPattern(MaskPattern.NOfM(2, 4))</c>.</summary>
    /// <param name="change">The rule as it is to be, made of the one that there is.</param>
    /// <exception cref="InvalidOperationException">There is no phase yet, or the last one has no mask.</exception>
    public ScheduleBuilder Masked(Func<MaskRule, MaskRule> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return _phases.Count > 0 && _phases[^1] is { IsDense: false } phase
            ? new(_phases.SetItem(_phases.Count - 1, phase.WithMask(change(phase.Mask))))
            : throw new InvalidOperationException("Masked says how the masks of the phase before it are chosen: call Sparse first.");
    }

    /// <summary>Adds a phase.</summary>
    /// <param name="phase">The phase.</param>
    public ScheduleBuilder Then(Phase phase)
    {
        ArgumentNullException.ThrowIfNull(phase);
        return new(_phases.Add(phase));
    }

    /// <summary>Builds the schedule.</summary>
    /// <exception cref="InvalidOperationException">No phase was added.</exception>
    public Schedule Build() => _phases.Count > 0
        ? new(_phases)
        : throw new InvalidOperationException("A schedule needs at least one phase: call Dense or Sparse before Build.");
}
