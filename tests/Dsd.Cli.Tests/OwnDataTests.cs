using Dsd.Optimizers;
using SkiaSharp;

namespace Dsd.Cli.Tests;

/// <summary>The user's own images in a folder.</summary>
[Trait("Tier", "slow")]
public sealed class OwnDataTests : IDisposable
{
    private static readonly string[] s_train =
        ["train", "--model", "resnet-20", "--data", "imagenet:my pictures", "--image-size", "32", "--batch", "2", "--dense", "1st", "--sparse", "1st", "--redense", "1st", "--quiet"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Train_WithoutOut_NamesItsFolderAfterTheLastOfThePath()
    {
        Draw(ofClass: 4);
        DsdProcess.Run(_folder.Root, s_train).Succeeded();
        var run = Assert.Single(Directory.GetDirectories(_folder["runs"]));
        Assert.StartsWith("resnet-20-imagenet-my-pictures-", Path.GetFileName(run), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(run, "result.json")));
    }

    [Fact]
    public void Train_NothingToChooseOn_IsRefusedBeforeItBegins()
    {
        Draw(ofClass: 1);
        var outcome = DsdProcess.Run(_folder.Root, s_train);
        outcome.Refused();
        Assert.Contains("has nothing for validation", outcome.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["runs"]));
    }

    [Fact]
    public void Plan_BatchThatNoMemoryHolds_IsRefused()
    {
        Draw(ofClass: 200);
        var outcome = DsdProcess.Run(_folder.Root, ["plan", "--model", "resnet-20", "--data", "imagenet:my pictures", "--batch", "300", "--image-size", "1024"]);
        outcome.Refused();
        Assert.Contains("images of 1024×1024 would fill more than 2 GB", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void PlanAndTrain_WhatTheyPassOver_IsSaidInEveryPlace()
    {
        Draw(ofClass: 12);
        File.Copy(_folder["my pictures", "train", "a", "0.png"], _folder["my pictures", "train", "x.png"]);
        File.WriteAllText(_folder["my pictures", "train", "a", "1.tif"], "");
        File.WriteAllText(_folder["my pictures", "val", "b", "0.png"], "no image");
        string[] known =
        [
            "Left out, train: images directly in train, above the folders of classes: 1 (train/x.png)",
            "Left out, train: images in formats that are not read (1 .tif): 1 (train/a/1.tif)",
            "In two splits, test: images with the same bytes as one of train: 23 (val/a/0.png = train/a/",
        ];
        string[] args = [.. s_train[1..^1], "--threads", "1"];

        var get = DsdProcess.Run(_folder.Root, ["data", "get", "imagenet:my pictures"]).Succeeded();
        var plan = DsdProcess.Run(_folder.Root, ["plan", .. args]).Succeeded();
        var train = DsdProcess.Run(_folder.Root, ["train", .. args, "--out", "run"]).Succeeded();
        DsdProcess.Run(_folder.Root, ["report", "run"]).Succeeded();
        DsdProcess.Run(_folder.Root, ["report", "run", "--markdown"]).Succeeded();

        foreach (var text in new[] { get.Out, plan.Out, train.Error, train.Out })
        {
            Assert.All(known, line => Assert.Contains(line, text, StringComparison.Ordinal));
        }

        const string broken = "val/b/0.png: it is not a JPEG, PNG, WebP, GIF or BMP image, or its header is damaged";
        Assert.Contains($"Left out, test: images that cannot be decoded: 1 ({broken})", train.Out, StringComparison.Ordinal);
        foreach (var file in new[] { "result.json", "summary.txt", "report.html", "report.md", "dsd/events.jsonl", "control/events.jsonl" })
        {
            var text = File.ReadAllText(_folder["run", file]);
            Assert.Contains(broken, text, StringComparison.Ordinal);
            Assert.Contains("train/a/1.tif", text, StringComparison.Ordinal);
        }

        Assert.Equal(2, File.ReadAllText(_folder["run", "summary.txt"]).Split(broken).Length);
        var problems = Runs.Object(File.ReadAllText(_folder["run", "result.json"])).GetProperty("dataProblems").EnumerateArray().ToList();
        Assert.Contains(problems, p => p.GetProperty("kind").GetString() == "inTwoParts" && p.GetProperty("split").GetString() == "test" && p.GetProperty("count").GetInt64() == 23);
        Assert.Equal(6, problems.Count);
    }

    [Fact]
    public void Study_WhatItLeavesOut_IsInItsResultsReportAndTable()
    {
        Draw(ofClass: 12);
        File.WriteAllText(_folder["my pictures", "val", "b", "0.png"], "no image");
        File.WriteAllText(_folder["study.json"], """
            {
              "name": "own",
              "setting": { "network": "resnet-20", "data": "imagenet:my pictures", "imageSize": 32, "batch": 2 },
              "schedule": { "phases": [ { "duration": "1st", "rate": 0.01 }, { "duration": "1st", "rate": 0.01, "sparsity": 0.5 }, { "duration": "1st", "rate": 0.01 } ] },
              "arms": ["dsd", "control"],
              "seeds": 1
            }
            """);
        var plan = DsdProcess.Run(_folder.Root, ["study", "plan", "study.json", "--no-timing"]).Succeeded();
        Assert.Contains("In two splits, test: images with the same bytes as one of train: 23", plan.Out, StringComparison.Ordinal);
        var run = DsdProcess.Run(_folder.Root, ["study", "run", "study.json", "--workers", "1", "--quiet", "--out", "own"]).Succeeded();
        Assert.Contains("Left out, test: images that cannot be decoded: 1 (val/b/0.png: ", run.Out, StringComparison.Ordinal);
        DsdProcess.Run(_folder.Root, ["study", "report", "own"]).Succeeded();
        Assert.Contains("val/b/0.png: it is not a JPEG", File.ReadAllText(_folder["own", "report.html"]), StringComparison.Ordinal);
        Assert.Contains("val/b/0.png: it is not a JPEG", File.ReadAllText(_folder["own", "report.md"]), StringComparison.Ordinal);
        var rows = File.ReadAllLines(_folder["own", "trials.csv"]).Select(l => l.Split(',')).ToList();
        var column = Array.IndexOf(rows[0], "left_out");
        Assert.All(rows.Skip(1), row => Assert.Equal(row[8] == "test" ? "1" : "0", row[column]));
    }

    [Fact]
    public void TrainAndStudy_AllTestFilesOfAClassBroken_AreRefused()
    {
        Draw(ofClass: 12);
        Directory.GetFiles(_folder["my pictures", "val", "b"]).ToList().ForEach(f => File.WriteAllText(f, "no image"));
        var outcome = DsdProcess.Run(_folder.Root, s_train);
        outcome.Refused();
        Assert.Contains("has classes without an image that can be decoded: 'b' (all 12 files; val/b/0.png: ", outcome.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["runs"]));
    }

    /// <summary>The command has no ICU, with which .NET composes accents; it must count as a process that has.</summary>
    [Fact]
    public void Get_SpeechInBothFormsOfAccents_CountsACharacterOnce()
    {
        File.WriteAllBytes(_folder["a.wav"], [1]);
        const string transcript = "žába běží";
        File.WriteAllText(_folder["train.tsv"], $"a.wav\t{transcript.Normalize()}\na.wav\t{transcript.Normalize(System.Text.NormalizationForm.FormD)}\n");
        File.WriteAllText(_folder["validation.tsv"], "a.wav\tz\u030C\n");
        File.WriteAllText(_folder["test.tsv"], "a.wav\tž\n");
        Assert.Contains("; 7 characters", DsdProcess.Run(_folder.Root, ["data", "get", $"speech:{_folder.Root}"]).Succeeded().Out, StringComparison.Ordinal);
    }

    private void Draw(int ofClass)
    {
        using var bitmap = new SKBitmap(32, 32);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        foreach (var (part, name) in new[] { ("train", "a"), ("train", "b"), ("val", "a"), ("val", "b") })
        {
            var folder = Directory.CreateDirectory(_folder["my pictures", part, name]).FullName;
            for (var i = 0; i < ofClass; i++)
            {
                File.WriteAllBytes(Path.Combine(folder, $"{i}.png"), png.ToArray());
            }
        }
    }
}
