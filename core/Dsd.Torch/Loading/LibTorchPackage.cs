using TorchSharp;

namespace Dsd.Torch;

/// <summary>The CPU build of libtorch that TorchSharp needs: its NuGet package, and the folder it is in on this machine.</summary>
/// <remarks>No member loads a native library.</remarks>
internal static class LibTorchPackage
{
    /// <summary>The platform as NuGet names it, e.g. <c>"linux-x64"</c>.</summary>
    public static string Platform => NativeFolders.Platform;

    /// <summary>The name of the package, e.g. <c>"libtorch-cpu-linux-x64"</c>.</summary>
    public static string Id => $"libtorch-cpu-{Platform}";

    /// <summary>The version that TorchSharp was built for, e.g. <c>"2.10.0"</c>.</summary>
    public static string Version { get; } = NativeFolders.LibTorchVersion(typeof(torch).Assembly)
        ?? throw new DsdException("This TorchSharp does not say which libtorch it was built for. Use TorchSharp 0.107.0.");

    /// <summary>The folder that <c>dsd torch install</c> installs the libraries into, searched by every program of this user; null for a user without local application data.</summary>
    public static string? InstallFolder => NativeFolders.Installed(Version);

    /// <summary>The folder that libtorch is loaded from; null if no searched folder has it.</summary>
    /// <remarks>Folders that only the operating system's loader searches, such as those in LD_LIBRARY_PATH, are not considered.</remarks>
    public static string? Folder => Path.GetDirectoryName(NativeFolders.Find(typeof(torch).Assembly, NativeFolders.FileName("torch_cpu")));

    /// <summary>The reason why <see cref="InstallFolder"/> is not searched: other users can write it, or a folder above; null if none can.</summary>
    public static string? InstallFolderProblem => InstallFolder is { } folder ? PathTrust.ProblemOfFolder(folder) : null;
}
