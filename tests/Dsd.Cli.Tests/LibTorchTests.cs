using Dsd.Torch;

namespace Dsd.Cli.Tests;

/// <summary>The command on another libtorch than TorchSharp's: that of an installed PyTorch, or one in a folder.</summary>
/// <remarks>The PyTorch is a folder as its package leaves it, with links to the libraries of the build and a text that says its version.</remarks>
[Collection(RunsCollection.Name)]
[Trait("Tier", "slow")]
public sealed class LibTorchTests(Runs runs) : IDisposable
{
    private static readonly string s_native = Path.Combine(AppContext.BaseDirectory, "runtimes", LibTorchPackage.Platform, "native");
    private readonly TempFolder _folder = new();

    private string Site => _folder["site"];

    private string Libraries => _folder["site", "torch", "lib"];

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Torch_OfAPyTorchThatPythonFinds_SaysItsVersionAndFolder()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        PyTorch();
        var path = Python($"echo 'torch {_folder["site", "torch"]}'");

        var option = Run(path, "torch", "--libtorch", "pytorch").Succeeded().Out;
        var variable = DsdProcess.Run(_folder.Root, new() { ["PATH"] = path, ["DSD_LIBTORCH"] = "pytorch" }, ["torch"]).Succeeded().Out;

        Assert.StartsWith($"PyTorch 2.11.0+cpu without CUDA is in {Libraries}", option, StringComparison.Ordinal);
        Assert.Equal(option, variable);
    }

    [SkippableFact]
    public void Torch_OfAFolderThatOthersCanWrite_UsesItAndSaysSo()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        PyTorch();
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Libraries, File.GetUnixFileMode(Libraries) | UnixFileMode.OtherWrite);
        }

        Assert.Contains($"It is trusted, since it is named; but {Libraries} can be written by other users", Run(null, "torch", "--libtorch", Libraries).Succeeded().Out, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Plan_OnAPyTorchThatPythonFinds_Computes()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        PyTorch();

        Assert.Contains("Computed in fp32", Run(Python($"echo 'torch {_folder["site", "torch"]}'"), "plan", "--computation", "--libtorch", "pytorch").Succeeded().Out, StringComparison.Ordinal);
    }

    // A copy, not a link: the command's own libtorch, which it has beside it, would end the process as a second one.
    [SkippableFact]
    public void Train_OnACopyBesideTheCommandsOwn_HasTheSameDigitsAndRecordsIt()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        PyTorch(link: false);

        var named = Run(null, ["train", .. Runs.Small, "--seed", "7", "--json", "--out", "named", "--libtorch", Site]).Succeeded();

        var (here, there) = (Runs.Object(runs.Json.Out), Runs.Object(named.Out));
        foreach (var arm in new[] { "dsd", "control" })
        {
            Assert.Equal(File.ReadAllBytes(runs.Folder["json", arm, "weights.safetensors"]), File.ReadAllBytes(_folder["named", arm, "weights.safetensors"]));
        }

        Assert.Equal("PyTorch 2.11.0+cpu without CUDA", there.GetProperty("runtime").GetProperty("libTorch").GetProperty("reason").GetString());
        Assert.Equal("applied", there.GetProperty("runtime").GetProperty("libTorch").GetProperty("status").GetString());
        Assert.Equal("notApplicable", here.GetProperty("runtime").GetProperty("libTorch").GetProperty("status").GetString());
        Assert.Contains("PyTorch 2.11.0", File.ReadLines(_folder["named", "dsd", "events.jsonl"]).First(), StringComparison.Ordinal);
        Assert.DoesNotContain(Site, File.ReadLines(_folder["named", "dsd", "events.jsonl"]).First(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Study_OfACommandWithoutLibtorch_RunsItsWorkersOnTheNamedOne()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        PyTorch();
        _ = runs.Json;
        var place = Run(null, "data", "list", "--json").Succeeded().Out;
        var root = Path.GetDirectoryName(Runs.Object(place).GetProperty("data")[0].GetProperty("place").GetString())!;
        var command = BareCommand.Make(_folder["bare"]);
        File.WriteAllText(_folder["small.json"], """{"name": "x", "setting": {"network": "lenet-300-100", "data": "fashion-mnist", "trainLimit": 640}, "schedule": {"phases": [{"duration": "4st", "rate": 0.1}]}, "arms": ["dsd"], "seeds": 2}""");

        var ran = command.Run("study", "run", _folder["small.json"], "--out", _folder["study"], "--workers", "1", "--libtorch", Site, "--data-root", root);

        ran.Succeeded();
        Assert.Contains("2 of 2 trials done", ran.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Cuda_OnACpuBuildOfPyTorch_SaysThatItIsOne()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        PyTorch();

        var outcome = Run(null, ["train", .. Runs.Small[..^2], "--device", "cuda", "--libtorch", Site, "--out", "run"]);

        outcome.Refused();
        Assert.Equal($"dsd: --device cuda: no GPU can be used here: PyTorch 2.11.0+cpu in {Libraries} is a CPU build. Install a PyTorch with CUDA. Or use --device cpu.", outcome.Error.Trim());
    }

    [SkippableFact]
    public void LibTorch_ThatCannotBeUsed_IsOneMessageAndNothingElse()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        PyTorch();
        File.WriteAllText(_folder["site", "torch", "version.py"], "__version__ = '2.12.0+cpu'\n");

        CheckRefused("there is no python3 or python in PATH", _folder["nothing"], "pytorch");
        CheckRefused($"{_folder["bin", "python3"]} has no module torch", Python(""), "pytorch");
        CheckRefused($"it is PyTorch 2.12.0+cpu, in {Libraries}", null, Site);
        CheckRefused("there is no folder", null, _folder["nowhere"]);
        CheckRefused("has no libtorch_cpu.so", null, _folder["bin"]);
        Assert.Contains("Computed in fp32", Run(null, "plan", "--computation", "--libtorch", Site, "--libtorch-any").Succeeded().Out, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["run"]));

        void CheckRefused(string reason, string? path, string named)
        {
            foreach (var args in new string[][] { ["train", .. Runs.Small, "--out", "run"], ["torch"] })
            {
                var outcome = Run(path, [.. args, "--libtorch", named]);

                outcome.Refused();
                Assert.StartsWith($"dsd: libtorch '{named}' cannot be used: ", outcome.Error, StringComparison.Ordinal);
                Assert.Contains(reason, outcome.Error, StringComparison.Ordinal);
                Assert.Single(outcome.Error.Trim().Split('\n'));
            }
        }
    }

    private Outcome Run(string? path, params string[] args) => DsdProcess.Run(_folder.Root, path is null ? [] : new() { ["PATH"] = path }, args);

    private string Python(string script)
    {
        Directory.CreateDirectory(_folder["bin"]);
        File.WriteAllText(_folder["bin", "python3"], $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_folder["bin", "python3"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return _folder["bin"];
    }

    private void PyTorch(bool link = true)
    {
        Directory.CreateDirectory(Libraries);
        foreach (var file in Directory.EnumerateFiles(s_native).Where(f => Path.GetFileName(f) is "libc10.so" or "libtorch_cpu.so" or "libtorch.so" || Path.GetFileName(f).StartsWith("libgomp", StringComparison.Ordinal)))
        {
            if (link)
            {
                File.CreateSymbolicLink(Path.Combine(Libraries, Path.GetFileName(file)), file);
            }
            else
            {
                File.Copy(file, Path.Combine(Libraries, Path.GetFileName(file)));
            }
        }

        File.WriteAllText(_folder["site", "torch", "version.py"], "from typing import Optional\n\n__version__ = '2.11.0+cpu'\ncuda: Optional[str] = None\n");
    }
}
