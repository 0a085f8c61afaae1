using System.Text.RegularExpressions;
using TorchSharp;

namespace Dsd.Torch;

/// <summary>A libtorch in a folder: whose it is and its versions, read from the files beside it. Nothing is loaded.</summary>
/// <param name="Folder">The folder of its libraries.</param>
/// <param name="IsPyTorch">True if it is part of an installed PyTorch.</param>
/// <param name="Version">Its version, e.g. <c>"2.11.0+cu130"</c>; null if nothing says it.</param>
/// <param name="HasCuda">True if it has the libraries for CUDA.</param>
/// <param name="Cuda">The version of CUDA that it was built for, e.g. <c>"13.0"</c>; null without CUDA, or if nothing says it.</param>
internal sealed partial record LibTorchBuild(string Folder, bool IsPyTorch, string? Version, bool HasCuda, string? Cuda)
{
    /// <summary>Its origin and version, e.g. <c>"PyTorch 2.11.0+cu130"</c>.</summary>
    public string Name => $"{(IsPyTorch ? "PyTorch" : "libtorch")} {Version ?? "of unknown version"}";

    /// <summary>Reads what is in a folder.</summary>
    /// <param name="folder">The full path of a folder that has libtorch's CPU library.</param>
    public static LibTorchBuild Of(string folder)
    {
        var hasCuda = File.Exists(Path.Combine(folder, NativeFolders.FileName("torch_cuda")));

        // Its files may be links into another folder, which then says what they are.
        var real = Path.GetDirectoryName(NativeFolders.Real(Path.Combine(folder, NativeFolders.FileName("torch_cpu"))));
        var (isPyTorch, version, cuda) = Versions(folder) ?? (real is null ? null : Versions(real)) ?? default;
        return new(folder, isPyTorch, version, hasCuda, hasCuda ? cuda ?? OfSuffix(version) : null);
    }

    /// <summary>Reads what this process uses: what is loaded, or else what TorchSharp would find; null if that is nothing.</summary>
    public static LibTorchBuild? Used() => (NativeLoading.Chosen?.Build.Folder ?? NativeFolders.Loaded() ?? LibTorchPackage.Folder) is { } folder ? Of(folder) : null;

    /// <summary>Formats origin, version and CUDA, e.g. <c>"PyTorch 2.11.0+cu130 with CUDA 13.0"</c>; without the folder, which is no part of a run.</summary>
    public override string ToString() => $"{Name} {(!HasCuda ? "without CUDA" : Cuda is null ? "with CUDA" : $"with CUDA {Cuda}")}";

    private static (bool IsPyTorch, string? Version, string? Cuda)? Versions(string folder)
    {
        // PyTorch: torch/lib and torch/version.py. A libtorch of its own: lib and build-version.
        var above = Path.GetDirectoryName(folder) ?? folder;
        if (Text(Path.Combine(above, "version.py")) is { } python && PythonVersion().Match(python) is { Success: true } match)
        {
            return (true, match.Groups["value"].Value, PythonCuda().Match(python) is { Success: true } cuda ? cuda.Groups["value"].Value : null);
        }

        if (Text(Path.Combine(above, "build-version"))?.Trim() is { Length: > 0 } version)
        {
            return (false, version, null);
        }

        if (Package().Match(folder.Replace('\\', '/')) is { Success: true } package)
        {
            return (false, package.Groups["version"].Value, package.Groups["cuda"] is { Success: true } named ? named.Value : null);
        }

        return NativeFolders.Candidates(typeof(torch).Assembly).Any(f => Path.TrimEndingDirectorySeparator(f) == folder)
            ? (false, NativeFolders.LibTorchVersion(typeof(torch).Assembly), NativeFolders.CudaVersion(typeof(torch).Assembly))
            : null;
    }

    private static string? Text(string path) => File.Exists(path) ? File.ReadAllText(path) : null;

    /// <summary>The CUDA version that a version such as 2.11.0+cu130 ends with.</summary>
    private static string? OfSuffix(string? version) =>
        version is not null && CudaSuffix().Match(version) is { Success: true } match ? $"{match.Groups["major"].Value}.{match.Groups["minor"].Value}" : null;

    [GeneratedRegex(@"^__version__\s*(:[^=\n]*)?=\s*['""](?<value>[^'""\n]+)['""]", RegexOptions.Multiline)]
    private static partial Regex PythonVersion();

    [GeneratedRegex(@"^cuda\s*(:[^=\n]*)?=\s*['""](?<value>\d+\.\d+)[^'""\n]*['""]", RegexOptions.Multiline)]
    private static partial Regex PythonCuda();

    [GeneratedRegex(@"\+cu(?<major>\d{2})(?<minor>\d)$")]
    private static partial Regex CudaSuffix();

    [GeneratedRegex(@"/libtorch-(cpu|cuda-(?<cuda>\d+\.\d+))[^/]*/(?<version>\d+\.\d+\.\d+)[^/]*/runtimes/[^/]+/native/?$")]
    private static partial Regex Package();
}
