using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Torch;

/// <summary>Accesses the memory of tensors and of their gradients without allocating an object per access.</summary>
internal static unsafe class TensorMemory
{
    private static readonly delegate* unmanaged<nint, void*> s_data = (delegate* unmanaged<nint, void*>)LibTorch.Sharp("THSTensor_data");
    private static readonly delegate* unmanaged<nint, nint> s_grad = (delegate* unmanaged<nint, nint>)LibTorch.Sharp("THSTensor_grad");
    private static readonly delegate* unmanaged<nint, nint, void> s_setGrad = (delegate* unmanaged<nint, nint, void>)LibTorch.Sharp("THSTensor_set_grad");
    private static readonly delegate* unmanaged<nint, void> s_dispose = (delegate* unmanaged<nint, void>)LibTorch.Sharp("THSTensor_dispose");
    private static readonly delegate* unmanaged<nint, byte> s_type = (delegate* unmanaged<nint, byte>)LibTorch.Sharp("THSTensor_type");
    private static readonly delegate* unmanaged<nint, byte> s_isCpu = (delegate* unmanaged<nint, byte>)LibTorch.Sharp("THSTensor_is_cpu");
    private static readonly delegate* unmanaged<nint, byte> s_isSparse = (delegate* unmanaged<nint, byte>)LibTorch.Sharp("THSTensor_is_sparse");
    private static readonly delegate* unmanaged<nint, byte> s_isContiguous = (delegate* unmanaged<nint, byte>)LibTorch.Sharp("THSTensor_is_contiguous");
    private static readonly delegate* unmanaged<nint, long> s_count = (delegate* unmanaged<nint, long>)LibTorch.Sharp("THSTensor_numel");
    private static readonly delegate* unmanaged<nint, void> s_bump = (delegate* unmanaged<nint, void>)LibTorch.Cpu("_ZN5torch8autograd4impl12bump_versionERKN2at6TensorE");

    /// <summary>The address of a tensor's first element; valid while the tensor lives and keeps its storage.</summary>
    /// <param name="tensor">A tensor; the address of one on a GPU is only for kernels there.</param>
    public static void* Of(Tensor tensor)
    {
        var memory = s_data(tensor.Handle);
        GC.KeepAlive(tensor);
        return memory;
    }

    /// <summary>Gets a native handle of a tensor's gradient, or 0 if it has none; release it with <see cref="Free"/>.</summary>
    public static nint GradientOf(Tensor tensor)
    {
        var gradient = s_grad(tensor.Handle);
        GC.KeepAlive(tensor);
        return gradient;
    }

    /// <summary>Removes a tensor's gradient; the next backward pass creates a new one.</summary>
    public static void DropGradient(Tensor tensor)
    {
        s_setGrad(tensor.Handle, 0);
        GC.KeepAlive(tensor);
    }

    /// <summary>The address of the first element of a handle's tensor.</summary>
    public static void* Of(nint handle) => s_data(handle);

    /// <summary>The number of elements of a handle's tensor.</summary>
    public static long CountOf(nint handle) => s_count(handle);

    /// <summary>Releases a handle.</summary>
    public static void Free(nint handle) => s_dispose(handle);

    /// <summary>True if a handle's tensor is dense, contiguous 32-bit floats in CPU memory.</summary>
    public static bool IsPlainFloat(nint handle) => s_isCpu(handle) != 0 && IsFloatRow(handle);

    /// <summary>True if a handle's tensor is dense, contiguous 32-bit floats in the memory of any device.</summary>
    public static bool IsFloatRow(nint handle) => s_type(handle) == (byte)ScalarType.Float32 && s_isSparse(handle) == 0 && s_isContiguous(handle) != 0;

    /// <summary>True if a tensor is on a device; a device without a number is any of its kind.</summary>
    public static bool IsOn(Tensor tensor, Device device) =>
        tensor.device_type == device.type && (device.type == DeviceType.CPU || device.index < 0 || tensor.device_index == device.index);

    /// <summary>Increments a tensor's autograd version after a write to its memory, so that a backward pass that needs the old values fails.</summary>
    public static void Written(Tensor tensor)
    {
        if (s_bump is not null)
        {
            s_bump(tensor.Handle);
            GC.KeepAlive(tensor);
        }
    }
}
