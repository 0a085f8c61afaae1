using Dsd.Models;

namespace Dsd.Cli.Tests;

/// <summary>What is printed without doing anything: help, lists, the version.</summary>
public sealed class HelpTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "dsd train")]
    [InlineData("train", "dsd train --sparsity 0.5")]
    [InlineData("plan", "dsd plan --model resnet-20")]
    [InlineData("models", "dsd models")]
    [InlineData("data", "dsd data list")]
    [InlineData("data list", "dsd data list --data-root")]
    [InlineData("data get", "dsd data get fashion-mnist")]
    [InlineData("torch", "dsd torch install")]
    [InlineData("torch install", "dsd torch install --source ~/packages")]
    [InlineData("torch remove", "dsd torch remove")]
    [InlineData("completion", "eval \"$(dsd completion bash)\"")]
    public void Help_OfEveryCommand_TeachesByExample(string command, string example)
    {
        var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);

        var outcome = DsdProcess.Run(_folder.Root, [.. words, "--help"]).Succeeded();

        Assert.Contains($"Usage:\n  {string.Join(' ', ["dsd", .. words])} ", outcome.Out.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("Examples:", outcome.Out, StringComparison.Ordinal);
        Assert.Contains(example, outcome.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("Dsd.Cli", outcome.Out, StringComparison.Ordinal);
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public void Help_WhateverElseIsWrong_IsPrinted()
    {
        var outcome = DsdProcess.Run(_folder.Root, "train", "--sparsity", "30", "--bogus", "--help").Succeeded();

        Assert.Contains("--sparsity <FRACTION>", outcome.Out, StringComparison.Ordinal);
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public void Help_OfTrain_SaysDefaults()
    {
        var text = DsdProcess.Run(_folder.Root, "train", "--help").Succeeded().Out;

        foreach (var expected in new[] { "Default dsd,control", "else 64", "Default 6ep", "Default 0.3", "lenet-5", "fashion-mnist" })
        {
            Assert.Contains(expected, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Version_IsPrinted() => Assert.Matches(@"^\d+\.\d+\.\d+", DsdProcess.Run(_folder.Root, "--version").Succeeded().Out);

    [Fact]
    public void Models_AreListedOnceEach()
    {
        var text = DsdProcess.Run(_folder.Root, "models").Succeeded().Out;

        foreach (var model in Models.ModelCatalog.All)
        {
            Assert.Single(text.Split('\n'), line => line.StartsWith(model.Name + " ", StringComparison.Ordinal));
            Assert.Contains(model.Source, text, StringComparison.Ordinal);
        }

        Assert.Equal(Models.ModelCatalog.All.Count, text.Split(" parameters").Length - 1);
    }

    [Fact]
    public void DataList_SaysWhereDataIsOrHowToGetIt()
    {
        var empty = DsdProcess.Run(_folder.Root, NoData.Environment(_folder), ["data", "list"]).Succeeded().Out;

        Assert.Contains("fashion-mnist", empty, StringComparison.Ordinal);
        Assert.Contains("55,000 train, 5,000 validation, 10,000 test", empty, StringComparison.Ordinal);
        Assert.Matches("not here yet|  in ", empty);
    }

    [SkippableFact]
    public void Output_WhoseReaderStopsEarly_IsNoError()
    {
        Skip.If(OperatingSystem.IsWindows(), "The pipe is a shell's, bash.");
        using var process = DsdProcess.Start(
            _folder.Root,
            [],
            "bash",
            ["-c", $"'{DsdProcess.DotNet}' '{DsdProcess.Assembly}' models | head -n 1; echo ${{PIPESTATUS[0]}}"]);

        var outcome = process.Wait();

        Assert.Equal(["lenet-300-100", "0"], outcome.Out.Trim().Split('\n').Select(line => line.Split(' ')[0]));
        Assert.Empty(outcome.Error);
    }

    [SkippableFact]
    public void Output_ToAFullDisk_IsOneClearMessage()
    {
        Skip.IfNot(File.Exists("/dev/full"), "There is no /dev/full here to stand for a full disk.");
        using var process = DsdProcess.Start(_folder.Root, [], "bash", ["-c", $"'{DsdProcess.DotNet}' '{DsdProcess.Assembly}' plan > /dev/full"]);

        var outcome = process.Wait();

        Assert.Equal(1, outcome.Code);
        Assert.StartsWith("dsd: No space left on device", outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.Trim().Split('\n'));
    }
}
