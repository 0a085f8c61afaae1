using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Dsd.Records;

namespace Dsd.Data.Tests;

public class EmojiTests
{
    private const string NotHere = "The emoji are not here; 'dsd data get emoji' fetches them.";

    private static readonly PublishedSet s_tiny = new(
        "tiny", "MIT", "1 kB", [], null, Tiny.Page, [new("tiny.zip", "", 0)]);

    [SkippableFact]
    public void Read_GivesEveryPictureOfBothVendorsWithItsLabel()
    {
        Skip.If(EmojiImages.Find() is null, NotHere);
        var all = EmojiImages.Read();
        Assert.Equal(EmojiImages.Count, all.Count);
        Assert.All(EmojiImages.Vendors, v => Assert.Equal(EmojiImages.Count / 2, all.Count(i => i.Vendor == v)));
        Assert.Equal(2 * 1_875, all.Count(i => i.HasSkinTone));
        var hand = Assert.Single(all, i => i is { Code: "1F44B-1F3FB", Vendor: "google" });
        Assert.Equal(("waving hand: light skin tone", "1F44B", "people-body"), (hand.Label, hand.Concept, hand.Group));
        Assert.All(all, i => Assert.Equal(i.HasSkinTone, i.Code != i.Concept));
    }

    [SkippableFact]
    public void Decode_RedHeart_IsRedOverWhite()
    {
        Skip.If(EmojiImages.Find() is null, NotHere);
        foreach (var heart in EmojiImages.Read().Where(i => i.Label == "red heart"))
        {
            var planes = EmojiImages.Decode(heart);
            const int Plane = 64 * 64;
            Assert.Equal([255, 255, 255], new[] { 0, Plane, 2 * Plane }.Select(p => (int)planes[p]));
            var centre = new[] { 0, Plane, 2 * Plane }.Select(p => (int)planes[p + (32 * 64) + 32]).ToArray();
            Assert.True(centre[0] > 180 && centre[1] < 90 && centre[2] < 90, string.Join(' ', centre));
        }
    }

    [SkippableFact]
    public void Split_DividesNoFamilyAndKeepsShares()
    {
        Skip.If(EmojiImages.Find() is null, NotHere);
        var (train, validation, test) = EmojiGroups.Split(EmojiImages.Read());
        Assert.Equal((EmojiGroups.TrainCount, EmojiGroups.ValidationCount, EmojiGroups.TestCount), (train.Count, validation.Count, test.Count));
        IReadOnlyList<EmojiImage>[] parts = [train, validation, test];
        Assert.Equal(1_636, parts.SelectMany(p => p).Select(i => i.Concept).Distinct().Count());
        Assert.Equal(
            parts.SelectMany(p => p).Select(i => i.Family).Distinct().Count(),
            parts.Sum(p => p.Select(i => i.Family).Distinct().Count()));
        foreach (var group in EmojiGroups.ClassNames)
        {
            var counts = parts.Select(p => (double)p.Count(i => i.Group == group)).ToArray();
            Assert.InRange(counts[1] / counts.Sum(), 0.09, 0.14);
            Assert.InRange(counts[2] / counts.Sum(), 0.18, 0.24);
        }
    }

    [SkippableTheory]
    [InlineData(64)]
    [InlineData(32)]
    [Trait("Tier", "slow")]
    public void Load_GivesTheSizeAskedForAndBaselines(int size)
    {
        Skip.If(EmojiImages.Find() is null, NotHere);
        var data = Assert.IsType<ImageDataset>(DataCatalog.Get("emoji").Load(trainLimit: 400, imageSize: size));
        Assert.Equal((400, 332, 652, size), (data.Train.Count, data.Validation.Count, data.Test.Count, data.Test.Height));
        Assert.Equal(8, data.Train.Labels.ToArray().Distinct().Count());
        var baselines = data.Baselines(DataSplit.Validation);
        Assert.Equal(["majority class", "nearest neighbour"], baselines.Select(b => b.Name));
        Assert.Equal(82.0 / 332, baselines[0].Metrics[0].Value);
        Assert.InRange(baselines[1].Metrics[0].Value, 0.25, 0.9);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(65)]
    public void Load_OtherSize_Throws(int size) =>
        Assert.Contains("8 to 64", Assert.Throws<ArgumentOutOfRangeException>(() => EmojiGroups.Load(imageSize: size)).Message);

    [Theory]
    [InlineData("1F3C3-200D-2642-FE0F", "1F3C3")]
    [InlineData("1F3C3-200D-2640-200D-27A1", "1F3C3")]
    [InlineData("1F468-200D-2695-FE0F", "1F9D1-200D-2695")]
    [InlineData("1F469-200D-2695-FE0F", "1F9D1-200D-2695")]
    [InlineData("2764-FE0F", "2764")]
    public void Family_LeavesOutGenderAndDirection(string concept, string family) =>
        Assert.Equal(family, new EmojiImage("google", concept, concept, "people-body", false, "", default).Family);

    [Fact]
    public void Baselines_SmallImages_GiveWhatCountingGives()
    {
        ImageSplit train = new([0, 10, 200], [1, 1, 0], 1, 1, 1), part = new([9, 190, 4, 0], [1, 0, 0, 1], 1, 1, 1);
        Assert.Equal(0.5, ImageBaselines.MajorityClass(train, part));
        Assert.Equal(0.75, ImageBaselines.NearestNeighbour(train, part));
    }

    [Fact]
    public void NearestNeighbour_LargeImages_AgreesWithPlainSums()
    {
        var (train, part) = (Tiny.Split(9, 3, 41, 37, purpose: "t"), Tiny.Split(9, 3, 41, 37, purpose: "p"));
        var right = Enumerable.Range(0, part.Count).Count(i =>
        {
            var sums = Enumerable.Range(0, train.Count).Select(k => train.Image(k).ToArray().Zip(part.Image(i).ToArray(), (a, b) => (long)(a - b) * (a - b)).Sum()).ToList();
            return train.Labels.Span[sums.IndexOf(sums.Min())] == part.Labels.Span[i];
        });
        Assert.Equal((double)right / part.Count, ImageBaselines.NearestNeighbour(train, part));
    }

    [Fact]
    public void Obtain_NpmPacks_PlacesTheArchiveAndNothingElse()
    {
        using var folder = new TempFolder();
        var calls = new List<string>();
        var set = Set(Packed());
        Sut(set, folder, (program, arguments, work) =>
        {
            calls.Add($"{program} {string.Join(' ', arguments)}");
            File.WriteAllBytes(Path.Combine(work, "tiny-pack-1.0.0.tgz"), Packed());
            return new(true, "");
        }).Download(folder.Root, null, default);
        Assert.EndsWith("pack --silent --ignore-scripts tiny-pack@1.0.0", Assert.Single(calls));
        Assert.Equal(["tiny", Path.Combine("tiny", "tiny.zip")], folder.Entries());
        var files = ((PublishedPack)Sut(set, folder, NoNpm).Read(folder.Root)[0]).Files;
        Assert.Equal("wanted"u8.ToArray(), Assert.Single(files).Value);
    }

    [Fact]
    public void Obtain_PackageLiesThere_NeedsNoNpm()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["tiny"]);
        File.WriteAllBytes(folder["tiny", "tiny-pack-1.0.0.tgz"], Packed());
        var log = new List<string>();
        Sut(Set(Packed()), folder, NoNpm).Download(folder.Root, log.Add, default);
        Assert.True(File.Exists(folder["tiny", "tiny.zip"]));
        Assert.Contains(log, l => l.Contains(folder["tiny", "tiny-pack-1.0.0.tgz"], StringComparison.Ordinal));
    }

    [Fact]
    public void Obtain_NoNpm_SaysHowToPlaceThePackages()
    {
        using var folder = new TempFolder();
        var error = Assert.Throws<DsdException>(() => Sut(Set(Packed()), folder, NoNpm).Download(folder["a"], null, default));
        Assert.Contains("npm cannot be run", error.Message);
        Assert.Contains(folder["a", "tiny"], error.Message);
        Assert.Empty(folder.Entries());
        Assert.Contains(".tgz", EmojiImages.Published.Whereabouts);
    }

    [Fact]
    public void Obtain_AnotherPackage_SaysBothHashesAndLeavesNothing()
    {
        using var folder = new TempFolder();
        var error = Assert.Throws<DsdException>(() => Sut(Set([1, 2, 3]), folder, (_, _, work) =>
        {
            File.WriteAllBytes(Path.Combine(work, "tiny-pack-1.0.0.tgz"), Packed());
            return new(true, "");
        }).Download(folder.Root, null, default));
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(Packed())), error.Message);
        Assert.Empty(folder.Entries());
    }

    private static ProgramOutcome NoNpm(string program, IReadOnlyList<string> arguments, string folder) => new(false, $"{program} cannot be run: no such file");

    private static Downloader Sut(PublishedSet set, TempFolder folder, Func<string, IReadOnlyList<string>, string, ProgramOutcome> run)
    {
        RunProgram program = (name, arguments, work, _, _) => Task.FromResult(run(name, arguments, work));
        return new(set, new(null, [], folder["user"]), new(program), new(program), new(() => new FakeHome { Fault = "no network" }));
    }

    private static PublishedSet Set(byte[] package) => s_tiny with
    {
        Files = [new("tiny.zip", Hash(), 10_000)],
        Open = PublishedPack.Read,
        NpmPackages = [new("tiny-pack", "1.0.0", Convert.ToHexStringLower(SHA256.HashData(package)), ["package/a/"])],
        TakeOut = (unpacked, target) =>
        {
            // Nothing but what was asked for is unpacked.
            var only = Assert.Single(Directory.GetFiles(unpacked, "*", SearchOption.AllDirectories));
            PublishedPack.Write(target, [("b", only)]);
            return null;
        },
    };

    private static string Hash() => new PublishedPack("", new() { ["b"] = "wanted"u8.ToArray() }).Sha256();

    private static byte[] Packed()
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Optimal, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
        {
            foreach (var (name, text) in new[] { ("package/a/b", "wanted"), ("package/c", "not wanted") })
            {
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)), ModificationTime = DateTimeOffset.UnixEpoch });
            }
        }

        return bytes.ToArray();
    }
}
