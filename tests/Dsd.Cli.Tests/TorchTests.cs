using System.IO.Compression;
using Dsd.Torch;

namespace Dsd.Cli.Tests;

/// <summary>Where the command finds libtorch, and how it gets it where it was installed without.</summary>
public sealed class TorchTests : IDisposable
{
    private static readonly string s_packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set
        ? set
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Torch_OfABuiltCommand_SaysWhereItIs()
    {
        var said = DsdProcess.Run(_folder.Root, "torch").Succeeded().Out;

        Assert.Contains($"libtorch {LibTorchPackage.Version} for {LibTorchPackage.Platform} is in {AppContext.BaseDirectory}", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Download_IsOfTheVersionThatTorchSharpWants() => Assert.Equal(TorchDownload.Version, LibTorchPackage.Version);

    [Fact]
    public void WithoutIt_WhatNeedsItSaysWhatToRun()
    {
        var command = BareCommand.Make(_folder["bare"]);
        Assert.Contains("is not installed; 'dsd torch install' installs it", command.Run("torch").Succeeded().Out, StringComparison.Ordinal);

        foreach (var args in new[] { new[] { "train", "--out", _folder["run"] }, ["plan", "--computation"] })
        {
            var outcome = command.Run(args);

            outcome.Refused();
            Assert.Matches(@"^dsd: libtorch [\d.]+ for \S+ is not installed; 'dsd torch install' installs it \(\d+ MB to download, \d+ MB on disk\)(, and '--libtorch pytorch' uses that of an installed PyTorch)?\.\s*$", outcome.Error);
        }

        Assert.False(Directory.Exists(_folder["run"]));
    }

    [SkippableFact]
    public void InAFolderThatOthersCanWrite_IsNotLoadedAndSaysWhy()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has other permissions.");
        var command = BareCommand.Make(_folder["bare"]);
        Directory.CreateDirectory(command.InstallFolder);
        File.WriteAllText(Path.Combine(command.InstallFolder, "libtorch_cpu.so"), "planted");
        var data = Path.GetFullPath(Path.Combine(command.InstallFolder, "..", "..", ".."));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(data, File.GetUnixFileMode(data) | UnixFileMode.OtherWrite);
        }

        var shown = command.Run("torch").Succeeded().Out;
        var trained = command.Run("train", "--out", _folder["run"]);
        var installed = command.Run("torch", "install", "--source", _folder.Root);

        trained.Refused();
        installed.Refused();
        Assert.All([shown, trained.Error, installed.Error], text => Assert.Contains($"{data} can be written by other users; 'chmod go-w {data}' changes that", text, StringComparison.Ordinal));
    }

    [Fact]
    public void WithoutIt_AStudySaysWhatToRun()
    {
        var command = BareCommand.Make(_folder["bare"]);
        File.WriteAllText(_folder["small.json"], """{"name": "x", "setting": {"network": "lenet-300-100", "data": "fashion-mnist"}, "schedule": {"phases": [{"duration": "1ep", "rate": 0.1}]}, "seeds": 1}""");

        var outcome = command.Run("study", "run", _folder["small.json"], "--out", _folder["study"]);

        Assert.Equal(2, outcome.Code);
        Assert.Contains("'dsd torch install' installs it", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("fetch", outcome.Error, StringComparison.OrdinalIgnoreCase);
    }

    [SkippableFact]
    [Trait("Tier", "slow")]
    public void Install_FromAFolderOfPackages_BringsItAndRemoveDeletesIt()
    {
        Skip.IfNot(Directory.Exists(Path.Combine(s_packages, LibTorchPackage.Id)), $"NuGet's folder has no {LibTorchPackage.Id} here.");
        var command = BareCommand.Make(_folder["bare"]);

        var installed = command.Run("torch", "install", "--source", s_packages).Succeeded();

        Assert.Equal($"libtorch {LibTorchPackage.Version} is in {command.InstallFolder}", installed.Out.Trim());
        Assert.True(File.Exists(Path.Combine(command.InstallFolder, "LICENSE-LIBTORCH.txt")));
        Assert.Equal([command.InstallFolder], Directory.GetFileSystemEntries(Path.GetDirectoryName(command.InstallFolder)!));
        Assert.Contains(command.InstallFolder, command.Run("torch").Succeeded().Out, StringComparison.Ordinal);
        Assert.Contains("Computed in fp32", command.Run("plan", "--computation").Succeeded().Out, StringComparison.Ordinal);
        Assert.Empty(command.Run("torch", "install", "--source", _folder.Root).Succeeded().Error);

        command.Run("torch", "remove").Succeeded();

        Assert.Empty(Directory.GetFileSystemEntries(Path.GetDirectoryName(command.InstallFolder)!));
        Assert.Contains("not installed", command.Run("torch").Succeeded().Out, StringComparison.Ordinal);
        Assert.Contains("nothing to delete", command.Run("torch", "remove").Succeeded().Out, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Tier", "slow")]
    public void Install_FromASourceWithoutIt_SaysSoAndLeavesNothing()
    {
        var command = BareCommand.Make(_folder["bare"]);

        var outcome = command.Run("torch", "install", "--source", Directory.CreateDirectory(_folder["no-packages"]).FullName);

        outcome.Refused();
        Assert.Contains("NU1101", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("--source", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Path.GetDirectoryName(command.InstallFolder)!));
    }

    [Fact]
    [Trait("Tier", "slow")]
    public void Install_OfAnotherPackageUnderThatName_IsRefusedByItsHash()
    {
        var command = BareCommand.Make(_folder["bare"]);
        var package = Path.Combine(Directory.CreateDirectory(_folder["feed"]).FullName, $"{LibTorchPackage.Id}.{LibTorchPackage.Version}.nupkg");
        using (var zip = ZipFile.Open(package, ZipArchiveMode.Create))
        {
            Write($"{LibTorchPackage.Id}.nuspec", $"<package><metadata><id>{LibTorchPackage.Id}</id><version>{LibTorchPackage.Version}</version><authors>x</authors><description>x</description></metadata></package>");
            Write("lib/netstandard2.0/_._", "");
            Write($"runtimes/{LibTorchPackage.Platform}/native/libtorch_cpu.so", "not what it says");

            void Write(string name, string text)
            {
                using var writer = new StreamWriter(zip.CreateEntry(name).Open());
                writer.Write(text);
            }
        }

        var outcome = command.Run("torch", "install", "--source", _folder["feed"]);

        outcome.Refused();
        Assert.Contains("NU1403", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Path.GetDirectoryName(command.InstallFolder)!));
    }
}
