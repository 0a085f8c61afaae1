using Dsd.Plans;
using Dsd.Schedules;
using TorchSharp.Modules;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>The live masks of a model: chooses them, applies them to weights and gradients, and lifts them.</summary>
public sealed class MaskSet : IDisposable
{
    private static readonly Dictionary<string, BitMask> s_none = [];
    private readonly IReadOnlyDictionary<string, Parameter> _parameters;
    private readonly IWeightState _optimizer;
    private readonly MaskMethods _methods;
    private readonly MaskChoice _choice;
    private readonly long _seed;
    private readonly Dictionary<string, (BitMask Mask, Tensor Pruned)> _onDevice = [];
    private MaskSetState _state = new([], [], []);
    private PlannedPhase? _phase;

    internal MaskSet(IReadOnlyDictionary<string, Parameter> parameters, IWeightState optimizer, MaskMethods methods, long seed)
    {
        _parameters = parameters;
        _optimizer = optimizer;
        _methods = methods;
        _choice = new MaskChoice(methods);
        _seed = seed;
    }

    /// <summary>The mask of each pruned parameter by its full name; empty in a dense phase.</summary>
    public IReadOnlyDictionary<string, BitMask> Masks => _state.Masks;

    /// <summary>The masks that an optimiser's step is to apply: none where pruned weights are trained.</summary>
    internal IReadOnlyDictionary<string, BitMask> StepMasks => IsStraightThrough ? s_none : _state.Masks;

    /// <summary>True if the current phase needs the gradients of each step before the optimiser moves weights.</summary>
    internal bool ReadsEachStep => IsStraightThrough || (_phase is { IsDense: false } && _methods.EachStepOf(_phase.Phase.Mask.Criterion) is not null);

    /// <summary>True if the masks of a phase are kept when they are lifted, for a later phase that refers to them.</summary>
    internal bool KeepsLifted { get; set; }

    private bool IsStraightThrough => TrainedOutside is not null;

    private TrainedOutside? TrainedOutside => _phase?.Phase.StraightThrough is { } rule && _state.Masks.Count > 0 ? new(rule, _parameters, _state) : null;

    /// <summary>Chooses the mask of one weight tensor as a phase would, without a session: to try out a criterion or test its properties.</summary>
    /// <param name="layer">The tensor, and its gradient if the function needs it; it is not changed.</param>
    /// <param name="sparsity">The fraction to prune; exactly <see cref="Sparsity.Kept"/> weights stay.</param>
    /// <param name="score">One score for each weight, in its shape; the highest are kept. Default null: by magnitude.</param>
    /// <exception cref="DsdException">A weight or score is NaN or infinite, or the scores have another shape than the weights.</exception>
    public static BitMask Choose(MaskContext layer, Sparsity sparsity, Func<MaskContext, Tensor>? score = null)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return MaskChoice.Choose(layer, score, sparsity);
    }

    /// <summary>Sets masked weights to exactly 0.</summary>
    public void ApplyToWeights()
    {
        foreach (var (name, mask) in _state.Masks)
        {
            Zero(name, _parameters[name], mask);
        }
    }

    /// <summary>Sets the gradients of masked weights to exactly 0, so that clipping and norms include only trained weights.</summary>
    public void ApplyToGradients()
    {
        foreach (var (name, mask) in _state.Masks)
        {
            using var gradient = _parameters[name].grad;
            if (gradient is not null)
            {
                Zero(name, gradient, mask);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _state.Dispose();
        _state = new([], [], []);
        _onDevice.Values.ToList().ForEach(d => d.Pruned.Dispose());
        _onDevice.Clear();
    }

    /// <summary>Returns the name under which a parameter's mask is listed; null if it does not belong to the model.</summary>
    internal string? NameOf(Parameter parameter) => _parameters.FirstOrDefault(p => p.Value.Handle == parameter.Handle).Key;

    /// <summary>Chooses the masks of a phase and applies them; regrown weights are treated as the phase specifies.</summary>
    /// <param name="phase">The phase.</param>
    /// <param name="moment">The moment of the choice.</param>
    /// <param name="gradient">Returns the dense gradient of a parameter at the last step, or null if there is none.</param>
    internal ValueList<LayerMask> Choose(PlannedPhase phase, MaskMoment moment, Func<string, Tensor?> gradient)
    {
        using var scope = NewDisposeScope();
        _phase = phase;
        var (update, rule) = (moment.Update, phase.Phase.Mask);
        var ranksPruned = phase.RanksPrunedByValue || phase.Phase.StraightThrough is not null;
        var chosen = _choice.Choose(phase, update, layer =>
        {
            var (name, weight, slope) = (layer.Parameter, _parameters[layer.Parameter].detach(), gradient(layer.Parameter));
            MaskContext Seen(string by) => new(name, weight, moment, slope, _state.Masks.GetValueOrDefault(name), _state.Of(by + name));
            return new LiveLayer(Seen(MaskSetState.Criterion), ranksPruned ? _state.PrunedValues.GetValueOrDefault(name) : null, Seen(MaskSetState.Update), Mask(rule.Criterion.Masks), Mask(rule.Within));
            BitMask? Mask(GivenMasks? masks) => masks is null ? null : _methods.MaskOf(masks, name, masks.HasPrevious ? LiftedMask(name, layer.Weights) : null);
        });
        var (changes, regrown) = (new List<LayerMask>(), new List<(string Name, BitMask Mask)>());
        foreach (var (layer, mask) in chosen)
        {
            var name = layer.Parameter;
            var before = _state.Masks.GetValueOrDefault(name);
            var pruned = before?.CountKeptOnlyHere(mask) ?? mask.Count - mask.Kept;
            var reborn = mask.Kept + pruned - (before?.Kept ?? mask.Count);
            if (phase.RemembersPruned)
            {
                RememberPrunedValues(name, (before ?? BitMask.All(mask.Count)).Except(mask));
            }

            _state.Masks[name] = mask;
            if (reborn > 0)
            {
                regrown.Add((name, mask.Except(before!)));
            }

            changes.Add(new LayerMask(name, mask.Count, mask.Kept, pruned, reborn));
            TrainedOutside?.ChooseTrained(name, mask);
        }

        Revive(phase, update, regrown);
        ApplyToWeights();
        return changes.ToValueList();
    }

    /// <summary>Lifts all masks; the pruned weights and their optimiser state are treated as the phase specifies.</summary>
    internal void Lift(PlannedPhase phase)
    {
        var masks = _state.Masks.ToList();
        var next = _state.AfterPhase(KeepsLifted, _parameters);
        _state.Masks.Clear();
        Revive(phase, phase.Updates, [.. masks.Select(m => (m.Key, BitMask.All(m.Value.Count).Except(m.Value)))]);

        if (phase.Phase.RegrownState == RegrownState.Reset && masks.Count > 0)
        {
            _optimizer.Reset();
        }

        Dispose();
        _state = next;
    }

    /// <summary>Shows the gradients of a step to the criterion of the current phase, before weights change and gradients are masked.</summary>
    internal void SeeStep(MaskMoment moment)
    {
        if (_phase is not { IsDense: false } phase || _methods.EachStepOf(phase.Phase.Mask.Criterion) is not { } eachStep)
        {
            return;
        }

        foreach (var name in _state.Masks.Keys)
        {
            using var scope = NewDisposeScope();
            using var guard = no_grad();
            var parameter = _parameters[name];
            var slope = parameter.grad ?? zeros_like(parameter);
            var live = new LiveLayer(new MaskContext(name, parameter.detach(), moment, slope, _state.Masks[name]), phase.RanksPrunedByValue ? _state.PrunedValues.GetValueOrDefault(name) : null);
            var context = new MaskContext(name, live.Values, moment, slope, _state.Masks[name], _state.Of(MaskSetState.Criterion + name));
            if (phase.Phase.Mask.Criterion.Kind == CriterionKind.Custom)
            {
                CustomCode.Run($"the score function '{phase.Phase.Mask.Criterion.Name}'", FormattableString.Invariant($"for {name} at step {moment.Step}"), () => eachStep(context));
            }
            else
            {
                eachStep(context);
            }
        }
    }

    /// <summary>Prepares the optimiser's step: masks gradients or, where pruned weights are trained, gives them their own values and decayed gradients.</summary>
    internal void BeforeUpdate()
    {
        if (TrainedOutside is { } outside)
        {
            outside.BeforeUpdate();
        }
        else
        {
            ApplyToGradients();
        }
    }

    /// <summary>Masks weights after the optimiser's step; where pruned weights are trained, their new values are kept outside of the network.</summary>
    internal void AfterUpdate()
    {
        TrainedOutside?.AfterUpdate();
        ApplyToWeights();
    }

    /// <summary>Stores the values of parameters and buffers under a name.</summary>
    internal void KeepSnapshot(string name, IReadOnlyDictionary<string, Tensor> values) => _state.KeepSnapshot(name, values);

    /// <summary>Returns the values that were stored under a name.</summary>
    /// <exception cref="DsdException">None were.</exception>
    internal IReadOnlyDictionary<string, Tensor> SnapshotOf(string name) => _state.SnapshotOf(name);

    /// <summary>Returns a parameter's mask in the sparse phase that ended last; one that keeps every weight if that had none.</summary>
    internal BitMask LiftedMask(string name, long weights) => _state.LiftedMask(name) ?? BitMask.All(weights);

    /// <summary>Remembers the weights as they are now, before masks are applied, as the values that pruned ones had; where such values are remembered at all.</summary>
    /// <param name="of">True for the parameters of which they are.</param>
    internal void RememberPruned(Func<string, bool> of)
    {
        foreach (var (name, mask) in _state.Masks.Where(m => _state.PrunedValues.ContainsKey(m.Key) && of(m.Key)).ToList())
        {
            RememberPrunedValues(name, BitMask.All(mask.Count).Except(mask));
        }
    }

    /// <summary>Draws the weights of a phase's pruned layers anew, also those that are pruned: masks are to be applied afterwards.</summary>
    /// <param name="phase">The phase.</param>
    /// <param name="of">True for the parameters that are drawn anew.</param>
    internal void RedrawPruned(PlannedPhase phase, Func<string, bool> of)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        foreach (var name in phase.Layers.Where(l => l.IsPruned && of(l.Parameter)).Select(l => l.Parameter))
        {
            _parameters[name].copy_(Redraw($"rewind {name} {phase.Index}", 0, _parameters[name]));
        }
    }

    /// <summary>Checks that the masks in place are those of a phase: each has the plan's count, and every weight that it prunes is exactly +0.</summary>
    /// <param name="phase">The phase.</param>
    /// <param name="steps">The number of its steps that are done, at least 1.</param>
    /// <exception cref="DsdException">A mask or a weight differs; the message names the parameter.</exception>
    internal void Verify(PlannedPhase phase, long steps) => MaskVerification.Verify(phase, steps, _state.Masks, _parameters);

    /// <summary>Returns a deep copy of the live state.</summary>
    internal MaskSetState Capture() => _state.Copy();

    /// <summary>Restores a captured copy, which stays usable.</summary>
    /// <param name="captured">The copy.</param>
    /// <param name="phase">The phase of which the masks are. Default null: before the first.</param>
    internal void Restore(MaskSetState captured, PlannedPhase? phase = null)
    {
        Dispose();
        _state = captured.Copy();
        if (captured.IsFromFile)
        {
            var first = _parameters.Values.FirstOrDefault()?.device ?? CPU;
            _state.MoveTo(name => _parameters.GetValueOrDefault(name)?.device ?? first);
        }

        _phase = phase;
    }

    /// <summary>Zeroes what a mask does not keep; on a GPU by a copy of the mask that stays there until the next.</summary>
    private void Zero(string name, Tensor tensor, BitMask mask)
    {
        if (tensor.device_type == TorchSharp.DeviceType.CPU)
        {
            MaskedMemory.Zero(tensor, mask);
        }
        else if (mask.Kept < mask.Count)
        {
            if (!_onDevice.TryGetValue(name, out var copy) || !ReferenceEquals(copy.Mask, mask))
            {
                copy.Pruned?.Dispose();
                _onDevice[name] = copy = (mask, MaskedMemory.Pruned(mask, tensor.shape, tensor.device).DetachFromDisposeScope());
            }

            MaskedMemory.Zero(tensor, copy.Pruned);
        }
    }

    private void Revive(PlannedPhase phase, long update, List<(string Name, BitMask Mask)> regrown)
    {
        if (regrown.Count == 0)
        {
            return;
        }

        var isRestored = phase.Phase.RegrownWeights == RegrownWeights.Restored || (IsStraightThrough && update < phase.Updates);
        if (isRestored || phase.Phase.RegrownWeights != RegrownWeights.Zero)
        {
            regrown.ForEach(r => Fill(r.Name, r.Mask, isRestored ? _state.PrunedValues[r.Name] : null, FormattableString.Invariant($"redraw {r.Name} {phase.Index}"), update));
        }

        // A reset happens when the mask is lifted; a weight regrown earlier has no state either, unless it was trained all along.
        if (phase.Phase.RegrownState != RegrownState.Kept && !(IsStraightThrough && update < phase.Updates))
        {
            _optimizer.ZeroState([.. regrown.Select(r => (_parameters[r.Name], BitMask.All(r.Mask.Count).Except(r.Mask)))]);
        }
    }

    /// <summary>Gives regrown weights their remembered values or, without any, new ones.</summary>
    private void Fill(string name, BitMask regrown, Tensor? remembered, string purpose, long update)
    {
        if (regrown.Kept == 0)
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var parameter = _parameters[name];
        var which = MaskedMemory.Pruned(regrown, parameter.shape, parameter.device).logical_not();
        parameter.copy_(where(which, remembered ?? Redraw(purpose, update, parameter), parameter));
    }

    private void RememberPrunedValues(string name, BitMask newlyPruned)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var parameter = _parameters[name];
        var which = MaskedMemory.Pruned(newlyPruned, parameter.shape, parameter.device).logical_not();
        var known = _state.PrunedValues.GetValueOrDefault(name);
        _state.PrunedValues[name] = where(which, parameter, known ?? zeros_like(parameter)).detach().DetachFromDisposeScope();
        known?.Dispose();
    }

    private Tensor Redraw(string purpose, long update, Parameter parameter)
    {
        var inputs = parameter.shape.Skip(1).Aggregate(1L, (product, dim) => product * dim);
        var bound = 1 / Math.Sqrt(Math.Max(1, inputs));
        var random = CounterRandom.For(_seed, purpose, update);
        var values = new float[parameter.numel()];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(((2 * random.Uniform(i)) - 1) * bound);
        }

        return tensor(values, parameter.shape).to(parameter.dtype, parameter.device);
    }
}
