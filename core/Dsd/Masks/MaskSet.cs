using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>The live masks of a model: chooses them, holds weights and gradients to them, and lifts them.</summary>
public sealed class MaskSet : IDisposable
{
    private readonly IReadOnlyDictionary<string, Parameter> _parameters;
    private readonly LiveOptimizer _optimizer;
    private readonly MaskChoice _choice;
    private readonly long _seed;
    private readonly Dictionary<string, BitMask> _masks = [];
    private readonly Dictionary<string, Tensor> _prunedValues = [];

    internal MaskSet(IReadOnlyDictionary<string, Parameter> parameters, LiveOptimizer optimizer, MaskChoice choice, long seed)
    {
        _parameters = parameters;
        _optimizer = optimizer;
        _choice = choice;
        _seed = seed;
    }

    /// <summary>The mask of each pruned parameter by its full name; empty in a dense phase.</summary>
    public IReadOnlyDictionary<string, BitMask> Masks => _masks;

    /// <summary>The mask that a phase would choose for one weight tensor, without a session: to try a criterion, and to test its laws.</summary>
    /// <param name="weight">The tensor, and its gradient if the function asks for it; nothing in it is changed.</param>
    /// <param name="sparsity">The fraction to prune; exactly <see cref="Sparsity.Kept"/> weights stay.</param>
    /// <param name="score">One score for each weight, in its shape, of which the highest stay. Default null: by magnitude.</param>
    /// <exception cref="DsdException">A weight or score is NaN or infinite, or the scores have another shape than the weights.</exception>
    public static BitMask Choose(PrunableWeight weight, Sparsity sparsity, Func<PrunableWeight, Tensor>? score = null)
    {
        ArgumentNullException.ThrowIfNull(weight);
        const string name = "score";
        var criterion = score is null ? MaskCriterion.Magnitude : MaskCriterion.Custom(name);
        var choice = new MaskChoice(score is null ? new Dictionary<string, Func<PrunableWeight, Tensor>>() : new() { [name] = score });
        return choice.Choose(criterion, weight, sparsity);
    }

    /// <summary>Sets masked weights to exactly 0.</summary>
    public void ApplyToWeights()
    {
        foreach (var (name, mask) in _masks)
        {
            MaskedMemory.Zero(_parameters[name], mask);
        }
    }

    /// <summary>Sets the gradients of masked weights to exactly 0, so that clipping and norms see only what trains.</summary>
    public void ApplyToGradients()
    {
        foreach (var (name, mask) in _masks)
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
        _masks.Clear();
        ForgetPrunedValues();
    }

    /// <summary>The name under which a parameter's mask is listed; null where it is none of the model's.</summary>
    internal string? NameOf(Parameter parameter) => _parameters.FirstOrDefault(p => p.Value.Handle == parameter.Handle).Key;

    /// <summary>Chooses the masks of a phase and applies them; weights that come back are treated as the phase says.</summary>
    internal ValueList<LayerMask> Choose(PlannedPhase phase, long update)
    {
        var remembers = phase.RanksPrunedByMagnitude;
        var chosen = _choice.Choose(phase, update, layer => new LiveLayer(
            new PrunableWeight(layer.Parameter, _parameters[layer.Parameter]),
            _masks.GetValueOrDefault(layer.Parameter),
            remembers ? _prunedValues.GetValueOrDefault(layer.Parameter) : null));
        var changes = new List<LayerMask>();
        foreach (var (layer, mask) in chosen)
        {
            var name = layer.Parameter;
            var before = _masks.GetValueOrDefault(name);
            var pruned = before?.CountKeptOnlyHere(mask) ?? mask.Count - mask.Kept;
            var reborn = mask.Kept + pruned - (before?.Kept ?? mask.Count);
            if (remembers || phase.Phase.RegrownWeights == RegrownWeights.Restored)
            {
                RememberPrunedValues(name, (before ?? BitMask.All(mask.Count)).Except(mask));
            }

            _masks[name] = mask;
            if (reborn > 0)
            {
                Revive(phase, update, name, mask.Except(before!));
            }

            changes.Add(new LayerMask(name, mask.Count, mask.Kept, pruned, reborn));
        }

        ApplyToWeights();
        return changes.ToValueList();
    }

    /// <summary>Lifts all masks; the pruned weights and their optimiser state are treated as the phase says.</summary>
    internal void Lift(PlannedPhase phase)
    {
        var masks = _masks.ToList();
        _masks.Clear();
        foreach (var (name, mask) in masks)
        {
            Revive(phase, phase.Updates, name, BitMask.All(mask.Count).Except(mask));
        }

        if (phase.Phase.RegrownState == RegrownState.Reset && masks.Count > 0)
        {
            _optimizer.Reset();
        }

        ForgetPrunedValues();
    }

    internal (Dictionary<string, BitMask> Masks, Dictionary<string, Tensor> PrunedValues) Capture() =>
        (new(_masks), _prunedValues.ToDictionary(v => v.Key, v => v.Value.clone().DetachFromDisposeScope()));

    internal void Restore((Dictionary<string, BitMask> Masks, Dictionary<string, Tensor> PrunedValues) captured)
    {
        Dispose();
        captured.Masks.ToList().ForEach(m => _masks[m.Key] = m.Value);
        captured.PrunedValues.ToList().ForEach(v => _prunedValues[v.Key] = v.Value.clone().DetachFromDisposeScope());
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
            var values = phase.Phase.RegrownWeights == RegrownWeights.Restored ? _prunedValues[name] : Redraw($"redraw {name} {phase.Index}", update, parameter);
            parameter.copy_(where(which, values, parameter));
        }

        // A reset is for the moment when the mask is lifted; a weight that comes back before has no state either.
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
        var known = _prunedValues.GetValueOrDefault(name);
        _prunedValues[name] = where(which, parameter, known ?? zeros_like(parameter)).detach().DetachFromDisposeScope();
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

    private void ForgetPrunedValues()
    {
        foreach (var values in _prunedValues.Values)
        {
            values.Dispose();
        }

        _prunedValues.Clear();
    }
}
