using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Native;

/// <summary>The raw memory of tensors on the CPU, and of their gradients, without a new object for each look.</summary>
internal static unsafe class TensorMemory
{
    private static readonly delegate* unmanaged<nint, void*> s_data = (delegate* unmanaged<nint, void*>)LibTorch.Sharp("THSTensor_data");
    private static readonly delegate* unmanaged<nint, nint> s_grad = (delegate* unmanaged<nint, nint>)LibTorch.Sharp("THSTensor_grad");
    private static readonly delegate* unmanaged<nint, void> s_dispose = (delegate* unmanaged<nint, void>)LibTorch.Sharp("THSTensor_dispose");

    /// <summary>Where a tensor's first element lies; good as long as the tensor lives and is not given other memory.</summary>
    /// <param name="tensor">A tensor on the CPU.</param>
    public static void* Of(Tensor tensor)
    {
        var memory = s_data(tensor.Handle);
        GC.KeepAlive(tensor);
        return memory;
    }

    /// <summary>A native handle of a tensor's gradient, or 0 where it has none; give it to <see cref="Free"/>.</summary>
    public static nint GradientOf(Tensor tensor)
    {
        var gradient = s_grad(tensor.Handle);
        GC.KeepAlive(tensor);
        return gradient;
    }

    /// <summary>Where the first element of a handle's tensor lies.</summary>
    public static void* Of(nint handle) => s_data(handle);

    /// <summary>Lets go of a handle.</summary>
    public static void Free(nint handle) => s_dispose(handle);
}
