using Dsd.Data.Tests.Speech;
using Dsd.Runs;

namespace Dsd.Data.Tests;

/// <summary>What of a data set is fingerprinted.</summary>
public class DataInventoryTests
{
    [Fact]
    public void Inventory_Images_AreAllOfAllPartsAndNothingElse()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 12, val: 2, classes: 2);
        File.WriteAllText(folder["train", "a", "notes.txt"], "mine");

        var before = Of($"imagenet:{folder.Root}");

        Assert.Equal(2 * 14, before.Files.Count);
        Assert.Equal($"imagenet:{folder.Root}", before.Data);
        Assert.Contains(before.Files, f => f.Name == "val/b/val-001.png" && f.Bytes == new FileInfo(folder["val", "b", "val-001.png"]).Length && f.Hash.Length == 64);
        Assert.Equal("", Of($"imagenet:{folder.Root}{Path.DirectorySeparatorChar}").Since(before));
        Assert.Equal(before.Files, ImageFolder.Open(folder.Root).Task(4, seed: 0).Contents.OrderBy(f => f.Name, StringComparer.Ordinal));

        File.WriteAllBytes(folder["train", "b", "train-003.png"], Pictures.Plain(1, 2, 3));
        File.Move(folder["train", "a", "train-000.png"], folder["train", "b", "other.png"]);
        Assert.Equal("1 file added (train/b/other.png), 1 file removed (train/a/train-000.png), 1 file changed (train/b/train-003.png)", Of($"imagenet:{folder.Root}").Since(before));
    }

    [Fact]
    public void Inventory_AFolderThatWasMoved_HasTheSameFingerprint()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 12, val: 2, classes: 2);
        var before = Of($"imagenet:{folder.Root}");

        Directory.CreateDirectory(folder["moved"]);
        Directory.Move(folder["train"], folder["moved", "train"]);
        Directory.Move(folder["val"], folder["moved", "val"]);

        Assert.Equal(before.Hash, Of($"imagenet:{folder["moved"]}").Hash);
    }

    [Fact]
    public void Inventory_AFileWhoseNameBeginsWithTwoPoints_IsNamedWithoutItsFolder()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.Root);
        File.WriteAllBytes(folder["..a.wav"], Wave.Bytes(Wave.Sine(300, 16_000)));
        foreach (var part in new[] { "train", "validation", "test" })
        {
            File.WriteAllText(folder[$"{part}.tsv"], "..a.wav\tA\n");
        }

        Assert.Equal(["..a.wav", "test.tsv", "train.tsv", "validation.tsv"], Of($"speech:{folder.Root}").Files.Select(f => f.Name));
    }

    [Fact]
    public void Inventory_Speech_IsListsAndSoundsThoseTooThatAreNotThere()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["data"]);
        File.WriteAllBytes(folder["data", "a.wav"], Wave.Bytes(Wave.Sine(300, 16_000)));
        File.WriteAllBytes(folder["b.wav"], Wave.Bytes(Wave.Sine(400, 16_000)));
        File.WriteAllText(folder["data", "train.tsv"], "a.wav\tABBA\ngone.wav\tA\n");
        File.WriteAllText(folder["data", "validation.tsv"], "a.wav\tB\n");
        File.WriteAllText(folder["data", "test.tsv"], $"{folder["b.wav"]}\tA\n");

        var before = Of($"speech:{folder["data"]}");

        Assert.Equal(new[] { folder["b.wav"], "a.wav", "gone.wav", "test.tsv", "train.tsv", "validation.tsv" }.Order(StringComparer.Ordinal), before.Files.Select(f => f.Name));
        Assert.Equal(("", 0L), before.Files.Where(f => f.Name == "gone.wav").Select(f => (f.Hash, f.Bytes!.Value)).Single());
        File.Copy(folder["b.wav"], folder["data", "gone.wav"]);
        Assert.Equal("1 file changed (gone.wav)", Of($"speech:{folder["data"]}").Since(before));
    }

    [Fact]
    public void Inventory_PublishedData_IsTheirChecksumsWithoutAnyFile()
    {
        var inventories = DataCatalog.All.Where(e => !e.IsOfTheUser).Select(e => e.Inventory()!).ToList();

        Assert.All(inventories, i => Assert.All(i.Files, f => Assert.Equal((64, null), (f.Hash.Length, f.Bytes))));
        Assert.Null(inventories[0].Fingerprint("fashion-mnist").Bytes);
        Assert.Equal(4, inventories[0].Files.Count);
        Assert.All(DataCatalog.All.Where(e => e.IsOfTheUser), e => Assert.Null(e.Inventory()));
    }

    [Fact]
    public void Locate_OwnData_HasAFullPathAndOthersStay()
    {
        Assert.Equal($"imagenet:{Path.GetFullPath("my pictures")}", DataCatalog.Locate("imagenet:my pictures"));
        Assert.Equal($"speech:{Path.GetFullPath("x")}", new CatalogTrials().Locate("speech:./y/../x"));
        Assert.Equal("fashion-mnist", DataCatalog.Locate("fashion-mnist"));
        Assert.Equal("imagenet:", DataCatalog.Locate("imagenet:"));
        Assert.Equal("unknown:x", DataCatalog.Locate("unknown:x"));
    }

    private static DataInventory Of(string name) => DataCatalog.Get(name).Inventory()!;
}
