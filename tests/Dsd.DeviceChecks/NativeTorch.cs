using System.Runtime.InteropServices;
using System.Text;
using Dsd.Torch;

namespace Dsd.DeviceChecks;

/// <summary>Functions of libtorch that neither TorchSharp nor Dsd exposes; where one is missing, the answer is null.</summary>
internal static unsafe class NativeTorch
{
    // std::string as the C++ library of GCC lays it out: a pointer, a length, and room for short texts.
    private const int StringBytes = 32;

    /// <summary>How libtorch was built, with the versions of CUDA and cuDNN; null if it does not say.</summary>
    public static string? Config
    {
        get
        {
            var show = (delegate* unmanaged<byte*, void*>)LibTorch.Cpu("_ZN2at11show_configB5cxx11Ev");
            // The text is returned through a hidden first argument, which other processors pass otherwise.
            if (show is null || RuntimeInformation.ProcessArchitecture != Architecture.X64)
            {
                return null;
            }

            var text = stackalloc byte[StringBytes];
            _ = show(text);
            return Encoding.UTF8.GetString(*(byte**)text, (int)*(nint*)(text + sizeof(nint)));
        }
    }

    /// <summary>True if cuDNN is to use only algorithms that give the same bits each time; null if that is unknown.</summary>
    public static bool? DeterministicCuDnn
    {
        get
        {
            var context = Context();
            var get = (delegate* unmanaged<void*, byte>)LibTorch.Cpu("_ZNK2at7Context18deterministicCuDNNEv");
            return context is null || get is null ? null : get(context) != 0;
        }
    }

    /// <summary>Has cuDNN use only algorithms that give the same bits each time, or any.</summary>
    /// <returns>False if libtorch has no such function.</returns>
    public static bool UseDeterministicCuDnn(bool on)
    {
        var context = Context();
        var set = (delegate* unmanaged<void*, byte, void>)LibTorch.Cpu("_ZN2at7Context21setDeterministicCuDNNEb");
        if (context is null || set is null)
        {
            return false;
        }

        set(context, on ? (byte)1 : (byte)0);
        return true;
    }

    /// <summary>The folder from which libtorch was loaded; null if that is unknown.</summary>
    public static string? Folder => NativeFolders.Loaded();

    private static void* Context()
    {
        var get = (delegate* unmanaged<void*>)LibTorch.Cpu("_ZN2at13globalContextEv");
        return get is null ? null : get();
    }
}
