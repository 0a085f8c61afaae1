using SkiaSharp;

namespace Dsd.Cli.Tests;

/// <summary>The user's own images in a folder.</summary>
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
        Assert.Contains("images of 1024×1024 fill more than 2 GB", outcome.Error, StringComparison.Ordinal);
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
