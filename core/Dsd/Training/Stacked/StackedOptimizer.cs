using System.Reflection;
using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Runs;
using Dsd.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>One optimiser step for several networks whose parameters are slices of common tensors; each network keeps an optimiser of its own, with its own masks.</summary>
/// <remarks>
/// The networks' optimisers never step. They hold the state that sessions read, capture, restore and reset: slices of the common optimiser's state, and its counts.
/// Before a step that follows such a change, <see cref="Gather"/> brings it into the common state; <see cref="Spread"/> brings counts back.
/// Every rule on offer treats each weight by itself, so that a step on common tensors is a step on each network.
/// </remarks>
internal sealed class StackedOptimizer : IDisposable
{
    private readonly IReadOnlyDictionary<string, Parameter> _parameters;
    private readonly optim.Optimizer _optimizer;
    private readonly LiveOptimizer _live;
    private readonly MaskSet _masks;
    private readonly List<(OptimizerState Common, OptimizerState[] Own)> _states;
    private readonly Dictionary<string, BitMask?[]> _seen = [];
    private Dictionary<string, BitMask> _joined = [];
    private bool _isGathered;

    /// <summary>Creates the common optimiser.</summary>
    /// <param name="settings">The settings, those of each network's optimiser.</param>
    /// <param name="parameters">The common parameters by name, each of shape [k, …].</param>
    /// <param name="own">The optimisers of the k networks, each of its parameters in the same order.</param>
    public StackedOptimizer(OptimizerSettings settings, IReadOnlyDictionary<string, Parameter> parameters, IReadOnlyList<optim.Optimizer> own)
    {
        _parameters = parameters;
        _optimizer = settings.Create(parameters.Values, own[0].ParamGroups.First().LearningRate);
        _live = new LiveOptimizer(_optimizer);
        _masks = new MaskSet(parameters, _live, MaskMethods.None, 0);
        (_optimizer as IMaskedOptimizer)?.Follow(_masks);
        var states = own.Select(o => ((OptimizerHelper)o).state_dict().State).ToList();
        _states = [.. ((OptimizerHelper)_optimizer).state_dict().State.Select((common, p) => (common, states.Select(s => s[p]).ToArray()))];
    }

    /// <summary>True if the last step left a weight in CPU memory that is not finite, as far as the optimiser's step says; it does not say of which network.</summary>
    public bool IsNonFinite => (_optimizer as IMaskedOptimizer)?.NonFinite is not null;

    /// <summary>The common optimiser.</summary>
    public optim.Optimizer Common => _optimizer;

    /// <summary>Sets the rate of the next step.</summary>
    public void SetRate(double rate) => _live.SetRate(rate);

    /// <summary>Zeroes the gradients of masked weights and limits the norm of each network's gradients.</summary>
    public void Clip(double most)
    {
        _masks.ApplyToGradients();
        GradientClip.ApplyToEach(_parameters.Values, most);
    }

    /// <summary>Applies the masks of the networks in every step from now on.</summary>
    /// <param name="own">The masks of each network by parameter; none where it is dense.</param>
    /// <returns>True if a mask is another than before.</returns>
    public bool Follow(IReadOnlyList<IReadOnlyDictionary<string, BitMask>> own)
    {
        var changes = false;
        foreach (var (name, parameter) in _parameters)
        {
            var masks = own.Select(o => o.GetValueOrDefault(name)).ToArray();
            if (_seen.TryGetValue(name, out var seen) ? masks.SequenceEqual(seen, ReferenceEqualityComparer.Instance) : masks.All(m => m is null))
            {
                continue;
            }

            changes = true;
            _seen[name] = masks;
            _joined.Remove(name);
            if (masks.Any(m => m is not null))
            {
                _joined[name] = Joined(masks, parameter.numel() / masks.Length);
            }
        }

        if (changes)
        {
            _masks.Restore(new MaskSetState(_joined, [], []));

            // What clipping needs of them on a device is made here, where it may be copied from the host; the weights are masked already.
            _masks.ApplyToWeights();
        }

        return changes;
    }

    /// <summary>Takes over the state of the networks' optimisers, wherever it is not the common one: after they were reset or restored.</summary>
    /// <param name="lives">True for the networks that still train; the state of the others is as it may be.</param>
    /// <exception cref="InvalidOperationException">The networks are not at the same step.</exception>
    public void Gather(Func<int, bool> lives)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        foreach (var (common, own) in _states)
        {
            foreach (var field in LiveOptimizer.Fields(common.GetType()))
            {
                var living = own.Where((_, i) => lives(i)).Select(field.GetValue).Distinct().ToList();
                if (field.FieldType == typeof(Tensor))
                {
                    Bring(common, field, own, isDropped: living.Contains(null));
                }
                else if (living.Count == 1)
                {
                    field.SetValue(common, living[0]);
                }
                else
                {
                    throw new InvalidOperationException($"Networks that are trained at once are at different steps: {field.Name} is {string.Join(", ", living)}.");
                }
            }
        }

        _isGathered = true;
    }

    /// <summary>Gives the networks' optimisers their slices of the common state, and its counts.</summary>
    public void Spread()
    {
        foreach (var (common, own) in _states)
        {
            foreach (var field in LiveOptimizer.Fields(common.GetType()))
            {
                var value = field.GetValue(common);
                for (var i = 0; i < own.Length; i++)
                {
                    if (value is not Tensor tensor)
                    {
                        field.SetValue(own[i], value);
                    }
                    else if (field.GetValue(own[i]) is null)
                    {
                        field.SetValue(own[i], tensor.select(0, i).DetachFromDisposeScope());
                    }
                }
            }
        }
    }

    /// <summary>Does one step of all networks by the gradients of the common parameters, at the rate that was set.</summary>
    public void Step()
    {
        _optimizer.step();
        if (_isGathered)
        {
            // State that is only made by the first step.
            Spread();
            _isGathered = false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _masks.Dispose();
        _optimizer.Dispose();
    }

    private static unsafe void Bring(OptimizerState common, FieldInfo field, OptimizerState[] own, bool isDropped)
    {
        var (now, values) = ((Tensor?)field.GetValue(common), Array.ConvertAll(own, o => (Tensor?)field.GetValue(o)));
        if (isDropped)
        {
            // State is dropped by the plan, which is that of all.
            now?.Dispose();
            field.SetValue(common, null);
            foreach (var state in own)
            {
                (field.GetValue(state) as Tensor)?.Dispose();
                field.SetValue(state, null);
            }

            return;
        }

        var present = values.OfType<Tensor>().First();
        if (now is null)
        {
            now = zeros([own.Length, .. present.shape], present.dtype, present.device).DetachFromDisposeScope();
            field.SetValue(common, now);
        }

        for (var i = 0; i < own.Length; i++)
        {
            var slice = now.select(0, i);
            if (values[i] is { } value && TensorMemory.Of(value) != TensorMemory.Of(slice))
            {
                slice.copy_(value);
                value.set_(slice);
            }
        }
    }

    /// <summary>The masks of networks one after the other; where one has none, all its weights are kept.</summary>
    private static BitMask Joined(BitMask?[] masks, long count)
    {
        var words = BitMask.NewWords(masks.Length * count);
        for (var i = 0; i < masks.Length && count > 0; i++)
        {
            BitRows.Write(words, i * count, (masks[i] ?? BitMask.All(count)).Words, count);
        }

        return new(words, masks.Length * count);
    }
}
