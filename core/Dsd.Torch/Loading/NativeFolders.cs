using System.Reflection;
using System.Runtime.InteropServices;

namespace Dsd.Torch;

/// <summary>Finds the folders of TorchSharp's native libraries: in a built application, beside a referenced dll, or in NuGet's cache.</summary>
internal static class NativeFolders
{
    /// <summary>The platform as NuGet names it, e.g. <c>"linux-x64"</c>.</summary>
    public static string Platform { get; } =
        (OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")
        + "-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    /// <summary>The file name of a library on this operating system, e.g. <c>"libtorch_cpu.so"</c> for <c>"torch_cpu"</c>.</summary>
    /// <param name="library">The name without prefix and extension.</param>
    public static string FileName(string library) =>
        OperatingSystem.IsWindows() ? $"{library}.dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";

    /// <summary>Finds the first file with a name in the folders that are searched.</summary>
    /// <param name="torchSharp">The TorchSharp assembly that needs the library.</param>
    /// <param name="fileName">The name of the file.</param>
    /// <returns>Its full path, or null if no folder has it.</returns>
    public static string? Find(Assembly torchSharp, string fileName) =>
        Candidates(torchSharp).Select(folder => Path.Combine(folder, fileName)).FirstOrDefault(File.Exists);

    /// <summary>Finds the folder from which libtorch was loaded into this process.</summary>
    /// <returns>A full path; null if it was not loaded, or on systems other than Linux, which do not report it.</returns>
    public static string? Loaded()
    {
        const string maps = "/proc/self/maps";
        if (!OperatingSystem.IsLinux() || !File.Exists(maps))
        {
            return null;
        }

        var library = File.ReadLines(maps).FirstOrDefault(line =>
            line.EndsWith("/libtorch_cpu.so", StringComparison.Ordinal) || line.EndsWith("/libc10.so", StringComparison.Ordinal));
        return library is null ? null : Path.GetDirectoryName(library[library.IndexOf('/', StringComparison.Ordinal)..]);
    }

    /// <summary>Finds the file that a search by name opens first, before the system's loader is asked: in the host's folders, then beside TorchSharp; null if none has it.</summary>
    public static string? OfHost(Assembly torchSharp, string fileName) =>
        Told().Append(Path.GetDirectoryName(torchSharp.Location) ?? "").Where(f => f.Length > 0).Select(f => Path.Combine(f, fileName)).FirstOrDefault(File.Exists);

    /// <summary>The path of an existing file without any symbolic link, as <see cref="Loaded"/> names folders; on systems other than Linux the path as it is.</summary>
    public static string Real(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return path;
        }

        using var file = File.OpenHandle(path);
        return new FileInfo(FormattableString.Invariant($"/proc/self/fd/{file.DangerousGetHandle()}")).LinkTarget ?? path;
    }

    /// <summary>True if a search by name would find the system's libtorch, because none is in the host's search folders, as in scripts.</summary>
    public static bool SystemHasAnother()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        var name = FileName("torch_cpu");
        string[] system = ["/usr/local/lib", "/usr/lib", "/lib", "/usr/lib64", $"/usr/lib/{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64")}-linux-gnu"];
        var named = Environment.GetEnvironmentVariable("LD_LIBRARY_PATH")?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return !Told().Any(folder => File.Exists(Path.Combine(folder, name))) && named.Concat(system).Any(folder => File.Exists(Path.Combine(folder, name)));
    }

    /// <summary>The folders to search, in order.</summary>
    /// <param name="torchSharp">The TorchSharp assembly that needs the library.</param>
    public static IReadOnlyList<string> Candidates(Assembly torchSharp)
    {
        var inRuntimes = Path.Combine("runtimes", Platform, "native");
        var folders = new List<string>(Told());
        folders.Add(Path.Combine(AppContext.BaseDirectory, inRuntimes));
        folders.Add(AppContext.BaseDirectory);
        if (Path.GetDirectoryName(torchSharp.Location) is { Length: > 0 } beside)
        {
            folders.Add(Path.Combine(beside, inRuntimes));
            folders.Add(beside);

            // In NuGet's cache the dll is torchsharp/VERSION/lib/FRAMEWORK/TorchSharp.dll.
            var package = Path.GetFullPath(Path.Combine(beside, "..", ".."));
            if (Path.GetFileName(Path.GetDirectoryName(package)) == "torchsharp")
            {
                folders.AddRange(InPackages(torchSharp, Path.GetFullPath(Path.Combine(package, "..", ".."))));
            }
        }

        folders.AddRange(OfTheUser(torchSharp).Where(f => PathTrust.ProblemOfFolder(f) is null));
        return [.. folders.Distinct()];
    }

    /// <summary>The existing folders that are not searched, since others could have put a library there, each with the reason.</summary>
    /// <param name="torchSharp">The TorchSharp assembly that needs the library.</param>
    public static IReadOnlyList<(string Folder, string Problem)> Distrusted(Assembly torchSharp) =>
        [.. OfTheUser(torchSharp).Where(Directory.Exists).Select(f => (f, PathTrust.ProblemOfFolder(f))).Where(f => f.Item2 is not null).Select(f => (f.f, f.Item2!))];

    /// <summary>The folders that the environment names, by HOME, XDG_DATA_HOME or NUGET_PACKAGES; those before them are where the program itself comes from.</summary>
    private static IEnumerable<string> OfTheUser(Assembly torchSharp) =>
        InPackages(torchSharp, GlobalPackages()).Concat(LibTorchVersion(torchSharp) is { } version && Installed(version) is { } installed ? [installed] : []);

    /// <summary>The folder in the user's local application data that <c>dsd torch install</c> installs into; null for a user without such a folder.</summary>
    /// <param name="version">The version of libtorch.</param>
    public static string? Installed(string version)
    {
        var user = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.IsPathFullyQualified(user) ? Path.Combine(user, "dsd", "libtorch", $"{version}-{Platform}") : null;
    }

    /// <summary>The search folders that the host of the process lists.</summary>
    private static string[] Told() =>
        (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string)?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static IEnumerable<string> InPackages(Assembly torchSharp, string root)
    {
        var inRuntimes = Path.Combine("runtimes", Platform, "native");
        if (torchSharp.GetName().Version is { } version)
        {
            yield return Path.Combine(root, "torchsharp", version.ToString(3), inRuntimes);
        }

        if (LibTorchVersion(torchSharp) is { } libTorch)
        {
            yield return Path.Combine(root, $"libtorch-cpu-{Platform}", libTorch, inRuntimes);
        }
    }

    /// <summary>NuGet's global packages folder.</summary>
    private static string GlobalPackages() => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set
        ? set
        : Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify),
            ".nuget",
            "packages");

    /// <summary>The version of libtorch that TorchSharp was built for, read from metadata without running any of its code.</summary>
    internal static string? LibTorchVersion(Assembly torchSharp) => Constant(torchSharp, "libtorchPackageVersion") is { } version ? ThreePart(version) : null;

    /// <summary>The version of CUDA in the packages of that libtorch, e.g. <c>"12.8"</c>.</summary>
    internal static string? CudaVersion(Assembly torchSharp) => Constant(torchSharp, "cudaVersion");

    private static string? Constant(Assembly torchSharp, string name) => torchSharp.GetType("TorchSharp.torch")
        ?.GetField(name, BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.Static)
        ?.GetRawConstantValue() as string;

    // The constant reads 2.10.0.0 where the package is 2.10.0.
    private static string ThreePart(string version) =>
        Version.TryParse(version, out var parsed) && parsed.Build >= 0 && parsed.Revision <= 0 ? parsed.ToString(3) : version;
}
