using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Dsd.Torch;

namespace Dsd.Cli;

/// <summary>Installs libtorch's CPU build from the user's NuGet sources into the folder where TorchSharp finds it.</summary>
/// <remarks>
/// NuGet itself downloads and verifies it, in a project with one reference and a lock file that pins the package's hash. It is
/// unpacked beside its final location, and renamed when complete.
/// </remarks>
internal static partial class TorchInstall
{
    private const string LicenceFile = "LICENSE-LIBTORCH.txt";

    /// <summary>Loads libtorch; if it is missing, the error names the command that installs it.</summary>
    /// <exception cref="DsdException">libtorch is missing or cannot be loaded.</exception>
    public static void Load()
    {
        try
        {
            TorchRuntime.Configure();
        }
        catch (DsdException e) when (!LibTorchChoice.IsNamed && LibTorchPackage.Folder is null)
        {
            throw new DsdException(
                LibTorchPackage.InstallFolderProblem is { } problem && Directory.Exists(LibTorchPackage.InstallFolder)
                    ? $"{LibTorchPackage.InstallFolder} is not used: {problem}. Another user could have put a library there that this process would run."
                    : $"libtorch {LibTorchPackage.Version} for {LibTorchPackage.Platform} is not installed; 'dsd torch install' installs it{Sizes()}{(OperatingSystem.IsLinux() ? $", and '--libtorch {LibTorchChoice.PyTorch}' uses that of an installed PyTorch" : "")}.",
                e);
        }
    }

    /// <summary>Throws if libtorch is missing, or the one that is named does not fit, without loading it.</summary>
    /// <exception cref="DsdException">libtorch is missing or does not fit.</exception>
    public static void Require()
    {
        if (LibTorchChoice.OfEnvironment() is null && LibTorchPackage.Folder is null)
        {
            Load();
        }
    }

    /// <summary>Downloads, verifies and unpacks libtorch, unless it is already installed.</summary>
    /// <param name="sources">The NuGet sources to use; empty for the configured ones.</param>
    /// <param name="say">Receives a line about each step.</param>
    /// <param name="cancellation">Stops the download; nothing is left behind.</param>
    /// <returns>The folder of the libraries.</returns>
    /// <exception cref="DsdException">There is no package for this platform, it cannot be downloaded, or its hash is wrong.</exception>
    public static string Run(IReadOnlyList<string> sources, Action<string> say, CancellationToken cancellation)
    {
        if (LibTorchPackage.Folder is { } present)
        {
            return present;
        }

        if (LibTorchPackage.Version != TorchDownload.Version || !TorchDownload.Known.TryGetValue(LibTorchPackage.Platform, out var download))
        {
            throw new DsdException(
                $"There is no libtorch {LibTorchPackage.Version} for {LibTorchPackage.Platform}; TorchSharp runs on {string.Join(", ", TorchDownload.Known.Keys)}.");
        }

        var target = Target();
        if (LibTorchPackage.InstallFolderProblem is { } problem)
        {
            throw new DsdException($"libtorch cannot be installed in {target}: {problem}. Another user could exchange the libraries. Set {(OperatingSystem.IsMacOS() ? "HOME" : "HOME or XDG_DATA_HOME")} to a folder of your own.");
        }

        var parent = Directory.CreateDirectory(Path.GetDirectoryName(target)!).FullName;
        var work = Path.Combine(parent, $".{Path.GetFileName(target)}.{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(work);
            say($"Downloading {LibTorchPackage.Id} {LibTorchPackage.Version}: {download.Sizes}");
            Restore(work, download, sources, cancellation);
            var package = Path.Combine(work, "packages", LibTorchPackage.Id, LibTorchPackage.Version);
            var libraries = Path.Combine(package, "runtimes", LibTorchPackage.Platform, "native");
            File.Move(Path.Combine(package, LicenceFile), Path.Combine(libraries, LicenceFile));
            ForThisUserOnly(libraries);
            Directory.Move(libraries, target);
        }
        catch (IOException) when (LibTorchPackage.Folder is not null)
        {
            // Another process was faster and installed the same libraries.
        }
        finally
        {
            if (Directory.Exists(work))
            {
                Directory.Delete(work, recursive: true);
            }
        }

        return target;
    }

    /// <summary>Deletes the libraries that <see cref="Run"/> installed.</summary>
    /// <returns>The deleted folder, or null if there was none.</returns>
    public static string? Remove()
    {
        if (LibTorchPackage.InstallFolder is not { } folder || !Directory.Exists(folder))
        {
            return null;
        }

        // A partially deleted libtorch must not be found: rename the folder first.
        var dying = $"{folder}.{Environment.ProcessId}.removed";
        Directory.Move(folder, dying);
        Directory.Delete(dying, recursive: true);
        return folder;
    }

    /// <summary>Takes from others the permission to write, which a umask may have given.</summary>
    private static void ForThisUserOnly(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            foreach (var path in Directory.EnumerateFiles(folder).Append(folder))
            {
                File.SetUnixFileMode(path, File.GetUnixFileMode(path) & ~(UnixFileMode.GroupWrite | UnixFileMode.OtherWrite));
            }
        }
    }

    private static string Sizes() => TorchDownload.Known.TryGetValue(LibTorchPackage.Platform, out var download) ? $" ({download.Sizes})" : "";

    private static string Target() => LibTorchPackage.InstallFolder
        ?? throw new DsdException("There is no folder to install libtorch into, because this user has no home folder; set HOME.");

    private static void Restore(string work, TorchDownload download, IReadOnlyList<string> sources, CancellationToken cancellation)
    {
        var project = Path.Combine(work, "libtorch.csproj");
        File.WriteAllText(project, Project);
        File.WriteAllText(Path.Combine(work, "packages.lock.json"), LockFile(download));

        // Keep parent folders from affecting this restore or the choice of the SDK.
        foreach (var name in new[] { "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props" })
        {
            File.WriteAllText(Path.Combine(work, name), "<Project />");
        }

        File.WriteAllText(Path.Combine(work, "global.json"), "{}");
        var start = new ProcessStartInfo(DotNet())
        {
            WorkingDirectory = work,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] arguments = ["restore", project, "--packages", Path.Combine(work, "packages"), "--nologo", .. sources.SelectMany(s => new[] { "--source", s })];
        Array.ForEach(arguments, start.ArgumentList.Add);
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        var (code, output) = Wait(start, cancellation);
        cancellation.ThrowIfCancellationRequested();
        if (code != 0)
        {
            var errors = ErrorLine().Matches(output).Select(m => m.Groups["text"].Value.Trim()).Distinct().ToList();
            throw new DsdException(
                $"{LibTorchPackage.Id} {LibTorchPackage.Version} cannot be downloaded from {(sources.Count > 0 ? string.Join(", ", sources) : "the configured NuGet sources")}: "
                + $"{(errors.Count > 0 ? string.Join(" ", errors) : output.Trim())} Name another source with --source, or list the configured ones with 'dotnet nuget list source'.");
        }
    }

    private static (int Code, string Output) Wait(ProcessStartInfo start, CancellationToken cancellation)
    {
        try
        {
            using var process = Process.Start(start) ?? throw new DsdException("dotnet cannot be started.");
            using var stop = cancellation.Register(() => process.Kill(entireProcessTree: true));
            var (output, error) = (process.StandardOutput.ReadToEndAsync(CancellationToken.None), process.StandardError.ReadToEndAsync(CancellationToken.None));
            process.WaitForExit();
            return (process.ExitCode, output.Result + error.Result);
        }
        catch (Win32Exception e)
        {
            throw new DsdException("dotnet cannot be started; the .NET 10 SDK installs it, and PATH must name its folder.", e);
        }
    }

    private static string DotNet() =>
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host
        : Environment.ProcessPath is { } self && Path.GetFileNameWithoutExtension(self).Equals("dotnet", StringComparison.OrdinalIgnoreCase) ? self
        : "dotnet";

    private static string Project => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>
            <UseAppHost>false</UseAppHost>
            <RestorePackagesWithLockFile>true</RestorePackagesWithLockFile>
            <RestoreLockedMode>true</RestoreLockedMode>
            <RestoreFallbackFolders>clear</RestoreFallbackFolders>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="{LibTorchPackage.Id}" Version="[{LibTorchPackage.Version}]" />
          </ItemGroup>
        </Project>
        """;

    private static string LockFile(TorchDownload download) => $$"""
        {
          "version": 1,
          "dependencies": {
            "net10.0": {
              "{{LibTorchPackage.Id}}": {
                "type": "Direct",
                "requested": "[{{LibTorchPackage.Version}}, {{LibTorchPackage.Version}}]",
                "resolved": "{{LibTorchPackage.Version}}",
                "contentHash": "{{download.ContentHash}}"
              }
            }
          }
        }
        """;

    [GeneratedRegex(@"error (?<text>NU\d{4}:[^\r\n\[]*)")]
    private static partial Regex ErrorLine();
}
