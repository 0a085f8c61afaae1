using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace Dsd.Torch;

/// <summary>Automatic mixed precision of libtorch, which TorchSharp does not expose: operators that benefit from bf16 receive their inputs cast to bf16.</summary>
/// <remarks>It applies to the calling thread. For the operators see PyTorch's documentation, "Automatic Mixed Precision", autocast op reference.</remarks>
internal static unsafe class Autocast
{
    private const sbyte BFloat16 = 15;
    private static readonly delegate* unmanaged<sbyte, byte, void> s_enable = (delegate* unmanaged<sbyte, byte, void>)LibTorch.Cpu("_ZN2at8autocast20set_autocast_enabledEN3c1010DeviceTypeEb");
    private static readonly delegate* unmanaged<sbyte, sbyte, void> s_setType = (delegate* unmanaged<sbyte, sbyte, void>)LibTorch.Cpu("_ZN2at8autocast18set_autocast_dtypeEN3c1010DeviceTypeENS1_10ScalarTypeE");
    private static readonly delegate* unmanaged<int> s_enter = (delegate* unmanaged<int>)LibTorch.Cpu("_ZN2at8autocast17increment_nestingEv");
    private static readonly delegate* unmanaged<int> s_leave = (delegate* unmanaged<int>)LibTorch.Cpu("_ZN2at8autocast17decrement_nestingEv");
    private static readonly delegate* unmanaged<void> s_clear = (delegate* unmanaged<void>)LibTorch.Cpu("_ZN2at8autocast11clear_cacheEv");

    /// <summary>True if the loaded libtorch exports it under the names used on Linux and macOS.</summary>
    public static bool IsAvailable => s_enable is not null && s_setType is not null && s_enter is not null && s_leave is not null && s_clear is not null;

    /// <summary>True if the processor has bf16 instructions, without which bf16 is slower than fp32; null if that is unknown.</summary>
    public static bool? ProcessorHasBf16 => RuntimeInformation.ProcessArchitecture == Architecture.X64 && X86Base.IsSupported ? X64HasBf16() : null;

    /// <summary>Enables autocast; weights are cast once until <see cref="End"/>.</summary>
    public static void Begin(DeviceType device)
    {
        s_setType((sbyte)device, BFloat16);
        s_enable((sbyte)device, 1);
        s_enter();
    }

    /// <summary>Disables autocast after <see cref="Begin"/> and frees the cast weights.</summary>
    public static void End(DeviceType device)
    {
        s_enable((sbyte)device, 0);
        if (s_leave() == 0)
        {
            s_clear();
        }
    }

    /// <summary>Suspends or resumes autocast between <see cref="Begin"/> and <see cref="End"/>.</summary>
    public static void Set(DeviceType device, bool on) => s_enable((sbyte)device, on ? (byte)1 : (byte)0);

    private static bool X64HasBf16()
    {
        // Leaf 7: AMX-BF16 is bit 22 of EDX in subleaf 0, AVX512_BF16 bit 5 of EAX in subleaf 1.
        const int leaf = 7;
        if (X86Base.CpuId(0, 0).Eax < leaf)
        {
            return false;
        }

        return (X86Base.CpuId(leaf, 0).Edx >> 22 & 1) != 0 || (X86Base.CpuId(leaf, 1).Eax >> 5 & 1) != 0;
    }
}
