using System.Runtime.InteropServices;

namespace Dsd.Torch;

/// <summary>Sees to it that training on the CPU is right, and does not spend its time asking the system for memory.</summary>
public static unsafe class CpuBackend
{
    // From malloc.h of the GNU C library.
    private const int TrimThreshold = -1;
    private const int MmapThreshold = -3;

    private static readonly Lock s_lock = new();
    private static bool s_done;
    private static delegate* unmanaged<void*, byte, void> s_enableOneDnn;
    private static void* s_context;

    /// <summary>Whether oneDNN is off here unless <see cref="UseOneDnn"/> switches it on for a while.</summary>
    public static bool SwitchesOneDnn { get; private set; }

    /// <summary>Sets up this process, once; libtorch must be loaded or loadable.</summary>
    /// <remarks>
    /// <para>On Linux x64, oneDNN is switched off: the one in libtorch 2.10 (3.7.1) leaves padding in its blocked layouts
    /// unwritten where the number of channels is not a multiple of the block. With 20 and 50 channels, as in LeNet-5, outputs
    /// and gradients were off by a third of their size, or NaN, depending on what lay in memory before. libtorch's own kernels
    /// are right, and slower. Training.Computation switches it on for a step, after it has checked each layer.</para>
    /// <para>With the GNU C library, freed memory stays with the process. Own kernels unfold images into blocks of tens of
    /// megabytes, which would go back to the system and be asked for again, page by page, at every layer.</para>
    /// <para>MKL is brought to use all of the processor (<see cref="MklKernels"/>), unless a product was computed before.</para>
    /// </remarks>
    /// <exception cref="DsdException">libtorch does not offer the switch, on Linux x64 where the fault was seen.</exception>
    public static void Prepare()
    {
        lock (s_lock)
        {
            if (s_done || !OperatingSystem.IsLinux())
            {
                return;
            }

            KeepFreedMemory();
            MklKernels.Widen();
            if (RuntimeInformation.ProcessArchitecture == Architecture.X64)
            {
                UseOwnConvolutions();
            }

            s_done = true;
        }
    }

    /// <summary>Switches oneDNN on or off, for the whole process, where <see cref="SwitchesOneDnn"/>; elsewhere nothing happens.</summary>
    public static void UseOneDnn(bool use)
    {
        if (SwitchesOneDnn)
        {
            s_enableOneDnn(s_context, use ? (byte)1 : (byte)0);
        }
    }

    private static void UseOwnConvolutions()
    {
        var context = (delegate* unmanaged<void*>)LibTorch.Cpu("_ZN2at13globalContextEv");
        var enable = (delegate* unmanaged<void*, byte, void>)LibTorch.Cpu("_ZN2at7Context20setUserEnabledMkldnnEb");
        if (context is null || enable is null)
        {
            throw new DsdException("libtorch has no switch for oneDNN, whose convolutions cannot be trusted in this version. Use TorchSharp 0.107.0 with libtorch 2.10.");
        }

        s_context = context();
        s_enableOneDnn = enable;
        SwitchesOneDnn = true;
        UseOneDnn(false);
        var enableNnpack = (delegate* unmanaged<void*, byte, void>)LibTorch.Cpu("_ZN2at7Context20setUserEnabledNNPACKEb");
        if (enableNnpack is not null)
        {
            // Next in line would be NNPACK, which prints a warning for every convolution on processors it does not know.
            enableNnpack(s_context, 0);
        }
    }

    private static void KeepFreedMemory()
    {
        // Other C libraries lack the call; there is nothing to tune there.
        if (NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, "mallopt", out var mallopt))
        {
            var set = (delegate* unmanaged<int, int, int>)mallopt;
            if (set(MmapThreshold, 1 << 30) != 0)
            {
                set(TrimThreshold, int.MaxValue);
            }
        }
    }
}
