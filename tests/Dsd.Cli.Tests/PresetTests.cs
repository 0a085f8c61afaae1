using System.Text.Json;
using Dsd.Data;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Schedules;

namespace Dsd.Cli.Tests;

/// <summary>The paper's networks by one option: shown, planned at both scales, trained a little.</summary>
[Trait("Tier", "slow")]
public sealed class PresetTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<string> Networks() => [.. ModelCatalog.All.Where(m => m.Paper is not null).Select(m => m.Name)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Networks))]
    public void Plan_AtBothScales_HasThePapersPhases(string name)
    {
        var paper = ModelCatalog.Get(name).Paper!;

        var full = Plan("--model", name, "--preset", "paper");
        var small = Plan("--model", name, "--preset", "paper", "--scale", "small");

        Assert.Equal((paper.Config.Data, paper.Config.Batch), (full.GetProperty("data").GetString(), full.GetProperty("batch").GetInt32()));
        Assert.Equal((paper.SmallConfig.Data, paper.SmallConfig.Batch), (small.GetProperty("data").GetString(), small.GetProperty("batch").GetInt32()));
        foreach (var plan in new[] { full, small })
        {
            var arms = plan.GetProperty("arms").EnumerateArray().ToList();
            Assert.Equal(["dsd", "control"], arms.Select(a => a.GetProperty("name").GetString()));
            Assert.Equal(arms[0].GetProperty("steps").GetInt64(), arms[1].GetProperty("steps").GetInt64());
            Assert.Equal(
                paper.Schedule.Phases.Select(p => p.IsDense ? 0 : p.Sparsity.To.Value),
                arms[0].GetProperty("phases").EnumerateArray().Select(p => p.GetProperty("sparsity").GetDouble()));
        }
    }

    [Fact]
    public void Plan_OtherOptions_ChangeThePreset()
    {
        var plan = Plan("--model", "resnet-18", "--preset", "paper", "--data", "emoji", "--epochs", "4", "--rate", "0.4", "--batch", "16", "--train-limit", "320");
        var phases = plan.GetProperty("arms")[0].GetProperty("phases").EnumerateArray().ToList();

        Assert.Equal(("emoji", 16, 320, 20), (plan.GetProperty("data").GetString(), plan.GetProperty("batch").GetInt32(), plan.GetProperty("trainExamples").GetInt32(), plan.GetProperty("stepsPerEpoch").GetInt32()));
        Assert.Equal([40L, 20, 20], phases.Select(p => p.GetProperty("steps").GetInt64()));
        Assert.StartsWith("step 0.4 × 0.1 at 0.333", phases[0].GetProperty("rate").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--sparsity 0.5", "--preset and --sparsity were given together; the preset has a schedule of its own.")]
    [InlineData("--dense 3ep --keep conv1", "--preset and --dense, --keep were given together")]
    [InlineData("--epochs 0.01", "--epochs: 0.01ep is too short: phase 'dense', 90ep of 180ep, would have no length.")]
    [InlineData("--image-size 4", "--image-size 4: imagenet can have images of 8 to 1024 pixels in height and width; leave it out for 224.")]
    [InlineData("--data fashion-mnist --image-size 32", "--image-size 32: fashion-mnist has images of 28×28 only")]
    [InlineData("--width 5", "--width 5: a width factor must be above 0 and at most 4")]
    public void Plan_WhatDoesNotGoWithAPreset_IsRefused(string options, string expected)
    {
        var outcome = DsdProcess.Run(_folder.Root, ["plan", "--model", "resnet-18", "--preset", "paper", .. options.Split(' ')]);

        outcome.Refused();
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Models_OfAName_ShowsLayersPresetAndFigures()
    {
        var text = DsdProcess.Run(_folder.Root, "models", "vgg16").Succeeded().Out;

        Assert.Contains("Layers for images of 3 channels and 1000 classes, of width 1", text, StringComparison.Ordinal);
        Assert.Matches(@"\| classifier\.0\.weight +\| linear +\| +4096×25088 \| +102,760,448 \|", text);
        Assert.Matches(@"\| all .* 138,357,544 \|", text);
        Assert.Matches(@"\| sparse +\| 1\.25ep +\| step 0\.0001 → 1E-05 → 1E-06 at 0\.42ep, 0\.83ep", text);
        Assert.Matches(@"\| top-1 error, % +\| +31\.5 \| +28\.19 \| +27\.19 \|", text);
        Assert.Contains("dsd train --model vgg16 --preset paper --scale small", text, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Train_FromWeightsInAFile_BeginsWithThem()
    {
        var setting = ModelCatalog.Get("squeezenet").Paper!.SmallConfig;
        var problem = Downloaded(setting.Data);
        Skip.If(problem is not null, $"{setting.Data} is missing and cannot be downloaded: {problem}");
        string[] options = ["--model", "squeezenet", "--preset", "paper", "--scale", "small", "--train-limit", "64", "--epochs", "2", "--threads", "1", "--device", "cpu", "--arms", "dsd"];
        var first = DsdProcess.Run(_folder.Root, ["train", .. options, "--out", "first", "--quiet"]).Succeeded();
        var second = DsdProcess.Run(_folder.Root, ["train", .. options, "--init", _folder["first", "dsd", "weights.safetensors"], "--out", "second", "--json"]).Succeeded();

        Assert.Contains("majority class", first.Out, StringComparison.Ordinal);
        Assert.Contains("\"baselines\"", second.Out, StringComparison.Ordinal);
        Assert.NotEqual(File.ReadAllBytes(_folder["first", "dsd", "weights.safetensors"]), File.ReadAllBytes(_folder["second", "dsd", "weights.safetensors"]));
        var refused = DsdProcess.Run(_folder.Root, ["train", .. options, "--init", "nowhere.safetensors", "--out", "third"]);
        refused.Refused();
        Assert.Contains("nowhere.safetensors: there is no such weight file", refused.Error, StringComparison.Ordinal);
    }

    private static string? Downloaded(string data)
    {
        try
        {
            DataCatalog.Get(data).Download();
            return null;
        }
        catch (DsdException e)
        {
            return e.Message;
        }
    }

    private JsonElement Plan(params string[] options)
    {
        using var document = JsonDocument.Parse(DsdProcess.Run(_folder.Root, ["plan", .. options, "--json"]).Succeeded().Out);
        return document.RootElement.Clone();
    }
}
