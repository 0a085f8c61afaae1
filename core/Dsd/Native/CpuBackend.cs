using System.Runtime.InteropServices;

namespace Dsd.Native;

/// <summary>Sees to it that training on the CPU is right, and does not spend its time asking the system for memory.</summary>
public static unsafe class CpuBackend
{
    // From malloc.h of the GNU C library.
    private const int TrimThreshold = -1;
    private const int MmapThreshold = -3;

    private static readonly Lock s_lock = new();
    private static bool s_done;

    /// <summary>Sets up this process, once; libtorch must be loaded or loadable.</summary>
    /// <remarks>
    /// <para>On Linux x64, oneDNN is switched off for good: the one in libtorch 2.10 (3.7.1) leaves padding in its blocked
    /// layouts unwritten where the number of channels is not a multiple of the block. With 20 and 50 channels, as in LeNet-5,
    /// outputs and gradients were off by a third of their size, or NaN, depending on what lay in memory before. libtorch's own
    /// kernels are right, and slower.</para>
    /// <para>With the GNU C library, freed memory stays with the process. Own kernels unfold images into blocks of tens of
    /// megabytes, which would go back to the system and be asked for again, page by page, at every layer.</para>
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
            if (RuntimeInformation.ProcessArchitecture == Architecture.X64)
            {
                UseOwnConvolutions();
            }

            s_done = true;
        }
    }

    private static void UseOwnConvolutions()
    {
        // Touching TorchSharp loads libtorch from where it should come; by its name the same one is found again.
        _ = TorchSharp.torch.get_num_threads();
        if (!NativeLibrary.TryLoad("libtorch_cpu.so", out var library)
            || !NativeLibrary.TryGetExport(library, "_ZN2at13globalContextEv", out var context)
            || !NativeLibrary.TryGetExport(library, "_ZN2at7Context20setUserEnabledMkldnnEb", out var enable))
        {
            throw new DsdException("libtorch has no switch for oneDNN, whose convolutions cannot be trusted in this version. Use TorchSharp 0.107.0 with libtorch 2.10.");
        }

        ((delegate* unmanaged<void*, byte, void>)enable)(((delegate* unmanaged<void*>)context)(), 0);
        if (NativeLibrary.TryGetExport(library, "_ZN2at7Context20setUserEnabledNNPACKEb", out var enableNnpack))
        {
            // Next in line would be NNPACK, which prints a warning for every convolution on processors it does not know.
            ((delegate* unmanaged<void*, byte, void>)enableNnpack)(((delegate* unmanaged<void*>)context)(), 0);
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
