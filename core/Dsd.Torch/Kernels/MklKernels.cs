using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Dsd.Torch;

/// <summary>Lets MKL, libtorch's library for matrix products, use 512-bit vectors on any processor that has them.</summary>
/// <remarks>
/// MKL chooses its kernels once, at its first product. On processors not made by Intel it takes the 256-bit kernels whatever the
/// processor supports, and no documented setting of MKL changes that. A variable of MKL caches whether the vendor is Intel; it is
/// set here before the choice is made. The 512-bit kernels still check the processor's features. If MKL's functions do not look as
/// expected, or the choice has been made already, nothing is changed.
/// </remarks>
internal static unsafe class MklKernels
{
    private const int Undecided = -1;

    /// <summary>The variable in which MKL caches whether the vendor is Intel: −1 before detection, then 0 or 1; null if MKL is not as expected.</summary>
    public static int? BelievesIntel => IntelVariable() is var variable && variable is not null ? *variable : null;

    /// <summary>Selects the 512-bit kernels where possible; libtorch must be loaded.</summary>
    public static Intervention Widen()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return Intervention.NotApplicable("known on Linux x64 alone");
        }

        if (IsIntel || !HasAvx512)
        {
            return Intervention.NotApplicable(IsIntel ? "MKL chooses its widest kernels on Intel's processors by itself" : "the processor has no vectors of 512 bits");
        }

        var believesIntel = IntelVariable();
        var choice = Variable("mkl_serv_cpu_detect", [0x83, 0x3D], [0x00, 0x78], trailing: 1);
        if (believesIntel is null || choice is null)
        {
            return Intervention.NotApplicable("MKL is missing or not as expected");
        }

        if (*choice != Undecided || *believesIntel is not (Undecided or 0))
        {
            return Intervention.NotApplicable("MKL had chosen its kernels before, at a product of matrices");
        }

        *believesIntel = 1;
        return Intervention.Applied("MKL computes with vectors of 512 bits");
    }

    // The first four letters of "GenuineIntel".
    private static bool IsIntel => X86Base.CpuId(0, 0).Ebx == BitConverter.ToInt32("Genu"u8);

    private static int* IntelVariable() => Variable("mkl_serv_intel_cpu_true", [0x8B, 0x05], [0x85, 0xC0, 0x78, 0x01, 0xC3], trailing: 0);

    private static bool HasAvx512 => Avx512F.VL.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512CD.IsSupported;

    /// <summary>Finds the variable that a function's first instruction reads; null if the instruction is a different one.</summary>
    /// <param name="function">The function.</param>
    /// <param name="before">The instruction's bytes before the variable's offset, which is relative to the end of the instruction.</param>
    /// <param name="after">The bytes after it.</param>
    /// <param name="trailing">The number of those bytes that belong to the instruction.</param>
    private static int* Variable(string function, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, int trailing)
    {
        var code = (byte*)LibTorch.Cpu(function);
        if (code is null)
        {
            return null;
        }

        var place = code + before.Length;
        var end = place + sizeof(int);
        var isExpected = before.SequenceEqual(new(code, before.Length)) && after.SequenceEqual(new(end, after.Length));
        return isExpected ? (int*)(end + trailing + *(int*)place) : null;
    }
}
