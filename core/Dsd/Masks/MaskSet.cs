using Dsd.Plans;
using Dsd.Schedules;
using TorchSharp.Modules;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>The live masks of a model: chooses them, applies them to weights and gradients, and lifts them.</summary>
public sealed class MaskSet : IDisposable
{
    private const string Lifted = "lifted masks";
    private const string Snapshot = "snapshot ";
    private const string Trained = "trained";
    private static readonly Dictionary<string, BitMask> s_none = [];
    private readonly IReadOnlyDictionary<string, Parameter> _parameters;
    private readonly IWeightState _optimizer;
    private readonly MaskMethods _methods;
    private readonly MaskChoice _choice;
    private readonly long _seed;
    private MaskSetState _state = Empty();
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

    /// <summary>True if a step of the current phase must be told of its gradients before the optimiser moves weights.</summary>
    internal bool ReadsEachStep => IsStraightThrough || (_phase is { IsDense: false } && _methods.EachStepOf(_phase.Phase.Mask.Criterion) is not null);

    /// <summary>True if the masks of a phase are kept when they are lifted, for a later phase that refers to them.</summary>
    internal bool KeepsLifted { get; set; }

    private bool IsStraightThrough => _phase?.Phase.StraightThrough is not null && _state.Masks.Count > 0;

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
            MaskedMemory.Zero(_parameters[name], mask);
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
                MaskedMemory.Zero(gradient, mask);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _state.Dispose();
        _state = Empty();
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
        var remembers = phase.RanksPrunedByValue || phase.Phase.StraightThrough is not null;
        var chosen = _choice.Choose(phase, update, layer =>
        {
            var (name, weight, slope) = (layer.Parameter, _parameters[layer.Parameter].detach(), gradient(layer.Parameter));
            MaskContext Seen(string by) => new(name, weight, moment, slope, _state.Masks.GetValueOrDefault(name), Remembered($"{by} {name}"));
            return new LiveLayer(Seen("criterion"), remembers ? _state.PrunedValues.GetValueOrDefault(name) : null, Seen("update"), Mask(rule.Criterion.Masks), Mask(rule.Within));
            BitMask? Mask(GivenMasks? masks) => masks is null ? null : _methods.MaskOf(masks, name, masks.HasPrevious ? LiftedMask(name, layer.Weights) : null);
        });
        var changes = new List<LayerMask>();
        foreach (var (layer, mask) in chosen)
        {
            var name = layer.Parameter;
            var before = _state.Masks.GetValueOrDefault(name);
            var pruned = before?.CountKeptOnlyHere(mask) ?? mask.Count - mask.Kept;
            var reborn = mask.Kept + pruned - (before?.Kept ?? mask.Count);
            if (remembers || phase.Phase.RegrownWeights == RegrownWeights.Restored)
            {
                RememberPrunedValues(name, (before ?? BitMask.All(mask.Count)).Except(mask));
            }

            _state.Masks[name] = mask;
            if (reborn > 0)
            {
                Revive(phase, update, name, mask.Except(before!));
            }

            changes.Add(new LayerMask(name, mask.Count, mask.Kept, pruned, reborn));
            if (phase.Phase.StraightThrough is { Trained: < 1 } straight)
            {
                ChooseTrained(name, mask, straight);
            }
        }

        ApplyToWeights();
        return changes.ToValueList();
    }

    /// <summary>Lifts all masks; the pruned weights and their optimiser state are treated as the phase specifies.</summary>
    internal void Lift(PlannedPhase phase)
    {
        var masks = _state.Masks.ToList();
        var lifted = KeepsLifted && masks.Count > 0 ? Bits(masks) : null;
        _state.Masks.Clear();
        foreach (var (name, mask) in masks)
        {
            Revive(phase, phase.Updates, name, BitMask.All(mask.Count).Except(mask));
        }

        if (phase.Phase.RegrownState == RegrownState.Reset && masks.Count > 0)
        {
            _optimizer.Reset();
        }

        // Snapshots are of the run, not of a phase.
        var kept = _state.Remembered.Where(r => r.Key.StartsWith(Snapshot, StringComparison.Ordinal) || (r.Key == Lifted && lifted is null)).ToList();
        kept.ForEach(r => _state.Remembered.Remove(r.Key));
        Dispose();
        kept.ForEach(r => _state.Remembered.Add(r.Key, r.Value));
        if (lifted is not null)
        {
            _state.Remembered[Lifted] = lifted;
        }
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
            var context = new MaskContext(name, live.Values, moment, slope, _state.Masks[name], Remembered($"criterion {name}"));
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

    /// <summary>Where pruned weights are trained, gives them their own values and decayed gradients for the optimiser's step; elsewhere masks gradients.</summary>
    internal void BeforeUpdate()
    {
        if (!IsStraightThrough)
        {
            ApplyToGradients();
            return;
        }

        using var guard = no_grad();
        foreach (var (name, mask) in _state.Masks)
        {
            using var scope = NewDisposeScope();
            var (parameter, values) = (_parameters[name], _state.PrunedValues[name]);
            var pruned = MaskedMemory.Pruned(mask, parameter.shape, parameter.device);
            parameter.copy_(where(pruned, values, parameter));
            if (parameter.grad is not { } gradient)
            {
                continue;
            }

            var decay = _phase!.Phase.StraightThrough!.Decay;
            var slope = decay == 0 ? gradient : where(pruned, gradient.add(values.mul(decay)), gradient);
            slope = TrainedOf(name) is { } trained ? where(trained, slope, zeros_like(slope)) : slope;
            gradient.copy_(slope);
        }
    }

    /// <summary>Takes the trained values of pruned weights out of the network, which has exactly 0 there.</summary>
    internal void AfterUpdate()
    {
        if (!IsStraightThrough)
        {
            ApplyToWeights();
            return;
        }

        using var guard = no_grad();
        foreach (var (name, mask) in _state.Masks)
        {
            using var scope = NewDisposeScope();
            var (parameter, values) = (_parameters[name], _state.PrunedValues[name]);
            var moved = MaskedMemory.Pruned(mask, parameter.shape, parameter.device);
            values.copy_(where(TrainedOf(name) is { } trained ? moved.logical_and(trained) : moved, parameter, values));
        }

        ApplyToWeights();
    }

    /// <summary>Stores the values of parameters and buffers under a name.</summary>
    internal void KeepSnapshot(string name, IReadOnlyDictionary<string, Tensor> values) => values.ToList().ForEach(v => Remembered(Snapshot + name)[v.Key] = v.Value);

    /// <summary>Returns the values that were stored under a name.</summary>
    /// <exception cref="DsdException">None were.</exception>
    internal IReadOnlyDictionary<string, Tensor> SnapshotOf(string name) => _state.Remembered.TryGetValue(Snapshot + name, out var state)
        ? state.Tensors
        : throw new DsdException($"The phase returns to weights that were not kept{(name.Length == 0 ? " before the first step" : $", those at the end of phase '{name}'")}. Train the run from its start, or from a checkpoint of this schedule.");

    /// <summary>Returns a parameter's mask in the sparse phase that ended last; one that keeps every weight if that had none.</summary>
    internal BitMask LiftedMask(string name, long weights)
    {
        using var scope = NewDisposeScope();
        return _state.Remembered.GetValueOrDefault(Lifted)?[name] is { } bits ? new MaskContext(name, bits, new MaskMoment(0, 0, 1, 0, 0)).MaskOf(bits) : BitMask.All(weights);
    }

    /// <summary>Draws the weights of a phase's pruned layers anew; pruned ones stay 0.</summary>
    internal void RedrawPruned(PlannedPhase phase)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        foreach (var name in phase.Layers.Where(l => l.IsPruned).Select(l => l.Parameter))
        {
            _parameters[name].copy_(Redraw($"rewind {name} {phase.Index}", 0, _parameters[name]));
        }

        ApplyToWeights();
    }

    /// <summary>Checks that the masks in place are those of a phase: each has the plan's count, and every weight that it prunes is exactly +0.</summary>
    /// <param name="phase">The phase.</param>
    /// <param name="steps">The number of its steps that are done, at least 1.</param>
    /// <exception cref="DsdException">A mask or a weight differs; the message names the parameter.</exception>
    internal void Verify(PlannedPhase phase, long steps)
    {
        var pruned = phase.Layers.Where(l => l.IsPruned).ToList();
        var update = phase.IsDense ? 0 : phase.UpdateAt(steps - 1);
        if (_state.Masks.Keys.Except(pruned.Select(l => l.Parameter)).FirstOrDefault() is { } beyond)
        {
            throw new DsdException($"{beyond} has a mask, but phase {phase.Phase.Name} does not prune it. Masks and plan are of different runs.");
        }

        foreach (var layer in pruned)
        {
            var mask = _state.Masks.GetValueOrDefault(layer.Parameter)
                ?? throw new DsdException($"{layer.Parameter} has no mask, but phase {phase.Phase.Name} prunes it. Masks and plan are of different runs.");
            var keep = phase.KeptAt(layer, update) ?? mask.Kept;
            if (mask.Count != layer.Weights || mask.Kept != keep)
            {
                throw new DsdException(FormattableString.Invariant(
                    $"The mask of {layer.Parameter} keeps {mask.Kept} of {mask.Count} weights; by the plan of phase {phase.Phase.Name} it must keep {keep} of {layer.Weights}. Masks and plan are of different runs."));
            }

            if (MaskedMemory.FirstNonZero(_parameters[layer.Parameter], mask) is { } place)
            {
                throw new DsdException(FormattableString.Invariant(
                    $"{layer.Parameter} is pruned at weight {place} of {mask.Count} (row by row, from 0), but its value there is not 0. Something other than the session and its optimiser changed the weights in phase {phase.Phase.Name}, e.g. loaded or averaged ones; change them before the session is made, or apply session.Masks.ApplyToWeights() afterwards."));
            }
        }

        var pooled = pruned.Where(l => l.IsGlobal).Sum(l => _state.Masks[l.Parameter].Kept);
        if (pruned.Any(l => l.IsGlobal) && pooled != phase.GlobalKeptAt(update))
        {
            throw new DsdException(FormattableString.Invariant(
                $"The masks of the layers that phase {phase.Phase.Name} ranks together keep {pooled} weights; by the plan they must keep {phase.GlobalKeptAt(update)}. Masks and plan are of different runs."));
        }
    }

    /// <summary>Returns a deep copy of the live state.</summary>
    internal MaskSetState Capture() => _state.Copy();

    /// <summary>Restores a captured copy, which stays usable.</summary>
    /// <param name="captured">The copy.</param>
    /// <param name="phase">The phase of which the masks are. Default null: before the first.</param>
    internal void Restore(MaskSetState captured, PlannedPhase? phase = null)
    {
        Dispose();
        _state = captured.Copy();
        _phase = phase;
    }

    private static MaskSetState Empty() => new([], [], []);

    private LayerState Remembered(string key)
    {
        if (!_state.Remembered.TryGetValue(key, out var state))
        {
            _state.Remembered[key] = state = new LayerState();
        }

        return state;
    }

    private void Revive(PlannedPhase phase, long update, string name, BitMask reborn)
    {
        if (reborn.Kept == 0)
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var parameter = _parameters[name];
        var which = MaskedMemory.Pruned(reborn, parameter.shape, parameter.device).logical_not();
        var isRestored = phase.Phase.RegrownWeights == RegrownWeights.Restored || (IsStraightThrough && update < phase.Updates);
        if (isRestored || phase.Phase.RegrownWeights != RegrownWeights.Zero)
        {
            var values = isRestored ? _state.PrunedValues[name] : Redraw($"redraw {name} {phase.Index}", update, parameter);
            parameter.copy_(where(which, values, parameter));
        }

        // A reset happens when the mask is lifted; a weight regrown earlier has no state either.
        if (phase.Phase.RegrownState != RegrownState.Kept)
        {
            _optimizer.ZeroState(parameter, which);
        }
    }

    private LayerState Bits(IEnumerable<KeyValuePair<string, BitMask>> masks)
    {
        using var scope = NewDisposeScope();
        var bits = new LayerState();
        foreach (var (name, mask) in masks)
        {
            bits[name] = MaskedMemory.Pruned(mask, _parameters[name].shape, CPU).logical_not();
        }

        return bits;
    }

    /// <summary>Chooses the pruned weights that are trained: of all, those with the largest magnitude.</summary>
    private void ChooseTrained(string name, BitMask mask, StraightThrough straight)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (values, pruned) = (_state.PrunedValues[name], BitMask.All(mask.Count).Except(mask));
        var count = Math.Clamp((long)Math.Round((decimal)straight.Trained * mask.Count) - mask.Kept, 0, pruned.Kept);
        var context = new MaskContext(name, values, new MaskMoment(0, 0, 1, 0, 0));
        var trained = mask.Or(context.Top(values.abs(), count, pruned));
        Remembered($"straight-through {name}")[Trained] = MaskedMemory.Pruned(trained, values.shape, values.device).logical_not();
    }

    private Tensor? TrainedOf(string name) => _state.Remembered.GetValueOrDefault($"straight-through {name}")?[Trained];

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
