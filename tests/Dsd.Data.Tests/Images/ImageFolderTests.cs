using Dsd.Optimizers;
using Dsd.Records;
using Dsd.Runs;
using SkiaSharp;

namespace Dsd.Data.Tests;

public class ImageFolderTests
{
    [Fact]
    public void Open_TrainAndVal_HoldsOutOfTrainAndTestsOnVal()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 23, val: 2);
        var data = ImageFolder.Open(folder.Root, imageSize: 8);
        Assert.Equal(["a", "b", "c"], data.ClassNames);
        Assert.Equal((63, 6, 6), (data.TrainExamples, data.ValidationExamples, data.TestExamples));
        Assert.Equal($"imagenet:{folder.Root}", data.Name);
    }

    [Fact]
    public void Open_WithTest_HoldsOutNothing()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 5, val: 2);
        Directory.CreateDirectory(folder["test", "b"]);
        File.WriteAllBytes(folder["test", "b", "x.PNG"], Pictures.Plain(1, 2, 3));
        var data = ImageFolder.Open(folder.Root, imageSize: 8);
        Assert.Equal((15, 6, 1), (data.TrainExamples, data.ValidationExamples, data.TestExamples));
        Assert.Equal(1, ((ILabelledImages)data).Source(DataSplit.Test).Label(0));
    }

    [Fact]
    public void HoldOut_FollowsFromNamesAloneAndIsFiftyAtMost()
    {
        string[] files = [.. Enumerable.Range(0, 1300).Select(i => $"n_{i}.JPEG")];
        FolderPart one = new("x", ["a", "b"], files, [.. files.Select(_ => 1)]);
        FolderPart both = new("y", ["a", "b"], [.. files.Take(7), .. files], [.. files.Take(7).Select(_ => 0), .. files.Select(_ => 1)]);
        var (kept, held) = one.HoldOut();
        Assert.Equal((1250, 50), (kept.Count, held.Count));
        Assert.Equal(files.Order(), kept.Files.Concat(held.Files).Order());
        var (_, heldOfBoth) = both.HoldOut();
        Assert.Equal(51, heldOfBoth.Count);
        Assert.Equal(held.Files, heldOfBoth.Files.Where((_, i) => heldOfBoth.Labels[i] == 1));
        Assert.Equal(0, new FolderPart("x", ["a"], ["only"], [0]).HoldOut().HeldOut.Count);
    }

    [Fact]
    public void Open_TrainLimit_TakesSomeOfAllClasses()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 40, val: 1);
        var data = ImageFolder.Open(folder.Root, 8, trainLimit: 30);
        var source = ((ILabelledImages)data).Source(DataSplit.Train);
        var counts = Enumerable.Range(0, 30).CountBy(source.Label).Select(c => c.Value).ToList();
        Assert.Equal((30, 3, 12), (data.TrainExamples, counts.Count, data.ValidationExamples));
        Assert.InRange(counts.Min(), 4, 10);
        Assert.Contains("1 to 108", Assert.Throws<ArgumentOutOfRangeException>(() => ImageFolder.Open(folder.Root, 8, 109)).Message);
        Assert.Contains("8 to 1024", Assert.Throws<ArgumentOutOfRangeException>(() => ImageFolder.Open(folder.Root, 7)).Message);
    }

    [Theory]
    [InlineData(false, Redraw.None)]
    [InlineData(false, Redraw.Train)]
    [InlineData(false, Redraw.Splits)]
    [InlineData(true, Redraw.Splits)]
    public void Drawn_ImagesAndLabelsOfASeed_AreThoseOfTheirPlaces(bool hasTest, Redraw redraw)
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 40, val: 10);
        if (hasTest)
        {
            Directory.CreateDirectory(folder["test", "b"]);
            File.WriteAllBytes(folder["test", "b", "x.png"], Pictures.Plain(1, 2, 3));
        }

        var whole = ImageFolder.Open(folder.Root, 8);
        var draw = new SeedDraw(new(0.5), redraw, 30, 1);
        ILabelledImages drawn = (ImageFolder)((ILabelledImages)ImageFolder.Open(folder.Root, 8, 30)).Drawn(draw);
        var names = Names(whole, DataSplit.Train).Concat(Names(whole, DataSplit.Validation)).ToList();
        var limited = Names(ImageFolder.Open(folder.Root, 8, 30), DataSplit.Train).ToList();
        var source = drawn.Source(DataSplit.Train);

        Assert.Equal((30, whole.ValidationExamples), (source.Count, drawn.Source(DataSplit.Validation).Count));
        Assert.Equal(redraw == Redraw.None, limited.SequenceEqual(Names(drawn, DataSplit.Train)));
        Assert.Equal(redraw != Redraw.Splits, Names(whole, DataSplit.Validation).SequenceEqual(Names(drawn, DataSplit.Validation)));
        Assert.Empty(Names(drawn, DataSplit.Train).Intersect(Names(drawn, DataSplit.Validation)));
        Assert.Equal(Names(whole, DataSplit.Test), Names(drawn, DataSplit.Test));
        Assert.Equal(((IDataset)whole).Contents, drawn.Contents);
        Assert.True(drawn.HasWrongLabels);

        // The red of a picture says its class, its name the place.
        var pixels = new float[3 * 64];
        for (var i = 0; i < source.Count; i++)
        {
            var truth = source.NameOf(i).Split('/')[1][0] - 'a';
            source.Write(i, pixels);
            Assert.Equal(truth, source.TrueLabel(i));
            Assert.Equal(truth * 10, (int)Math.Round(((pixels[0] * ImageNet.StandardDeviation[0]) + ImageNet.Mean[0]) * 255));
            Assert.Equal(draw.Label(names.IndexOf(source.NameOf(i)), truth, 3), source.Label(i));
        }

        Assert.InRange(Enumerable.Range(0, 30).Count(i => source.Label(i) != source.TrueLabel(i)), 5, 25);
        Assert.Equal(Enumerable.Range(0, 30).Select(source.TrueLabel).Order(), Enumerable.Range(0, 30).Select(source.TrueLabel));

        static IEnumerable<string> Names(ILabelledImages data, DataSplit split) => Enumerable.Range(0, data.Source(split).Count).Select(data.Source(split).NameOf);
    }

    [Fact]
    public void Get_UsersFolder_TellsWhatIsInIt()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 20, val: 2);
        File.WriteAllText(folder["train", "a", "readme.txt"], "");
        File.WriteAllText(folder["train", "a", ".hidden.png"], "");
        Directory.CreateDirectory(folder["train", ".git"]);
        var entry = DataCatalog.Get($"imagenet:{folder.Root}");
        Assert.Equal("54 train, 6 validation, 6 test; 3 classes; 3×224×224", entry.Contents);
        Assert.Equal(
            ["Left out, train: files that are no images by their names (1 .txt): 1 (train/a/readme.txt)", "Left out, train: hidden images: 1 (train/a/.hidden.png)"],
            entry.Problems().Where(p => p.Kind == DataProblemKind.LeftOut).Select(p => p.ToString()));
        Assert.Equal((3, 3, 224, true), (entry.Inputs, entry.Classes, entry.Height, entry.HasImageSize));
        Assert.Equal(folder.Root, entry.Download());
        Assert.Equal(32, Assert.IsType<ImageFolder>(entry.Load(imageSize: 32)).ImageSize);
    }

    [Fact]
    public void Get_ImageNet_KnowsItsSizeAndSaysHowToNameAFolder()
    {
        var entry = DataCatalog.Get("imagenet");
        Assert.Equal((1_231_167, 50_000, 50_000, 1000), (entry.TrainExamples, entry.ValidationExamples, entry.TestExamples, entry.Classes));
        Assert.Null(entry.Find());
        Assert.Contains("imagenet:PATH", Assert.Throws<DsdException>(() => entry.Download()).Message);
        Assert.Contains("imagenet:PATH", Assert.Throws<DsdException>(() => entry.Load()).Message);
        Assert.Contains("imagenet:PATH", Assert.Throws<DsdException>(() => DataCatalog.Get("imagenet: ")).Message);
    }

    [SkippableTheory]
    [InlineData("caf\u00E9", "cafe\u0301", "'cafe\u0301' (train has 'caf\u00E9': U+0065 U+0301 here, U+00E9 there)")]
    [InlineData("r\u00E1j", "ra\u0301j", "U+0061 U+0301 here, U+00E1 there")]
    [InlineData("Cat", "cat", "'cat' (train has 'Cat': U+0063 here, U+0043 there)")]
    [InlineData("cat", "cat\u200B", "'cat\u200B' (train has 'cat': U+200B here, nothing there)")]
    [InlineData("cat ", "cat", "'cat' (train has 'cat ': nothing here, U+0020 there)")]
    [InlineData("cat", "dog", "has classes that train lacks: dog. Both need")]
    public void Open_AClassThatDiffersInFormAlone_ShowsHow(string inTrain, string inVal, string message)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Other systems take such names for the same.");
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 2, val: 1, classes: 2);
        Directory.Move(folder["train", "b"], folder["train", inTrain]);
        Directory.Move(folder["val", "b"], folder["val", inVal]);
        Assert.Contains(message, Assert.Throws<DsdException>(() => ImageFolder.Open(folder.Root, 8)).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Open_TwoClassesOfOneNameInTwoForms_AreRefusedAndShown()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Other systems take such names for the same.");
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 2, val: 1, classes: 2);
        Directory.Move(folder["train", "a"], folder["train", "e\u0301"]);
        Directory.Move(folder["train", "b"], folder["train", "\u00E9"]);
        var error = Assert.Throws<DsdException>(() => ImageFolder.Open(folder.Root, 8));
        Assert.Contains("has one class name in two Unicode forms: 'e\u0301' and '\u00E9' (U+0065 U+0301 and U+00E9)", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Get_TwoClassesThatDifferByCase_AreTold()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Other systems take such names for the same.");
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 2, val: 1, classes: 2);
        foreach (var part in new[] { "train", "val" })
        {
            Directory.Move(folder[part, "b"], folder[part, "A"]);
        }

        Assert.Contains("classes that differ only by case: 'A' and 'a'", DataCatalog.Get($"imagenet:{folder.Root}").Contents, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing there", "There is no folder '{0}'")]
    [InlineData("no val", "There is no folder '{0}/val'")]
    [InlineData("no classes", "'{0}/train' holds no folders")]
    [InlineData("flat val", "'{0}/val' holds no folders, so there are no classes. Expected is PATH/train/CLASS/IMAGE and PATH/val/CLASS/IMAGE, and, if there is a test split, PATH/test/CLASS/IMAGE; move its images into a folder")]
    [InlineData("empty class", "'{0}/train' has 1 class without an image: b.")]
    [InlineData("unknown class", "'{0}/val' has classes that train lacks: z.")]
    public void Open_LaidOutOtherwise_SaysWhere(string fault, string message)
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 2, val: 1, classes: 2);
        switch (fault)
        {
            case "nothing there":
                Directory.Delete(folder["train"], recursive: true);
                Directory.Delete(folder["val"], recursive: true);
                break;
            case "no val":
                Directory.Delete(folder["val"], recursive: true);
                break;
            case "no classes":
                Directory.Delete(folder["train", "a"], recursive: true);
                Directory.Delete(folder["train", "b"], recursive: true);
                break;
            case "flat val":
                Directory.Delete(folder["val", "b"], recursive: true);
                Directory.Move(folder["val", "a"], folder["other"]);
                File.Move(folder["other", "val-000.png"], folder["val", "x.JPEG"]);
                break;
            case "empty class":
                Directory.EnumerateFiles(folder["train", "b"]).ToList().ForEach(File.Delete);
                break;
            case "unknown class":
                Directory.Move(folder["val", "b"], folder["val", "z"]);
                break;
        }

        var path = fault == "nothing there" ? folder["gone"] : folder.Root;
        var error = Assert.Throws<DsdException>(() => ImageFolder.Open(path, 8));
        Assert.Contains(string.Format(message, path).Replace('/', Path.DirectorySeparatorChar)[..Math.Min(60, string.Format(message, path).Length)], error.Message.Replace('/', Path.DirectorySeparatorChar));
    }

    [Fact]
    public void Open_FoldersWithinAClass_AreDescendedInto()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 12, val: 2, classes: 2);
        Directory.CreateDirectory(folder["train", "a", "more", "still"]);
        File.Move(folder["train", "a", "train-003.png"], folder["train", "a", "more", "x.png"]);
        File.Move(folder["train", "a", "train-004.png"], folder["train", "a", "more", "still", "y.png"]);
        Directory.CreateDirectory(folder["val", "b", "all"]);
        Directory.EnumerateFiles(folder["val", "b"]).ToList().ForEach(f => File.Move(f, folder["val", "b", "all", Path.GetFileName(f)]));
        var data = ImageFolder.Open(folder.Root, 8);
        Assert.Equal((22, 2, 4), (data.TrainExamples, data.ValidationExamples, data.TestExamples));
        var train = ((ILabelledImages)data).Source(DataSplit.Train);
        var names = Enumerable.Range(0, train.Count).Select(train.NameOf).ToList();
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.True(names.Contains("train/a/more/x.png") || names.Contains("train/a/more/still/y.png"));
        var target = new float[3 * 64];
        Enumerable.Range(0, train.Count).ToList().ForEach(i => train.Write(i, target));
    }

    [Fact]
    public void Problems_WhatIsPassedOver_IsCountedAndNamed()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 4, val: 1, classes: 2);
        void Put(params string[] path)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder[path])!);
            File.WriteAllBytes(folder[path], Pictures.Plain(1, 2, 3));
        }

        Put("train", "x.png");
        Put("train", "y.TIF");
        Put("top.jpg");
        Put("validation", "a", "0.png");
        Put("train", "a", "0.jfif");
        Put("train", "a", "deep", "1.tif");
        Put("train", "a", "2.tiff");
        Put("train", "a", "notes");
        Put("val", "b", ".hidden", "0.png");
        var data = ImageFolder.Open(folder.Root, 8);
        Assert.Equal(9, data.TrainExamples + data.ValidationExamples);
        Assert.Equal(
            [
                "Left out: folders beside train and val: 1 (validation)",
                "Left out: images directly in the folder, beside train and val: 1 (top.jpg)",
                "Left out, train: files that are no images by their names (1 without an ending): 1 (train/a/notes)",
                "Left out, train: images directly in train, above the folders of classes: 2 (train/x.png; train/y.TIF)",
                "Left out, train: images in formats that are not read (1 .tif, 1 .tiff): 2 (train/a/2.tiff; train/a/deep/1.tif)",
                "Left out, test: hidden folders: 1 (val/b/.hidden)",
            ],
            data.Problems.Where(p => p.Kind == DataProblemKind.LeftOut).Select(p => p.ToString()));
        Assert.Equal(data.Problems, data.Task(2, 1).Problems);
        Assert.Equal(data.Problems, DataCatalog.Get(data.Name).Problems());
    }

    [Fact]
    public void Problems_SameBytesInTwoParts_AreCountedForEachPair()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 3, val: 2, classes: 2);
        foreach (var file in Directory.GetFiles(folder["val"], "*", SearchOption.AllDirectories))
        {
            File.WriteAllBytes(file, Pictures.Plain(200, (byte)file.Length, (byte)(file.Contains("000", StringComparison.Ordinal) ? 1 : 2)));
        }

        Directory.CreateDirectory(folder["test", "a"]);
        File.Copy(folder["train", "a", "train-001.png"], folder["val", "b", "again.png"]);
        File.Copy(folder["train", "a", "train-001.png"], folder["test", "a", "again.png"]);
        File.Copy(folder["train", "b", "train-002.png"], folder["test", "a", "other.png"]);
        Assert.Equal(
            [
                "Missing, test: classes of which there is no image: 1 (b)",
                "In two splits, validation: images with the same bytes as one of train: 1 (val/b/again.png = train/a/train-001.png)",
                "In two splits, test: images with the same bytes as one of train: 2 (test/a/again.png = train/a/train-001.png; test/a/other.png = train/b/train-002.png)",
                "In two splits, test: images with the same bytes as one of validation: 1 (test/a/again.png = val/b/again.png)",
            ],
            ImageFolder.Open(folder.Root, 8).Problems.Select(p => p.ToString()));
        Assert.Single(ImageFolder.Open(folder.Root, 8, trainLimit: 1).Problems, p => p is { Kind: DataProblemKind.Missing, Split: DataSplit.Train, Count: 1 });
    }

    [SkippableFact]
    public void Open_LinkBackToAFolderAbove_IsNotFollowed()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links need special rights there.");
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 4, val: 1, classes: 2);
        Directory.CreateSymbolicLink(folder["train", "b", "back"], folder["train", "b"]);
        Assert.Contains("Left out, train: links that lead back to a folder above them: 1 (train/b/back)", ImageFolder.Open(folder.Root, 8).Problems.Select(p => p.ToString()));
    }

    [SkippableFact]
    public void Open_LinkedClass_IsRead()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links need special rights there.");
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 4, val: 1, classes: 2);
        Directory.Move(folder["train", "b"], folder["elsewhere"]);
        Directory.CreateSymbolicLink(folder["train", "b"], folder["elsewhere"]);
        Assert.Equal(6, ImageFolder.Open(folder.Root, 8).TrainExamples);
    }

    [Fact]
    public void Write_ImagesOfOneColour_AreNormalisedByImageNetsMoments()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 2, val: 1, classes: 1);
        File.WriteAllBytes(folder["val", "a", "val-000.png"], Pictures.Encode(50, 20, (_, _) => new(255, 0, 51)));
        var pixels = new float[3 * 64];
        ((ILabelledImages)ImageFolder.Open(folder.Root, 8)).Source(DataSplit.Test).Write(0, pixels);
        Assert.All(pixels[..64], v => Assert.Equal((1 - 0.485) / 0.229, v, 1e-4));
        Assert.All(pixels[64..128], v => Assert.Equal((0 - 0.456) / 0.224, v, 1e-4));
        Assert.All(pixels[128..], v => Assert.Equal((0.2 - 0.406) / 0.225, v, 1e-4));
    }

    [Fact]
    public void Write_Crop_HasTheColoursOfTheGradientThere()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 2, val: 1, classes: 1);
        foreach (var file in Directory.GetFiles(folder["train", "a"]))
        {
            File.WriteAllBytes(file, Pictures.Encode(120, 100, (x, y) => new((byte)(2 * x), (byte)(2 * y), 0)));
        }

        var source = ((ILabelledImages)ImageFolder.Open(folder.Root, 16)).Source(DataSplit.Train);
        for (var position = 0; position < 20; position++)
        {
            var variation = new Variation(new(smallestCrop: 0.3), 1, 0, position);
            var box = variation.Crop(120, 100);
            var pixels = new float[3 * 256];
            source.Write(0, variation, pixels);
            foreach (var (x, y) in new[] { (7, 7), (3, 12) })
            {
                Assert.Equal(2 * (box.X + ((x + 0.5) * box.Width / 16) - 0.5), 255 * ((pixels[(16 * y) + x] * 0.229) + 0.485), 0.05);
                Assert.Equal(2 * (box.Y + ((y + 0.5) * box.Height / 16) - 0.5), 255 * ((pixels[256 + (16 * y) + x] * 0.224) + 0.456), 0.05);
            }
        }
    }

    [Fact]
    public void Task_Settings_SayEverything()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 20, val: 1);
        IDataset data = ImageFolder.Open(folder.Root, 32);
        Assert.Equal(
            "54 examples of 32×32, batch 4, seed 7, crop 8–100 % of the area, ratio 3/4–4/3, flip, jitter 0.4, lighting 0.1",
            data.Task(4, 7, data.UsualAugmentation).Settings);
    }
}
