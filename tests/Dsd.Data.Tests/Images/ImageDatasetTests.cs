using System.Runtime.CompilerServices;
using Dsd.Records;
using Dsd.Studies;
using static TorchSharp.torch;

namespace Dsd.Data.Tests;

public class ImageDatasetTests
{
    [Fact]
    public void Contents_AreOfThePixelsAndLabelsOfEachSplit_SoThatAStudyTakesThem()
    {
        RuntimeHelpers.RunModuleConstructor(typeof(DsdException).Module.ModuleHandle);
        var data = Tiny.Dataset();
        Assert.Equal(["train", "validation", "test"], data.Contents.Select(c => c.Name));
        Assert.Equal([24L * 13, 7 * 13, 11 * 13], data.Contents.Select(c => c.Bytes));
        Assert.Equal(data.Contents, Tiny.Dataset().Contents);
        Assert.NotEqual(data.Contents[2], Tiny.Dataset(test: 10).Contents[2]);
        Assert.NotEqual(data.Contents[0].Hash, Tiny.Dataset(height: 3, width: 4).Contents[0].Hash);

        var source = StudySource.Of(() => nn.Sequential(nn.Flatten(), nn.Linear(12, 10)), seed => new ImageClassification(data, 4, seed));
        Assert.Equal((Tiny.Name, 4), (source.Config.Data, source.Config.Batch));
        Assert.Equal(data.Contents.OrderBy(c => c.Name, StringComparer.Ordinal), source.Inventory(Tiny.Name)!.Files);
    }

    [Fact]
    public void Moments_AreThoseOfTheTrainPart()
    {
        var data = Tiny.Dataset(channels: 3);
        for (var channel = 0; channel < 3; channel++)
        {
            var plane = data.Train.Height * data.Train.Width;
            var values = Enumerable.Range(0, data.Train.Count)
                .SelectMany(i => data.Train.Image(i).Slice(channel * plane, plane).ToArray()).Select(p => p / 255.0).ToArray();
            var mean = values.Average();
            Assert.Equal(mean, data.Mean[channel], 12);
            Assert.Equal(Math.Sqrt(values.Average(v => (v - mean) * (v - mean))), data.StandardDeviation[channel], 12);
        }
    }

    [Fact]
    public void Part_GivesTheThreeParts()
    {
        var data = Tiny.Dataset();
        Assert.Same(data.Train, data.Part(DataSplit.Train));
        Assert.Same(data.Validation, data.Part(DataSplit.Validation));
        Assert.Same(data.Test, data.Part(DataSplit.Test));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Part((DataSplit)3));
    }

    [Fact]
    public void New_LabelNotBelowClasses_ThrowsWithPartPositionAndRange()
    {
        var good = Tiny.Split(3);
        var bad = new ImageSplit(new byte[36], [9, 10, 3], 1, 4, 3);
        var error = Assert.Throws<DsdException>(() => new ImageDataset("x", 10, good, bad, good));
        Assert.Contains("Validation split of x has the label 10 at position 1; 0 to 9 are allowed", error.Message);
    }

    [Fact]
    public void New_256Classes_AllowEveryLabel()
    {
        var all = new ImageSplit(new byte[256], [.. Enumerable.Range(0, 256).Select(i => (byte)i)], 1, 1, 1);
        Assert.Equal(256, new ImageDataset("x", 256, all, all, all).Classes);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageDataset("x", 257, all, all, all));
        Assert.Throws<DsdException>(() => new ImageDataset("x", 255, all, all, all));
    }

    [Fact]
    public void New_EmptyTrainOrOtherShapes_Throws()
    {
        var good = Tiny.Split(3);
        Assert.Throws<ArgumentException>(() => new ImageDataset("x", 10, Tiny.Split(0), good, good));
        Assert.Contains("1×3×4", Assert.Throws<ArgumentException>(
            () => new ImageDataset("x", 10, good, good, Tiny.Split(3, height: 3, width: 4))).Message);
    }

    [Fact]
    public void Split_WrongNumberOfPixels_ThrowsWithBothNumbers()
    {
        var error = Assert.Throws<ArgumentException>(() => new ImageSplit(new byte[11], new byte[2], 1, 2, 3));
        Assert.Contains("need 12 pixels; got 11", error.Message);
    }

    [Fact]
    public void Split_SelectAndImage_GiveTheImagesAskedFor()
    {
        var split = new ImageSplit([1, 2, 3, 4, 5, 6], [7, 8, 9], 1, 1, 2);
        var selected = split.Select([2, 0]);
        Assert.Equal([5, 6, 1, 2], selected.Pixels.ToArray());
        Assert.Equal([9, 7], selected.Labels.ToArray());
        Assert.Equal([3, 4], split.Image(1).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => split.Image(3).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => split.Select([-1]));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(9)]
    public void Augmentation_ShiftOutsideTheRange_Throws(int shift) =>
        Assert.Contains("0 to 8", Assert.Throws<ArgumentOutOfRangeException>(() => new Augmentation(shift)).Message);

    [Theory]
    [InlineData(0.0, 0, 0, "smallestCrop")]
    [InlineData(1.1, 0, 0, "smallestCrop")]
    [InlineData(double.NaN, 0, 0, "smallestCrop")]
    [InlineData(null, -0.1, 0, "jitter")]
    [InlineData(null, double.NaN, 0, "jitter")]
    [InlineData(null, 0, 1.5, "lighting")]
    public void Augmentation_NumberOutsideItsRange_Throws(double? crop, double jitter, double lighting, string name) =>
        Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(() => new Augmentation(0, false, crop, jitter, lighting)).ParamName);

    [Fact]
    public void Augmentation_ShiftAndCrop_Throws() =>
        Assert.Contains("leave one out", Assert.Throws<ArgumentException>(() => Augmentation.Reference.WithShiftPixels(1)).Message);

    [Fact]
    public void Augmentation_ToString_SaysEverything()
    {
        Assert.Equal("crop 8–100 % of the area, ratio 3/4–4/3, flip, jitter 0.4, lighting 0.1", Augmentation.Reference.ToString());
        Assert.Equal("shift 2, flip", Augmentation.Usual.ToString());
        Assert.Equal("no augmentation", Augmentation.None.ToString());
        Assert.Equal("crop 8–100 % of the area, ratio 3/4–4/3", Augmentation.Reference.WithFlip(false).WithJitter(0).WithLighting(0).ToString());
        Assert.Equal("flip, lighting 0.1", Augmentation.Reference.WithSmallestCrop(null).WithJitter(0).ToString());
    }

    [Fact]
    public void Augmentation_WithMembers_ChangeOneThing()
    {
        Assert.True(Augmentation.None.IsNone);
        Assert.Equal(new Augmentation(2, true), Augmentation.None.WithShiftPixels(2).WithFlip(true));
        Assert.False(Augmentation.None.WithFlip(true).IsNone);
        Assert.Throws<ArgumentOutOfRangeException>(() => Augmentation.None.WithShiftPixels(9));
    }
}
