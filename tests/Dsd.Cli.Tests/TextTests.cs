using System.Globalization;
using System.Text.RegularExpressions;
using Dsd.Data;
using Dsd.Records;

namespace Dsd.Cli.Tests;

/// <summary>Text instead of images: the same commands, another measure.</summary>
[Trait("Tier", "slow")]
public sealed class TextTests : IDisposable
{
    private static readonly string[] s_text = ["--model", "char-lstm", "--data", "bible-kjv"];

    private static readonly Lazy<string?> s_downloaded = new(() =>
    {
        try
        {
            DataCatalog.Get("bible-kjv").Download();
            return null;
        }
        catch (DsdException e)
        {
            return e.Message;
        }
    });

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Train_OnText_LearnsAndTellsBitsPerCharacter()
    {
        Skip.If(s_downloaded.Value is not null, $"The King James Bible is missing and cannot be downloaded: {s_downloaded.Value}");

        var made = DsdProcess.Run(
            _folder.Root,
            ["train", .. s_text, "--optimizer", "adam", "--rate", "0.005", "--dense", "60st", "--sparse", "20st", "--redense", "20st", "--threads", "1", "--device", "cpu", "--out", "run"]).Succeeded();

        Assert.Contains("Training char-lstm on bible-kjv: 56,818 examples, batch 64, seed 1", made.Error, StringComparison.Ordinal);
        Assert.Matches(@"step 60 of 100, loss \d\.\d+, validation \d\.\d+ bits per character, ", made.Error);
        Assert.Contains("Bits per character on validation after each phase, and on test at the end.", made.Out, StringComparison.Ordinal);
        var said = Regex.Match(
            made.Out.ReplaceLineEndings("\n"),
            @"dsd − control: (?<value>[+−]?\d(\.\d+)?) bits per character on test; lower is better\.\n95 % interval over (?<examples>[\d,]+) test examples: (?<low>[+−]?\d(\.\d+)?) to (?<high>[+−]?\d(\.\d+)?) \(bootstrap\)\.\nIt covers examples, not seeds");
        Assert.True(said.Success, made.Out);
        Assert.InRange(Number("value"), Number("low"), Number("high"));
        Assert.DoesNotContain("accuracy", made.Out, StringComparison.Ordinal);
        Assert.All(made.Out.Split('\n'), line => Assert.InRange(line.Length, 0, 80));

        var record = RunRecord.Fold(EventLog.Read(_folder["run", "dsd", "events.jsonl"]));
        var bits = record.Test!.Value("bits per character")!.Value;
        Assert.InRange(bits, 1, 4);
        Assert.Equal(record.Test.Metrics.First(m => m.Name == "bits per character").Outcomes!.Count, Number("examples"));
        var control = RunRecord.Fold(EventLog.Read(_folder["run", "control", "events.jsonl"])).Test!.Value("bits per character")!.Value;
        Assert.Equal(bits - control, Number("value"), 1e-3);
        Assert.Equal(bits * Math.Log(2), record.Test.Value("loss")!.Value, 9);

        // Before it learns, all 63 symbols are alike.
        Assert.InRange(record.Phases[0].Samples[0].Loss, 0.95 * Math.Log(63), 1.05 * Math.Log(63));

        var report = DsdProcess.Run(_folder.Root, ["report", "run"]).Succeeded();
        Assert.DoesNotContain("accuracy", report.Out, StringComparison.Ordinal);

        double Number(string name) => double.Parse(said.Groups[name].Value.Replace('−', '-'), NumberStyles.Number, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Plan_OfText_ListsTheLayersAndItsComputation()
    {
        var text = DsdProcess.Run(_folder.Root, ["plan", .. s_text, "--computation"]).Succeeded().Out;

        Assert.Contains("char-lstm on bible-kjv, batch 64", text, StringComparison.Ordinal);
        Assert.Matches(@"\| embedding\.weight +\| 63×64 .*never: embedding", text);
        Assert.Contains("887 an epoch; 111,487 parameters", text, StringComparison.Ordinal);
        Assert.Contains("Computed in fp32", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--model char-lstm --data fashion-mnist", "--model char-lstm learns from text, but --data fashion-mnist holds images. For char-lstm there is bible-kjv;")]
    [InlineData("--data bible-kjv", "--model lenet-5 learns from images, but --data bible-kjv holds text.")]
    [InlineData("--data bible-kjv", "from bible-kjv can learn char-lstm.")]
    [InlineData("--model char-lstm --data bible-kjv --augment", "--augment: bible-kjv holds text, and only images are varied; leave it out.")]
    [InlineData("--model char-lstm --width 0.5", "--width 0.5: char-lstm has a fixed width; leave it out.")]
    [InlineData("--model char-lstm --image-size 32", "--image-size 32: bible-kjv holds no images; leave it out.")]
    [InlineData("--image-size 32", "--image-size 32: fashion-mnist has images of 28×28 only; leave it out.")]
    [InlineData("--preset paper", "--preset paper: there is none for lenet-5, which the paper did not train.")]
    [InlineData("--preset han", "--preset: there is no 'han'; allowed is paper.")]
    [InlineData("--scale small", "--scale says how much of a preset to train, and none was given")]
    [InlineData("--epochs 3", "--epochs says how much of a preset to train, and none was given")]
    [InlineData("--clip 0", "--clip: '0' is not a largest norm of the gradient: give a number above 0, such as 5.")]
    [InlineData("--model char-lstm --data bible-kjv --train-limit 56819", "bible-kjv has 56818 training examples")]
    public void Train_WhatDoesNotFitTogether_IsRefused(string options, string expected)
    {
        var outcome = DsdProcess.Run(_folder.Root, ["train", .. options.Split(' ')]);

        outcome.Refused();
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
        Assert.Empty(_folder.Entries());
    }

    [Fact]
    public void DataList_SaysWhatATextConsistsOf() => Assert.Contains(
        "56,818 windows of 64 characters to train, 229,100 characters validation, 267,368 test; 63 symbols",
        DsdProcess.Run(_folder.Root, "data", "list").Succeeded().Out,
        StringComparison.Ordinal);
}
