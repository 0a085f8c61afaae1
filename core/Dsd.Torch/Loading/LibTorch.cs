using System.Runtime.InteropServices;
using TorchSharp;

namespace Dsd.Torch;

/// <summary>Functions of the loaded libraries that TorchSharp has but does not offer.</summary>
internal static unsafe class LibTorch
{
    private static readonly Lazy<nint> s_sharp = new(() => Loaded("LibTorchSharp"));
    private static readonly Lazy<nint> s_cpu = new(() => Loaded("torch_cpu"));

    /// <summary>A function of TorchSharp's own native library, which has plain C names.</summary>
    /// <exception cref="DsdException">It is not there: another TorchSharp than the one this library was built for.</exception>
    public static void* Sharp(string name)
    {
        var function = Find(s_sharp.Value, name);
        return function is not null ? function : throw new DsdException($"TorchSharp's native library has no function {name}. Use TorchSharp 0.107.0.");
    }

    /// <summary>A function of libtorch, or of a library that it uses, by its mangled name; null where it has none of that name, as on Windows.</summary>
    public static void* Cpu(string name) => Find(s_cpu.Value, name);

    private static void* Find(nint library, string name) =>
        library != 0 && NativeLibrary.TryGetExport(library, name, out var function) ? (void*)function : null;

    private static nint Loaded(string name)
    {
        // Touching TorchSharp loads libtorch from where it should come; by its name the same one is found again.
        _ = torch.get_num_threads();
        return NativeLibrary.TryLoad(NativeFolders.FileName(name), out var library) ? library : 0;
    }
}
