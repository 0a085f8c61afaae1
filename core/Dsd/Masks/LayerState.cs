using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>What a criterion or an update remembers of one layer from one choice of masks to the next: tensors by name, part of every checkpoint.</summary>
/// <remarks>It is empty at the first choice of a phase. It holds copies, so that what is put in may be disposed or changed afterwards.</remarks>
public sealed class LayerState : IDisposable
{
    private readonly Dictionary<string, Tensor> _tensors = [];

    /// <summary>A tensor that was put in under a name, or null where none was; to be read, not changed. Null put in forgets it.</summary>
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
