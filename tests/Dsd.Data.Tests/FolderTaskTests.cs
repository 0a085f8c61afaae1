using System.Runtime.CompilerServices;
using Dsd.Models;
using Dsd.Optimizers;
using Dsd.Records;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data.Tests;

public class FolderTaskTests
{
    // A test may touch TorchSharp before it touches Dsd, whose first use prepares the native library.
    static FolderTaskTests() => RuntimeHelpers.RunModuleConstructor(typeof(DsdException).Module.ModuleHandle);

    [Fact]
    public void Batch_AnyNumberOfWorkers_GivesTheSameBits()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 12, val: 1);
        foreach (var file in Directory.GetFiles(folder["train"], "*.png", SearchOption.AllDirectories))
        {
            File.WriteAllBytes(file, Pictures.Encode(30, 25, (x, y) => Pictures.Formula(x + file.GetHashCode(StringComparison.Ordinal) % 7, y), SKEncodedImageFormat.Jpeg, 80));
        }

        var batches = new[] { 1, 2, 5 }.Select(workers =>
        {
            var task = new ImageClassification(ImageFolder.Open(folder.Root, 16).With(workers), 10, seed: 3, Augmentation.Reference);
            return new long[] { 0, 1, 2, 7, 3, 4, 1 }.Select(step => Read(task, step)).ToList();
        }).ToList();
        Assert.Equal(batches[0], batches[1]);
        Assert.Equal(batches[0], batches[2]);
        Assert.Equal(batches[0][1], batches[0][6]);
        Assert.Equal(6, batches[0].Distinct().Count());
    }

    [Fact]
    public void Batch_CorruptImages_AreReplacedByOthersOfTheirClassAndToldOnce()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 8, val: 1);
        Damage(folder["train", "a", "train-001.png"], 0);
        Damage(folder["train", "a", "train-002.png"], 1);
        Damage(folder["train", "c", "train-007.png"], 2);
        IDataset data = ImageFolder.Open(folder.Root, 8);
        var told = new List<string>();
        data.WatchProblems(told.Add);
        var task = new ImageClassification((ImageFolder)data, data.TrainExamples, seed: 1);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            using var scope = NewDisposeScope();
            var (input, target) = task.Batch(epoch);
            for (var i = 0; i < data.TrainExamples; i++)
            {
                // Red says which class an image is of.
                var red = 255 * ((input[i, 0, 3, 3].ToSingle() * 0.229) + 0.485);
                Assert.Equal(10 * target[i].ToInt64(), red, 0.1);
            }

            Assert.Equal([7L, 7, 7], Enumerable.Range(0, 3).Select(c => target.eq(c).sum().ToInt64()));
        }

        // One of each class is held out: it may be one of these.
        Assert.InRange(told.Count, 1, 3);
        var left = Assert.Single(task.LeftOut(DataSplit.Train));
        Assert.Equal((DataProblemKind.LeftOut, "images that cannot be decoded", (long)told.Count), (left.Kind, left.What, left.Count));
        Assert.Equal(told.Order(StringComparer.Ordinal), Assert.Single(data.Problems, p => p.Kind == DataProblemKind.LeftOut).Examples);
        Assert.All(left.Examples, e => Assert.StartsWith("train/", e, StringComparison.Ordinal));
        Assert.All(told, t => Assert.Contains(": ", t));
        Assert.Equal(told.Count, told.Distinct().Count());
    }

    [Fact]
    public void Evaluate_CorruptImages_DoNotCount()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 3, val: 4);
        Damage(folder["val", "a", "val-000.png"], 0);
        Damage(folder["val", "a", "val-001.png"], 3);
        var data = ImageFolder.Open(folder.Root, 8);
        File.Delete(folder["val", "b", "val-002.png"]);
        var task = new ImageClassification(data, 2, 1);
        var metrics = task.Evaluate(new Always(3, 0), DataSplit.Test);
        var left = Assert.Single(task.LeftOut(DataSplit.Test));
        Assert.Equal(["val/a/val-000.png: the file is empty", "val/b/val-002.png: the file does not exist"], left.Examples.Where(e => !e.Contains("001", StringComparison.Ordinal)));
        Assert.Equal(3, left.Count);
        Assert.Empty(task.LeftOut(DataSplit.Train));
        Assert.Equal(2.0 / 9, metrics[0].Value, 9);
        Assert.Equal(["accuracy", "loss", "accuracy, ten crops"], metrics.Select(m => m.Name));
        Assert.Equal(2.0 / 9, metrics[2].Value, 9);
        Assert.All(metrics, m => Assert.Equal((9, 9), (m.Examples, m.Outcomes!.Count)));
        Assert.Equal(3, data.Rejected.Count);
        Assert.Contains(data.Rejected, r => r.Path.EndsWith("val-000.png", StringComparison.Ordinal) && r.Reason == "the file is empty");
        Assert.Contains(data.Rejected, r => r.Reason == "the file does not exist");
        Assert.Contains(data.Rejected, r => r.Reason.Contains("20000×20000", StringComparison.Ordinal));
    }

    [Fact]
    public void Batch_AllOfAClassCorrupt_SaysWhichClass()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 4, val: 1);
        Directory.GetFiles(folder["train", "b"]).ToList().ForEach(f => Damage(f, 1));
        var error = Assert.Throws<DsdException>(() => new ImageClassification(ImageFolder.Open(folder.Root, 8), 9, 1).Batch(0));
        Assert.Contains("class b", error.Message);
    }

    [Theory]
    [InlineData("train", "train")]
    [InlineData("val", "validation")]
    [InlineData("test", "test")]
    public void Task_AllOfAClassCorrupt_IsRefusedBeforeTraining(string part, string words)
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 4, val: 2);
        foreach (var file in Directory.GetFiles(folder["val"], "*", SearchOption.AllDirectories))
        {
            var copy = file.Replace(folder["val"], folder["test"], StringComparison.Ordinal);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        Directory.GetFiles(folder[part, "b"]).ToList().ForEach(f => Damage(f, 1));
        var data = ImageFolder.Open(folder.Root, 8);
        var message = Assert.Throws<DsdException>(() => data.Task(2, 1)).Message;
        Assert.Contains($"The {words} split of '{folder.Root}' has classes without an image that can be decoded: 'b' (all ", message, StringComparison.Ordinal);
        if (part != "train")
        {
            Assert.Contains("no image of class b in the", Assert.Throws<DsdException>(() => new ImageClassification(data, 2, 1).Evaluate(new Always(3, 0), part == "val" ? DataSplit.Validation : DataSplit.Test)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void EvaluateAndBatch_MoreThanTenAndOnePercent_AreAnError()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 20, val: 20);
        foreach (var part in new[] { "train", "val" })
        {
            Directory.GetFiles(folder[part], "*-00?.png", SearchOption.AllDirectories).ToList().ForEach(f => Damage(f, 1));
        }

        var task = new ImageClassification(ImageFolder.Open(folder.Root, 8), 50, 1);
        Assert.Contains("more than 1 %", Assert.Throws<DsdException>(() => task.Batch(0)).Message);
        Assert.Contains("more than 1 %", Assert.Throws<DsdException>(() => task.Evaluate(new Always(3, 0), DataSplit.Test)).Message);
    }

    [SkippableFact]
    public void Evaluate_FileThatMayNotBeRead_IsLeftOut()
    {
        Skip.If(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "Who may do anything may read anything.");
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 3, val: 2);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder["val", "a", "val-000.png"], UnixFileMode.None);
        }

        var data = ImageFolder.Open(folder.Root, 8);
        _ = new ImageClassification(data, 2, 1).Evaluate(new Always(3, 0), DataSplit.Test);
        Assert.Equal("the file may not be read", Assert.Single(data.Rejected).Reason);
    }

    [Fact]
    public void Evaluate_ManyClasses_MeasuresTheTopFive()
    {
        var labels = Enumerable.Range(0, 40).Select(i => (byte)(i % 20)).ToArray();
        ImageSplit part = new(new byte[40], labels, 1, 1, 1);
        var task = new ImageClassification(new("x", 20, part, part, part), 4, 1);
        var metrics = task.Evaluate(new Always(20, 3, 9, 0, 1, 2), DataSplit.Validation);
        Assert.Equal(["accuracy", "top-5 accuracy", "loss"], metrics.Select(m => m.Name));
        Assert.Equal([0.05, 0.25], metrics.Take(2).Select(m => m.Value));
    }

    [Theory]
    [InlineData(1, 30_000)]
    [InlineData(30_000, 1)]
    public void Evaluate_TenCropsOfAThread_TakesNoMoreMemoryThanAnImage(int width, int height)
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 4, val: 1);
        File.WriteAllBytes(folder["val", "a", "val-000.png"], Pictures.Encode(width, height, Pictures.Formula));
        var task = ImageFolder.Open(folder.Root, 32).Task(2, seed: 1);
        using var model = new ResNet20(channels: 3, classes: 3);
        model.eval();
        var before = GC.GetTotalAllocatedBytes();
        Assert.All(task.Evaluate(model, DataSplit.Test), m => Assert.True(double.IsFinite(m.Value)));
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 64 << 20);
    }

    [Fact]
    public void Evaluate_TenCrops_AveragesTheProbabilities()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 3, val: 4, classes: 2);
        foreach (var file in Directory.GetFiles(folder["val", "b"]))
        {
            // Only the right edge of an image of b is bright, where the centre does not reach.
            File.WriteAllBytes(file, Pictures.Encode(40, 16, (x, _) => x >= 30 ? SKColors.White : SKColors.Black));
        }

        foreach (var file in Directory.GetFiles(folder["val", "a"]))
        {
            File.WriteAllBytes(file, Pictures.Encode(40, 16, (_, _) => SKColors.Black));
        }

        var data = new ImageFolder(FolderListing.Read(folder.Root), 14);
        var task = new ImageClassification(data, 2, 1);
        var metrics = task.Evaluate(new Brightness(), DataSplit.Test);
        Assert.Equal(["accuracy", "loss", "accuracy, ten crops"], metrics.Select(m => m.Name));
        Assert.Equal([0.5, 1], [metrics[0].Value, metrics[2].Value]);
        Assert.Equal(["accuracy", "loss"], task.Evaluate(new Brightness(), DataSplit.Validation).Select(m => m.Name));
    }

    [Fact]
    public void Batch_ImagesInMemoryWithTheWholeRecipe_AreVaried()
    {
        using var scope = NewDisposeScope();
        var task = new ImageClassification(Tiny.Dataset(channels: 3, height: 9, width: 9), 8, 1, Augmentation.Reference);
        var (input, _) = task.Batch(0);
        Assert.Equal([8, 3, 9, 9], input.shape);
        Assert.Equal(Read(task, 0), Read(new(Tiny.Dataset(channels: 3, height: 9, width: 9), 8, 1, Augmentation.Reference), 0));
        var error = Assert.Throws<DsdException>(() => new ImageClassification(Tiny.Dataset(), 8, 1, new(jitter: 0.4)));
        Assert.Contains("has images of 1 channel", error.Message);
        _ = new ImageClassification(Tiny.Dataset(), 8, 1, new(smallestCrop: 0.5)).Batch(0);
    }

    private static void Damage(string path, int how) => File.WriteAllBytes(path, how switch
    {
        0 => [],
        1 => "no image"u8.ToArray(),
        2 => File.ReadAllBytes(path)[..60],
        _ => Pictures.Bomb(20_000, 20_000),
    });

    private static string Read(ImageClassification task, long step)
    {
        var (input, target) = task.Batch(step);
        using (input)
        using (target)
        {
            return string.Join(' ', target.data<long>()) + Convert.ToHexString(input.bytes);
        }
    }

    /// <summary>Gives some classes the highest scores, in this order.</summary>
    private sealed class Always(int classes, params int[] best) : nn.Module<Tensor, Tensor>("always")
    {
        public override Tensor forward(Tensor input)
        {
            var scores = zeros(classes);
            for (var i = 0; i < best.Length; i++)
            {
                scores[best[i]] = 10 - i;
            }

            return scores.expand(input.shape[0], classes).clone();
        }
    }

    /// <summary>Class 1 for images with anything bright.</summary>
    private sealed class Brightness() : nn.Module<Tensor, Tensor>("brightness")
    {
        public override Tensor forward(Tensor input)
        {
            var bright = input.amax([1, 2, 3]).gt(0).to(ScalarType.Float32);
            return stack([zeros_like(bright), (bright * 40) - 1], 1);
        }
    }
}

internal static class FolderExtensions
{
    public static ImageFolder With(this ImageFolder folder, int workers) =>
        new(FolderListing.Read(folder.Name["imagenet:".Length..]), folder.ImageSize) { Workers = workers };
}
