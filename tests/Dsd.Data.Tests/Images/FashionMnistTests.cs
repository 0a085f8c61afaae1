using System.Security.Cryptography;

namespace Dsd.Data.Tests;

public class FashionMnistTests
{
    private static readonly Lazy<string?> Downloaded = new(() =>
    {
        try
        {
            FashionMnist.Download();
            return null;
        }
        catch (DsdException e)
        {
            return e.Message;
        }
    });

    [SkippableFact]
    [Trait("Tier", "slow")]
    public void Load_RealData_HasThePartsAndTheMomentsKnown()
    {
        SkipWithoutData();
        var data = FashionMnist.Load();
        Assert.Equal((55_000, 5_000, 10_000), (data.Train.Count, data.Validation.Count, data.Test.Count));
        Assert.Equal((1, 28, 28, 10), (data.Train.Channels, data.Train.Height, data.Train.Width, data.Classes));

        // Computed apart from this library, from the published files and the definition of the validation part.
        Assert.Equal(0.286031125632071, data.Mean[0], 14);
        Assert.Equal(0.35305224096009835, data.StandardDeviation[0], 14);
        Assert.Equal(
            "a8e91c1d4581921527ed966f8a5af1566b0435552c1daf661c12879afa673dc0",
            Convert.ToHexStringLower(SHA256.HashData(data.Validation.Pixels.Span)));

        // The official test part has each class 1,000 times, and begins with an ankle boot.
        Assert.All(data.Test.Labels.ToArray().GroupBy(l => l), g => Assert.Equal(1_000, g.Count()));
        Assert.Equal("Ankle boot", FashionMnist.ClassNames[data.Test.Labels.Span[0]]);
        Assert.All(data.Validation.Labels.ToArray().GroupBy(l => l), g => Assert.InRange(g.Count(), 400, 600));
    }

    [SkippableFact]
    [Trait("Tier", "slow")]
    public void Load_RealDataWithLimit_TakesTheFirstOfTheSameTrainPart()
    {
        SkipWithoutData();
        var whole = FashionMnist.Load();
        var some = (ImageDataset)DataCatalog.Get("fashion-mnist").Load(trainLimit: 100);
        Assert.Equal(100, some.Train.Count);
        Assert.True(whole.Train.Pixels[..(100 * 784)].Span.SequenceEqual(some.Train.Pixels.Span));
        Assert.True(whole.Validation.Pixels.Span.SequenceEqual(some.Validation.Pixels.Span));
    }

    [SkippableFact]
    public void Obtain_RealDataPresent_TellsNobodyAndFetchesNothing()
    {
        SkipWithoutData();
        var log = new List<string>();
        Assert.Equal(FashionMnist.Find(), FashionMnist.Download(log: log.Add));
        Assert.Empty(log);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(55_001)]
    public void Load_LimitOutsideTheRange_ThrowsBeforeReading(int limit)
    {
        using var empty = new TempFolder();
        Assert.Contains("1 to 55000", Assert.Throws<ArgumentOutOfRangeException>(() => FashionMnist.Load(empty.Root, limit)).Message);
    }

    [Fact]
    public void Assemble_HoldsOutTheSameExamplesAlwaysAndKeepsTheOrder()
    {
        var files = Files(200, i => (byte)i);
        var data = FashionMnist.Assemble(files, 20, null);
        var train = data.Train.Pixels.ToArray();
        var validation = data.Validation.Pixels.ToArray();
        Assert.Equal((180, 20), (train.Length, validation.Length));
        Assert.Empty(train.Intersect(validation));
        Assert.Equal(train.Order(), train);
        Assert.Equal(validation.Order(), validation);

        // Written down, so that no change of code moves examples between the parts.
        Assert.Equal(HeldOut, validation);
        Assert.Equal(train[..7], FashionMnist.Assemble(files, 20, 7).Train.Pixels.ToArray());
        Assert.Equal(validation, FashionMnist.Assemble(files, 20, 7).Validation.Pixels.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(181)]
    public void Assemble_LimitOutsideTheRange_Throws(int limit) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => FashionMnist.Assemble(Files(200, i => (byte)i), 20, limit));

    [Fact]
    public void Assemble_LabelTen_ThrowsWithTheFile()
    {
        var files = Files(30, _ => 0).ToArray();
        files[1] = Tiny.Read(Tiny.Idx([30], [.. Enumerable.Repeat((byte)9, 29), 10]), "labels.gz");
        var error = Assert.Throws<DsdException>(() => FashionMnist.Assemble(files, 5, null));
        Assert.Contains("'labels.gz' has the label 10 at position 29; 0 to 9 are allowed", error.Message);
    }

    [Fact]
    public void Assemble_FilesThatDoNotFit_ThrowWithTheFile()
    {
        var files = Files(30, _ => 0);
        Assert.Contains("[29]", Assert.Throws<DsdException>(
            () => FashionMnist.Assemble([files[0], Tiny.Read(Tiny.Idx([29], new byte[29])), files[2], files[3]], 5, null)).Message);
        Assert.Contains("expected [images, rows, columns]", Assert.Throws<DsdException>(
            () => FashionMnist.Assemble([files[1], files[0], files[2], files[3]], 5, null)).Message);
    }

    private static readonly byte[] HeldOut =
        [32, 33, 48, 60, 65, 82, 90, 97, 101, 118, 141, 144, 152, 154, 178, 183, 184, 185, 192, 198];

    private static void SkipWithoutData() =>
        Skip.If(Downloaded.Value is not null, $"Fashion-MNIST is missing and cannot be downloaded: {Downloaded.Value}");

    /// <summary>Train images of one pixel each, their labels, and a small test part.</summary>
    private static IdxFile[] Files(int count, Func<int, byte> pixel) =>
    [
        Tiny.Read(Tiny.Idx([count, 1, 1], [.. Enumerable.Range(0, count).Select(pixel)])),
        Tiny.Read(Tiny.Idx([count], new byte[count])),
        Tiny.Read(Tiny.Idx([2, 1, 1], [1, 2])),
        Tiny.Read(Tiny.Idx([2], [3, 4])),
    ];
}
