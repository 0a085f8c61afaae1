using System.Diagnostics;
using Dsd.Data;

namespace Dsd.Cli.Tests;

/// <summary>Data that is damaged, or absent and out of reach.</summary>
[Collection(RunsCollection.Name)]
[Trait("Tier", "slow")]
public sealed class BadDataTests(Runs runs) : IDisposable
{
    private const string Labels = "t10k-labels-idx1-ubyte.gz";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("truncated")]
    [InlineData("corrupt")]
    [InlineData("empty")]
    [InlineData("text")]
    [InlineData("other")]
    public void DamagedFile_IsNamedAndLeftAlone(string damage)
    {
        _ = runs;
        var folder = Directory.CreateDirectory(_folder["data", FashionMnist.Name]).FullName;
        foreach (var file in Directory.EnumerateFiles(DataCatalog.Get(FashionMnist.Name).Find()!))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        // The files may lie there compressed or not.
        var path = Directory.EnumerateFiles(folder).Single(f => Path.GetFileName(f).StartsWith(Path.GetFileNameWithoutExtension(Labels), StringComparison.Ordinal));
        var bytes = File.ReadAllBytes(path);
        bytes = damage switch
        {
            "truncated" => bytes[..(bytes.Length / 2)],
            "corrupt" => [.. bytes.Select((b, i) => i == bytes.Length / 2 ? (byte)(b ^ 0x55) : b)],
            "empty" => [],
            "text" => "<html>404</html>"u8.ToArray(),
            _ => File.ReadAllBytes(Directory.EnumerateFiles(folder).Single(f => Path.GetFileName(f).StartsWith("train-labels", StringComparison.Ordinal))),
        };
        File.WriteAllBytes(path, bytes);
        var before = _folder.Entries();

        var outcome = DsdProcess.Run(_folder.Root, ["train", .. Runs.Small, "--data-root", "data", "--out", "run"]);

        outcome.Refused();
        Assert.Contains(Path.GetFileName(path), outcome.Error, StringComparison.Ordinal);
        Assert.Equal(before, _folder.Entries());
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    [SkippableTheory]
    [InlineData("train --quiet --out run")]
    [InlineData("data get fashion-mnist")]
    public void NoDataAndNoNetwork_SaysHowToPlaceTheFiles(string line)
    {
        Skip.If(NoData.IsImpossible, "A package of the system provides the data.");
        var environment = NoData.Environment(_folder);
        var clock = Stopwatch.StartNew();

        var outcome = DsdProcess.Run(_folder.Root, environment, line.Split(' '));

        outcome.Refused();
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 60);
        foreach (var expected in new[] { "could not be downloaded; nothing was left behind", "place the files by hand", Labels, Path.Combine(_folder["home"], "dsd", FashionMnist.Name) })
        {
            Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(_folder.Entries(), e => e.Contains("fashion", StringComparison.Ordinal) || e.StartsWith("run", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void OneFileAbsentAndNoNetwork_SaysSoAndKeepsTheOthers()
    {
        Skip.If(NoData.IsImpossible, "A package of the system provides the data.");
        var folder = Directory.CreateDirectory(_folder["data", FashionMnist.Name]).FullName;
        foreach (var file in Directory.EnumerateFiles(DataCatalog.Get(FashionMnist.Name).Find()!).Where(f => !Path.GetFileName(f).StartsWith("t10k-labels", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        var environment = NoData.Environment(_folder);
        var before = _folder.Entries();

        var outcome = DsdProcess.Run(_folder.Root, environment, ["data", "get", FashionMnist.Name, "--data-root", "data"]);

        outcome.Refused();
        Assert.Contains(Labels, outcome.Error, StringComparison.Ordinal);
        Assert.Equal(before, _folder.Entries());
    }
}
