using System.Text.Json;
using System.Text.Json.Nodes;
using Dsd.Data;

namespace Dsd.Cli.Tests;

/// <summary>A few small real runs that many tests look at; each is done once, when a test first asks for it.</summary>
public sealed class Runs : IDisposable
{
    /// <summary>What makes a run of twelve steps.</summary>
    public static readonly string[] Small =
        ["--model", "lenet-300-100", "--train-limit", "640", "--dense", "4st", "--sparse", "4st", "--redense", "4st", "--threads", "1", "--device", "cpu"];

    /// <summary>What makes a run that does not end by itself while a test lasts.</summary>
    public static readonly string[] Long =
        ["--model", "lenet-300-100", "--train-limit", "640", "--dense", "10000st", "--sparse", "10000st", "--redense", "10000st", "--threads", "1", "--device", "cpu"];

    private readonly Lazy<Outcome> _json;
    private readonly Lazy<Outcome> _again;
    private readonly Lazy<Outcome> _german;
    private readonly Lazy<Outcome> _other;

    public Runs()
    {
        // The real data, once; the command would fetch it too, but then its output would depend on which test came first.
        DataCatalog.Get(FashionMnist.Name).Download();
        _json = new(() => DsdProcess.Run(Folder.Root, ["train", .. Small, "--seed", "7", "--json", "--out", "json"]).Succeeded());
        _again = new(() => DsdProcess.Run(Folder.Root, ["train", .. Small, "--seed", "7", "--json", "--out", "again"]).Succeeded());
        _german = new(() => DsdProcess.Run(
            Folder.Root,
            new() { ["LANG"] = "de_DE.UTF-8", ["LC_ALL"] = "de_DE.UTF-8", ["TERM"] = "xterm-256color" },
            ["train", .. Small, "--seed", "7", "--out", "german"]).Succeeded());
        _other = new(() => DsdProcess.Run(Folder.Root, ["train", .. Small, "--seed", "8", "--arms", "dsd", "--quiet", "--out", "other"]).Succeeded());
    }

    public TempFolder Folder { get; } = new();

    /// <summary>Both arms, seed 7, <c>--json</c>; in the folder <c>json</c>.</summary>
    public Outcome Json => _json.Value;

    /// <summary>The same again; in the folder <c>again</c>.</summary>
    public Outcome Again => _again.Value;

    /// <summary>The same in a German environment and without <c>--json</c>; in the folder <c>german</c>.</summary>
    public Outcome German => _german.Value;

    /// <summary>Seed 8, the arm dsd alone, <c>--quiet</c>; in the folder <c>other</c>.</summary>
    public Outcome Other => _other.Value;

    /// <summary>The object that <c>--json</c> printed, without the folder and the times.</summary>
    public static string WithoutTimes(string json)
    {
        var node = JsonNode.Parse(json)!.AsObject();
        Assert.True(node.Remove("folder"));
        Assert.True(node.Remove("seconds"));
        Assert.True(node.Remove("stepsPerSecond"));
        return node.ToJsonString();
    }

    /// <summary>The one JSON object that a text consists of.</summary>
    public static JsonElement Object(string text)
    {
        using var document = JsonDocument.Parse(text);
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        return document.RootElement.Clone();
    }

    /// <summary>The folder of a run, which is trained first where it is not yet.</summary>
    /// <param name="run"><c>json</c> or <c>other</c>.</param>
    public string Of(string run)
    {
        _ = run == "json" ? Json : Other;
        return Folder[run];
    }

    /// <summary>Copies such a run.</summary>
    public void Copy(string run, string to)
    {
        foreach (var file in Directory.EnumerateFiles(Of(run), "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(Of(run), file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    public void Dispose() => Folder.Dispose();
}

[CollectionDefinition(Name)]
public sealed class RunsCollection : ICollectionFixture<Runs>
{
    public const string Name = "runs";
}
