using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Dsd.Torch;

/// <summary>Lets MKL, by which libtorch multiplies matrices, use vectors of 512 bits on any processor that has them.</summary>
/// <remarks>
/// MKL chooses its kernels once, at its first product. On processors of other makers than Intel it takes those for 256 bits,
/// whatever the processor can do, and no setting that MKL documents changes that. It keeps in a variable whether the maker is
/// Intel; that variable is set here before the choice is made. The kernels for 512 bits then check the processor's features as
/// ever. Where MKL's functions do not look as expected, or the choice was made before, nothing is touched.
/// </remarks>
public static unsafe class MklKernels
{
    private const int Undecided = -1;

    /// <summary>Whether MKL was brought to use wider vectors than it would by itself.</summary>
    public static bool AreWidened { get; private set; }

    /// <summary>Widens them where that is possible; libtorch must be loaded.</summary>
    public static void Widen()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64 || !HasAvx512 || IsIntel)
        {
            return;
        }

        var believesIntel = Variable("mkl_serv_intel_cpu_true", [0x8B, 0x05], [0x85, 0xC0, 0x78, 0x01, 0xC3], trailing: 0);
        var choice = Variable("mkl_serv_cpu_detect", [0x83, 0x3D], [0x00, 0x78], trailing: 1);
        if (believesIntel is not null && choice is not null && *choice == Undecided && *believesIntel is Undecided or 0)
        {
            *believesIntel = 1;
            AreWidened = true;
        }
    }

    // The first four letters of "GenuineIntel".
    private static bool IsIntel => X86Base.CpuId(0, 0).Ebx == BitConverter.ToInt32("Genu"u8);

    private static bool HasAvx512 => Avx512F.VL.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512CD.IsSupported;

    /// <summary>The variable that a function's first instruction reads, or null where that is another instruction.</summary>
    /// <param name="function">The function.</param>
    /// <param name="before">The instruction's bytes before the place of the variable, which counts from the instruction's end.</param>
    /// <param name="after">The bytes after it.</param>
    /// <param name="trailing">How many of those belong to the instruction.</param>
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
