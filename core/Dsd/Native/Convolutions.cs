using System.Runtime.InteropServices;

namespace Dsd.Native;

/// <summary>Sees to it that convolutions on the CPU are computed right.</summary>
/// <remarks>
/// The oneDNN in libtorch 2.10 (3.7.1) leaves padding in its blocked layouts unwritten where the number of channels is not a
/// multiple of the block: with 20 and 50 channels, as in LeNet-5, outputs and gradients were off by a third of their size, or
/// NaN, depending on what lay in memory before. libtorch's own kernels are right and somewhat slower, so they are used instead.
/// </remarks>
public static unsafe class Convolutions
{
    private static readonly Lock s_lock = new();
    private static bool s_done;

    /// <summary>Switches oneDNN off for this process, once; libtorch must be loaded or loadable.</summary>
    /// <exception cref="DsdException">libtorch does not offer the switch, on Linux x64 where the fault was seen.</exception>
    public static void UseOwnKernels()
    {
        lock (s_lock)
        {
            if (s_done || !OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
            {
                return;
            }

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

            s_done = true;
        }
    }
}
