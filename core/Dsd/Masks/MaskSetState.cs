using Dsd.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>The state of a mask set: masks, the values that pruned weights had, and the state of criteria, updates and what later phases refer to.</summary>
internal sealed record MaskSetState(Dictionary<string, BitMask> Masks, Dictionary<string, Tensor> PrunedValues, Dictionary<string, LayerState> Remembered) : IDisposable
{
    /// <summary>True if it was read from a file, so that all of it is in CPU memory.</summary>
    public bool IsFromFile { get; init; }

    /// <summary>The key of the masks that were lifted last.</summary>
    public const string Lifted = "lifted masks";

    /// <summary>The start of the keys of snapshots, before the name of the phase.</summary>
    public const string Snapshot = "snapshot ";

    /// <summary>The start of the keys of what a criterion remembers, before the parameter's name.</summary>
    public const string Criterion = "criterion ";

    /// <summary>The start of the keys of what an update remembers, before the parameter's name.</summary>
    public const string Update = "update ";

    /// <summary>The start of the keys of what straight-through training remembers, before the parameter's name.</summary>
    public const string StraightThrough = "straight-through ";

    /// <summary>Returns a deep copy.</summary>
    public MaskSetState Copy() => new(
        new(Masks),
        PrunedValues.ToDictionary(v => v.Key, v => v.Value.clone().DetachFromDisposeScope()),
        Remembered.ToDictionary(r => r.Key, r => r.Value.Copy()));

    /// <summary>Moves what belongs to parameters and buffers to their devices. Lifted masks stay in CPU memory.</summary>
    /// <param name="deviceOf">Returns the device of a parameter or buffer.</param>
    public void MoveTo(Func<string, Device> deviceOf)
    {
        foreach (var (name, values) in PrunedValues.Where(v => !TensorMemory.IsOn(v.Value, deviceOf(v.Key))).ToList())
        {
            PrunedValues[name] = values.to(deviceOf(name), disposeAfter: true).DetachFromDisposeScope();
        }

        foreach (var (key, state) in Remembered.Where(r => r.Key != Lifted))
        {
            // A snapshot holds parameters by name; the other keys end in the name of the one they are of.
            var owner = new[] { Criterion, Update, StraightThrough }.Where(k => key.StartsWith(k, StringComparison.Ordinal)).Select(k => key[k.Length..]).FirstOrDefault();
            foreach (var (name, tensor) in state.Tensors.Where(t => !TensorMemory.IsOn(t.Value, deviceOf(owner ?? t.Key))).ToList())
            {
                using var there = tensor.to(deviceOf(owner ?? name));
                state[name] = there;
            }
        }
    }

    /// <summary>Returns what is stored under a key, empty at first.</summary>
    public LayerState Of(string key)
    {
        if (!Remembered.TryGetValue(key, out var state))
        {
            Remembered[key] = state = new LayerState();
        }

        return state;
    }

    /// <summary>Takes over what outlives a phase: snapshots, and the masks that were lifted last.</summary>
    /// <param name="keepsLifted">True to keep the masks of this state.</param>
    /// <param name="parameters">The model's parameters by name.</param>
    /// <returns>A state of its own; what it took is no longer in this one.</returns>
    public MaskSetState AfterPhase(bool keepsLifted, IReadOnlyDictionary<string, Parameter> parameters)
    {
        var next = new MaskSetState([], [], []);
        var isLifted = keepsLifted && Masks.Count > 0;
        foreach (var key in Remembered.Keys.Where(k => k.StartsWith(Snapshot, StringComparison.Ordinal) || (k == Lifted && !isLifted)).ToList())
        {
            Remembered.Remove(key, out var kept);
            next.Remembered[key] = kept!;
        }

        if (isLifted)
        {
            using var scope = NewDisposeScope();
            Masks.ToList().ForEach(m => next.Of(Lifted)[m.Key] = m.Value.ToTensor(parameters[m.Key].shape));
        }

        return next;
    }

    /// <summary>Returns the mask that a parameter had when masks were lifted last; null if it had none.</summary>
    public BitMask? LiftedMask(string name) => Remembered.GetValueOrDefault(Lifted)?[name] is { } kept ? BitMask.Of(kept) : null;

    /// <summary>Stores the values of parameters and buffers under a name.</summary>
    public void KeepSnapshot(string name, IReadOnlyDictionary<string, Tensor> values) => values.ToList().ForEach(v => Of(Snapshot + name)[v.Key] = v.Value);

    /// <summary>Returns the values that were stored under a name.</summary>
    /// <exception cref="DsdException">None were.</exception>
    public IReadOnlyDictionary<string, Tensor> SnapshotOf(string name) => Remembered.TryGetValue(Snapshot + name, out var state)
        ? state.Tensors
        : throw new DsdException($"The phase returns to weights that were not kept{(name.Length == 0 ? " before the first step" : $", those at the end of phase '{name}'")}. Train the run from its start, or from a checkpoint of this schedule.");

    public void Dispose()
    {
        foreach (var values in PrunedValues.Values)
        {
            values.Dispose();
        }

        foreach (var state in Remembered.Values)
        {
            state.Dispose();
        }
    }
}
