using Dsd.Torch;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>The values of a live tensor before a call that must not change them.</summary>
internal sealed class ValuesBefore : IDisposable
{
    private readonly Tensor _live;
    private readonly Tensor _values;

    /// <summary>Copies the values to the CPU.</summary>
    /// <param name="live">The tensor.</param>
    public ValuesBefore(Tensor live)
    {
        using var scope = NewDisposeScope();

        // A view apart, since the call may reshape the one that it is given, or dispose of it.
        _live = live.detach().DetachFromDisposeScope();
        _values = _live.cpu().contiguous().clone().DetachFromDisposeScope();
    }

    /// <summary>Restores the values in place if any bit of them changed; returns whether one did.</summary>
    public bool Restore()
    {
        using var scope = NewDisposeScope();

        // Bytes, since NaN equals nothing and −0 equals 0.
        if (Bytes(_live.cpu().contiguous()).SequenceEqual(Bytes(_values)))
        {
            return false;
        }

        _live.copy_(_values);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _live.Dispose();
        _values.Dispose();
    }

    private static unsafe ReadOnlySpan<byte> Bytes(Tensor tensor) => new(TensorMemory.Of(tensor), checked((int)(tensor.numel() * tensor.element_size())));
}
