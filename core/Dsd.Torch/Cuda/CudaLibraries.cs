using System.Runtime.InteropServices;

namespace Dsd.Torch;

/// <summary>Functions of the driver, of NVRTC and of libtorch's CUDA part that TorchSharp does not expose.</summary>
internal static unsafe class CudaLibraries
{
    private static readonly Lazy<nint> s_driver = new(() => NativeLibrary.TryLoad(CudaDriver.Library, out var driver) ? driver : 0);
    private static readonly Lazy<nint> s_nvrtc = new(() => Loaded("nvrtc", ["libnvrtc.so.13", "libnvrtc.so.12", "nvrtc64_130_0.dll", "nvrtc64_120_0.dll"]));
    private static readonly Lazy<nint> s_runtime = new(() => Loaded("cudart", ["libcudart.so.13", "libcudart.so.12", "cudart64_13.dll", "cudart64_12.dll"]));
    private static readonly Lazy<nint> s_cuDnn = new(() => Loaded("cudnn", ["libcudnn.so.9", "cudnn64_9.dll"]));
    private static readonly Lazy<nint> s_torch = new(() => Loaded("torch_cuda", [NativeFolders.FileName("torch_cuda")]));
    private static readonly Lazy<nint> s_c10 = new(() => Loaded("c10_cuda", [NativeFolders.FileName("c10_cuda")]));

    /// <summary>Gets a function of the driver.</summary>
    /// <exception cref="DsdException">There is no driver, or it lacks the function.</exception>
    public static void* Driver(string name) => Find(s_driver.Value, name, "The NVIDIA driver");

    /// <summary>Gets a function of the driver; null if there is none.</summary>
    public static void* TryDriver(string name) => TryFind(s_driver.Value, name);

    /// <summary>Gets a function of cuDNN; null if there is none.</summary>
    public static void* CuDnn(string name) => TryFind(s_cuDnn.Value, name);

    /// <summary>Gets a function of NVRTC, which comes with libtorch.</summary>
    /// <exception cref="DsdException">It is not found, or lacks the function.</exception>
    public static void* Nvrtc(string name) => Find(s_nvrtc.Value, name, "NVRTC, the compiler for GPUs that comes with libtorch,");

    /// <summary>Gets a function of libtorch's CUDA part by its mangled name; null if there is none.</summary>
    public static void* Torch(string name) => TryFind(s_torch.Value, name);

    /// <summary>Gets a function of its base library by its mangled name; null if there is none.</summary>
    public static void* C10(string name) => TryFind(s_c10.Value, name);

    /// <summary>Gets a function of CUDA's runtime; null if there is none.</summary>
    public static void* Runtime(string name) => TryFind(s_runtime.Value, name);

    /// <summary>Returns the stream on which libtorch queues the work of this thread; 0 is the default stream.</summary>
    /// <param name="device">The number of the GPU.</param>
    public static nint Stream(int device) => Handle(CurrentStream(device));

    /// <summary>Returns the same stream as libtorch passes it.</summary>
    /// <param name="device">The number of the GPU.</param>
    public static StreamWords CurrentStream(int device) => ((delegate* unmanaged<sbyte, StreamWords>)Find(s_c10.Value, "_ZN3c104cuda20getCurrentCUDAStreamEa", "libtorch"))((sbyte)device);

    /// <summary>Returns CUDA's handle of a stream.</summary>
    public static nint Handle(StreamWords stream) => ((delegate* unmanaged<StreamWords*, nint>)Find(s_c10.Value, "_ZNK3c104cuda10CUDAStream6streamEv", "libtorch"))(&stream);

    /// <summary>Lists the folders in which a library of CUDA can lie, given those from which some were loaded: PyTorch's packages have a folder each.</summary>
    /// <param name="loaded">The paths of loaded libraries.</param>
    internal static IEnumerable<string> Folders(IEnumerable<string> loaded) => loaded
        .Where(path => Path.GetFileName(path) is var name && (name.StartsWith("libcudart", StringComparison.Ordinal) || name.StartsWith("libcublas", StringComparison.Ordinal) || name.StartsWith("libtorch_cuda", StringComparison.Ordinal)))
        .Select(path => Path.GetDirectoryName(path)!)
        .Distinct()
        .SelectMany(folder => (string[])[folder, .. Beside(folder)])
        .Distinct();

    private static IEnumerable<string> Beside(string folder) =>
        Path.GetFullPath(Path.Combine(folder, "..", "..")) is var packages && Path.GetFileName(folder) == "lib" && Path.GetFileName(packages) == "nvidia"
            ? Directory.EnumerateDirectories(packages).Select(p => Path.Combine(p, "lib")).Where(Directory.Exists).Order(StringComparer.Ordinal)
            : [];

    private static void* TryFind(nint library, string name) => library != 0 && NativeLibrary.TryGetExport(library, name, out var function) ? (void*)function : null;

    private static void* Find(nint library, string name, string owner) => TryFind(library, name) is var function && function is not null
        ? function
        : throw new DsdException(library == 0 ? $"{owner} is not found." : $"{owner} has no function {name}.");

    /// <summary>Finds a library: the copy that is loaded, else one beside those of CUDA that are, under whatever ending its file has, else one that the system finds by name.</summary>
    private static nint Loaded(string library, string[] names)
    {
        var mapped = Mapped().ToList();
        var prefix = $"lib{library}";
        bool IsOne(string path) => Path.GetFileName(path) is var name && name.StartsWith(prefix, StringComparison.Ordinal) && name.Length > prefix.Length && name[prefix.Length] is '.' or '-';
        var files = mapped.Where(IsOne).Concat(OperatingSystem.IsLinux() ? Folders(mapped).SelectMany(folder => Directory.EnumerateFiles(folder, $"{prefix}*.so*").Where(IsOne).OrderDescending(StringComparer.Ordinal)) : []);
        foreach (var file in files.Concat(names))
        {
            if (NativeLibrary.TryLoad(file, out var found))
            {
                return found;
            }
        }

        return 0;
    }

    private static IEnumerable<string> Mapped()
    {
        const string maps = "/proc/self/maps";
        return OperatingSystem.IsLinux() && File.Exists(maps)
            ? File.ReadLines(maps).Where(l => l.Contains('/', StringComparison.Ordinal)).Select(l => l[l.IndexOf('/', StringComparison.Ordinal)..]).Distinct()
            : [];
    }
}
