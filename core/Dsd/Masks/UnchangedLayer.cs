using Dsd.Torch;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Calls a custom function on a live layer, whose weights and gradient it must leave as they are, bit for bit.</summary>
internal static class UnchangedLayer
{
    /// <summary>Returns the function's result; where it changed the layer, or threw, the layer is as before.</summary>
    /// <param name="context">The layer.</param>
    /// <param name="by">The function, for messages.</param>
    /// <param name="call">The call of the function.</param>
    /// <exception cref="DsdException">The function changed the weights or the gradient.</exception>
    public static T Call<T>(MaskContext context, string by, Func<T> call)
    {
        using var weight = new Before(context.Weight);
        using var gradient = context.Gradient is { } slope ? new Before(slope) : null;
        T result;
        try
        {
            result = call();
        }
        catch
        {
            weight.Restore();
            gradient?.Restore();
            throw;
        }

        var (what, member) = (weight.Restore(), gradient?.Restore() ?? false) switch
        {
            (false, false) => default,
            (true, false) => ("weights", nameof(MaskContext.Weight)),
            (false, true) => ("gradient", nameof(MaskContext.Gradient)),
            _ => ("weights and the gradient", nameof(MaskContext.Weight)),
        };
        return what is null
            ? result
            : throw new DsdException($"The {by} changed the {what} of {context.Name} in place; the values before are restored. It must work on a copy: layer.{member}.abs() instead of layer.{member}.abs_(), or layer.{member}.clone().");
    }

    /// <summary>The values of a live tensor before a call.</summary>
    private sealed class Before : IDisposable
    {
        private readonly Tensor _live;
        private readonly Tensor _values;

        public Before(Tensor live)
        {
            using var scope = NewDisposeScope();

            // The function may change the shape of its own view, or dispose of it.
            _live = live.detach().DetachFromDisposeScope();
            _values = _live.cpu().contiguous().clone().DetachFromDisposeScope();
        }

        /// <summary>Restores the values if they changed; returns whether they did.</summary>
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

        public void Dispose()
        {
            _live.Dispose();
            _values.Dispose();
        }

        private static unsafe ReadOnlySpan<byte> Bytes(Tensor tensor) => new(TensorMemory.Of(tensor), checked((int)(tensor.numel() * tensor.element_size())));
    }
}
