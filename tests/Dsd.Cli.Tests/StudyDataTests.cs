using System.Diagnostics;
using Dsd.Studies;
using SkiaSharp;

namespace Dsd.Cli.Tests;

/// <summary>Studies on the user's own images, which change.</summary>
[Trait("Tier", "slow")]
public sealed class StudyDataTests : IDisposable
{
    private const string Study = """
        {
          "name": "own",
          "setting": { "network": "resnet-18", "data": "imagenet:my pictures", "width": 0.0625, "imageSize": 32, "batch": 8 },
          "schedule": { "phases": [ { "duration": "1ep", "rate": 0.01 }, { "duration": "1ep", "rate": 0.01, "sparsity": 0.5 }, { "duration": "1ep", "rate": 0.001 } ] },
          "arms": ["dsd", "control"],
          "seeds": 6
        }
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_ImagesAddedAfterItWasKilled_IsRefusedFromAnyFolderUntilTheyAreGone()
    {
        Draw("train", 0, 24);
        Draw("val", 0, 4);
        File.WriteAllText(_folder["study.json"], Study);
        Directory.CreateDirectory(_folder["elsewhere"]);
        KillAfterTheFirstTrial();
        Draw("train", 24, 32);
        var (data, runs) = (_folder["my pictures"], _folder["runs", "own"]);

        foreach (var outcome in new[]
        {
            Run(_folder.Root, "study", "run", "study.json"),
            Run(_folder["elsewhere"], "study", "run", runs),
            Run(_folder["elsewhere"], "study", "run", _folder["study.json"], "--out", runs),
            Run(_folder["elsewhere"], "study", "work", runs),
        })
        {
            outcome.Refused();
            Assert.Contains($"imagenet:{data}: 16 files added (train/a/24.png, train/a/25.png, train/a/26.png and 13 more).", outcome.Error, StringComparison.Ordinal);
        }

        Assert.Contains($"\"data\": \"imagenet:{data}\"", File.ReadAllText(Path.Combine(runs, "study.json")), StringComparison.Ordinal);
        foreach (var added in Directory.EnumerateFiles(data, "*.png", SearchOption.AllDirectories).Where(f => int.Parse(Path.GetFileNameWithoutExtension(f)) >= 24).ToList())
        {
            File.Delete(added);
        }

        var done = Run(_folder["elsewhere"], "study", "run", _folder["study.json"], "--out", runs, "--workers", "1").Succeeded();
        Assert.Contains("12 of 12 trials done", done.Error, StringComparison.Ordinal);

        // Problems of the data are reported before training: both splits were given the same pictures.
        Assert.InRange(done.Error.IndexOf("In two splits, test: ", StringComparison.Ordinal), 0, done.Error.IndexOf("trials done", StringComparison.Ordinal));

        // What is over can be read without its data.
        Directory.Delete(data, recursive: true);
        Assert.Equal(done.Out, Run(_folder["elsewhere"], "study", "status", runs).Succeeded().Out);
        Assert.Equal(done.Out, Run(_folder["elsewhere"], "study", "run", runs, "--quiet").Succeeded().Out);
    }

    private static Outcome Run(string folder, params string[] args) => DsdProcess.Run(folder, args);

    private void KillAfterTheFirstTrial()
    {
        using var process = DsdProcess.Start(_folder.Root, "study", "run", "study.json", "--workers", "1", "--quiet");
        var clock = Stopwatch.StartNew();
        while (!Directory.Exists(_folder["runs", "own", "trials"]) || !Directory.EnumerateDirectories(_folder["runs", "own", "trials"]).Any())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), "no trial was finished");
            Thread.Sleep(20);
        }

        process.Kill();
        while (Directory.EnumerateFileSystemEntries(_folder["runs", "own", "claims"]).Any() && clock.Elapsed < TimeSpan.FromSeconds(30))
        {
            Thread.Sleep(50);
        }
    }

    private void Draw(string part, int from, int to)
    {
        using var bitmap = new SKBitmap(32, 32);
        foreach (var name in new[] { "a", "b" })
        {
            var folder = Directory.CreateDirectory(_folder["my pictures", part, name]).FullName;
            for (var i = from; i < to; i++)
            {
                bitmap.SetPixel(i % 32, name[0] % 32, SKColors.Red);
                using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
                File.WriteAllBytes(Path.Combine(folder, $"{i}.png"), png.ToArray());
            }
        }
    }
}
