using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>The state of a criterion or an update for one layer between choices of masks: tensors by name, part of every checkpoint.</summary>
/// <remarks>It is empty at the first choice of a phase. It stores copies, so that a tensor may be disposed or changed after it is set. After a checkpoint is read from a file, tensors are on the device of the parameter.</remarks>
public sealed class LayerState : IDisposable
{
    private readonly Dictionary<string, Tensor> _tensors = [];

    /// <summary>The tensor stored under a name, or null if there is none; not to be changed in place. Setting null removes it.</summary>
    /// <param name="name">Any name.</param>
    public Tensor? this[string name]
    {
        get => _tensors.GetValueOrDefault(name);
        set
        {
            using var guard = no_grad();
            var kept = value?.detach().clone().DetachFromDisposeScope();
            if (_tensors.Remove(name, out var old))
            {
                old.Dispose();
            }

            if (kept is not null)
            {
                _tensors[name] = kept;
            }
        }
    }

    /// <summary>All tensors by name.</summary>
    internal IReadOnlyDictionary<string, Tensor> Tensors => _tensors;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
        {
            tensor.Dispose();
        }

        _tensors.Clear();
    }

    internal LayerState Copy()
    {
        var copy = new LayerState();
        foreach (var (name, tensor) in _tensors)
        {
            copy[name] = tensor;
        }

        return copy;
    }
}
