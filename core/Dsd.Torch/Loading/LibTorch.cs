using System.Runtime.InteropServices;
using TorchSharp;

namespace Dsd.Torch;

/// <summary>Native functions of the loaded libraries that TorchSharp does not expose.</summary>
internal static unsafe class LibTorch
{
    private static readonly Lazy<nint> s_sharp = new(() => Loaded("LibTorchSharp"));
    private static readonly Lazy<nint> s_cpu = new(() => Loaded("torch_cpu"));

    /// <summary>Gets a function of TorchSharp's native library by its C name.</summary>
    /// <exception cref="DsdException">The function is missing: TorchSharp is not the version this library was built for.</exception>
    public static void* Sharp(string name)
    {
        var function = Find(s_sharp.Value, name);
        return function is not null ? function : throw new DsdException($"TorchSharp's native library has no function {name}. Use TorchSharp 0.107.0.");
    }

    /// <summary>Gets a function of libtorch, or of a library that it uses, by its mangled name; null if there is none, as on Windows.</summary>
    public static void* Cpu(string name) => Find(s_cpu.Value, name);

    private static void* Find(nint library, string name) =>
        library != 0 && NativeLibrary.TryGetExport(library, name, out var function) ? (void*)function : null;

    private static nint Loaded(string name)
    {
        // The first use of TorchSharp loads the right libtorch; loading by name then finds the same one.
        _ = torch.get_num_threads();
        return NativeLibrary.TryLoad(NativeFolders.FileName(name), out var library) ? library : 0;
    }
}
