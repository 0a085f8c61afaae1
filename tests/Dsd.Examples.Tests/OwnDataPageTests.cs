using System.Text.Json;
using Dsd.Data;

namespace Dsd.Examples.Tests;

/// <summary>The scripts of core/docs/own-data.md, run on small data made here.</summary>
[Trait("Tier", "slow")]
public sealed class OwnDataPageTests : IDisposable
{
    private static readonly string s_page = Repository.Read("core/docs/own-data.md");
    private static readonly string[] s_things = ["kite", "boat", "tree"];
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void FSharp_CaptionsInAFolder_AreReadAndWritten()
    {
        Directory.CreateDirectory(_folder["kites"]);
        string[] splits = [.. Enumerable.Repeat("train", 24), "val", "val", "val", "test", "test", "test"];
        File.WriteAllText(_folder["kites", "dataset.json"], JsonSerializer.Serialize(new
        {
            images = splits.Select((split, i) => new
            {
                imgid = i,
                filename = $"{split}-{i}.jpg",
                split,
                sentences = new[] { "here is a", "this is one" }.Select(s => new { tokens = $"{s} {s_things[i % 3]}".Split(' ') }),
            }),
        }));
        NpyFile.Write(_folder["kites", "features.npy"], new(splits.Length, 3, [.. Enumerable.Range(0, splits.Length).SelectMany(i => Enumerable.Range(0, 3).Select(f => f == i % 3 ? 1f + (i / 100f) : 0f))]));

        var output = Run(block: 0);
        Assert.Matches(@"test-27\.jpg, one of 2: here is a kite; the network: \w+", output);
        Assert.Matches(@"test-28\.jpg, one of 2: here is a boat; the network: \w+", output);
        Assert.DoesNotContain("test-29.jpg", output, StringComparison.Ordinal);
    }

    [Fact]
    public void FSharp_TextsInMemory_AreCompared()
    {
        Directory.CreateDirectory(_folder["texts"]);
        foreach (var i in Enumerable.Range(0, 6))
        {
            File.WriteAllText(_folder["texts", $"{i}.txt"], string.Concat(Enumerable.Repeat("one for sorrow, two for joy; ", 12 + i)));
        }

        Assert.Matches(@"\| dsd +\|.*\n\| control +\|", Run(block: 1));
    }

    private string Run(int block) => Repository.RunFSharp(_folder, Repository.Blocks(s_page, "fsharp")[block]);
}
