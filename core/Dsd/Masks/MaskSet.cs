using Dsd.Plans;
using Dsd.Schedules;
using TorchSharp.Modules;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>The live masks of a model: chooses them, applies them to weights and gradients, and lifts them.</summary>
public sealed class MaskSet : IDisposable
{
    private readonly IReadOnlyDictionary<string, Parameter> _parameters;
    private readonly IWeightState _optimizer;
    private readonly MaskChoice _choice;
    private readonly long _seed;
    private MaskSetState _state = Empty();

    internal MaskSet(IReadOnlyDictionary<string, Parameter> parameters, IWeightState optimizer, MaskChoice choice, long seed)
    {
        _parameters = parameters;
        _optimizer = optimizer;
        _choice = choice;
        _seed = seed;
    }

    /// <summary>The mask of each pruned parameter by its full name; empty in a dense phase.</summary>
    public IReadOnlyDictionary<string, BitMask> Masks => _state.Masks;

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
        var (update, remembers) = (moment.Update, phase.RanksPrunedByMagnitude);
        var chosen = _choice.Choose(phase, update, layer =>
        {
            var (name, weight, slope) = (layer.Parameter, _parameters[layer.Parameter].detach(), gradient(layer.Parameter));
            MaskContext Seen(string by) => new(name, weight, moment, slope, _state.Masks.GetValueOrDefault(name), Remembered($"{by} {name}"));
            return new LiveLayer(Seen("criterion"), remembers ? _state.PrunedValues.GetValueOrDefault(name) : null, Seen("update"));
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
        }

        ApplyToWeights();
        return changes.ToValueList();
    }

    /// <summary>Lifts all masks; the pruned weights and their optimiser state are treated as the phase specifies.</summary>
    internal void Lift(PlannedPhase phase)
    {
        var masks = _state.Masks.ToList();
        _state.Masks.Clear();
        foreach (var (name, mask) in masks)
        {
            Revive(phase, phase.Updates, name, BitMask.All(mask.Count).Except(mask));
        }

        if (phase.Phase.RegrownState == RegrownState.Reset && masks.Count > 0)
        {
            _optimizer.Reset();
        }

        Dispose();
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
    internal void Restore(MaskSetState captured)
    {
        Dispose();
        _state = captured.Copy();
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
        if (phase.Phase.RegrownWeights != RegrownWeights.Zero)
        {
            var values = phase.Phase.RegrownWeights == RegrownWeights.Restored ? _state.PrunedValues[name] : Redraw($"redraw {name} {phase.Index}", update, parameter);
            parameter.copy_(where(which, values, parameter));
        }

        // A reset happens when the mask is lifted; a weight regrown earlier has no state either.
        if (phase.Phase.RegrownState != RegrownState.Kept)
        {
            _optimizer.ZeroState(parameter, which);
        }
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
