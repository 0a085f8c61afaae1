using System.Text.Json;
using System.Text.Json.Nodes;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Cli.Tests;

/// <summary><c>dsd runs</c>, <c>dsd compare</c> and <c>dsd rerun</c>: over several runs.</summary>
[Collection(RunsCollection.Name)]
[Trait("Tier", "slow")]
public sealed class RunsTests(Runs runs) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Runs_AsATable_HasEveryRunBelowTheFolder()
    {
        Copy("json", "lab", "first");
        Copy("other", "second");

        var lines = Run("runs", ".", "--sort", "name").Succeeded().Out.Split('\n');

        Assert.Equal(["name", "network", "data", "state", "test", "difference", "age"], Cells(lines[0]));
        Assert.Equal([$"lab{Path.DirectorySeparatorChar}first", "lenet-300-100", "fashion-mnist", "complete"], Cells(lines[2]).Take(4));
        Assert.StartsWith("dsd − control ", Cells(lines[2])[5], StringComparison.Ordinal);
        Assert.Equal(["second", "lenet-300-100", "fashion-mnist", "complete"], Cells(lines[3]).Take(4));
        Assert.Equal("–", Cells(lines[3])[5]);
    }

    [Fact]
    public void Runs_AsJson_HasTheNumbersOfTheRuns()
    {
        Copy("json", "first");

        var run = Runs.Object(Run("runs", ".", "--json").Succeeded().Out).GetProperty("runs").EnumerateArray().Single();

        var result = Runs.Object(runs.Json.Out);
        Assert.Equal(_folder["first"], run.GetProperty("folder").GetString());
        Assert.Equal(("run", "complete", 7), (run.GetProperty("kind").GetString(), run.GetProperty("state").GetString(), run.GetProperty("seeds")[0].GetInt32()));
        foreach (var field in new[] { "first", "other", "value", "low", "high", "intervalOver" })
        {
            Assert.Equal(result.GetProperty("differences")[0].GetProperty(field).ToString(), run.GetProperty("difference").GetProperty(field).ToString());
        }

        Assert.Equal(result.GetProperty("arms")[0].GetProperty("test").GetProperty("accuracy").GetDouble(), run.GetProperty("arms")[0].GetProperty("test").GetProperty("accuracy").GetDouble());
    }

    [Theory]
    [InlineData("--model lenet-5", 0)]
    [InlineData("--model lenet-300-100", 2)]
    [InlineData("--name f*", 1)]
    [InlineData("--state stopped", 0)]
    [InlineData("--data fashion-mnist --state complete", 2)]
    public void Runs_Filtered_AreThoseThatMatch(string options, int count)
    {
        Copy("json", "first");
        Copy("other", "second");

        Assert.Equal(count, Runs.Object(Run(["runs", ".", "--json", .. options.Split(' ')]).Succeeded().Out).GetProperty("runs").GetArrayLength());
    }

    /// <summary>A run that is damaged is listed as such, and hides no other.</summary>
    [Fact]
    public void Runs_WithADamagedOne_ListsAll()
    {
        Copy("json", "first");
        Copy("other", "second");
        File.WriteAllText(_folder["second", "dsd", "events.jsonl"], "{\"event\":\"runStarted\",\"arm\":\u001b[31m}\n");

        var outcome = Run("runs", ".", "--sort", "name").Succeeded();

        Assert.Equal("damaged", Cells(outcome.Out.Split('\n')[3])[3]);
        Assert.Contains("dsd: second: ", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', outcome.Out + outcome.Error);
    }

    /// <summary>A log that is no run's, settings that cannot be read, and a folder that may not be looked into.</summary>
    [Fact]
    public void Runs_DamagedInPart_AreNotComplete()
    {
        foreach (var name in new[] { "log", "settings", "empty" })
        {
            Copy("json", name);
            File.Copy(Path.Combine(runs.Of("json"), "run.json"), _folder[name, "run.json"], overwrite: true);
        }

        File.WriteAllBytes(_folder["log", "control", "events.jsonl"], [0, 1, 2, 3]);
        File.WriteAllText(_folder["settings", "run.json"], "{");
        File.WriteAllText(_folder["empty", "dsd", "events.jsonl"], "");

        var listed = Runs.Object(Run("runs", ".", "--json", "--sort", "name").Succeeded().Out).GetProperty("runs").EnumerateArray().ToDictionary(r => r.GetProperty("name").GetString()!);

        Assert.Equal("damaged", listed["log"].GetProperty("state").GetString());
        Assert.Contains("its first event is not the start of a run", listed["log"].GetProperty("problem").GetString(), StringComparison.Ordinal);
        Assert.Equal("damaged", listed["settings"].GetProperty("state").GetString());
        Assert.Contains("run.json cannot be read", listed["settings"].GetProperty("problem").GetString(), StringComparison.Ordinal);

        // The value is the first arm's, which has none here.
        Assert.Equal("stopped", listed["empty"].GetProperty("state").GetString());
        Assert.Equal(JsonValueKind.Null, listed["empty"].GetProperty("value").ValueKind);
    }

    /// <summary>The order of the arms is that of the settings, also where the first one was trained again later.</summary>
    [Fact]
    public void Runs_WithAnArmTrainedAgain_KeepTheOrderOfTheArms()
    {
        Copy("json", "one");
        File.Copy(Path.Combine(runs.Of("json"), "run.json"), _folder["one", "run.json"], overwrite: true);
        var log = _folder["one", "dsd", "events.jsonl"];
        var lines = File.ReadAllLines(log);
        var start = JsonNode.Parse(lines[0])!;
        start["time"] = "2099-01-01T00:00:00+00:00";
        File.WriteAllLines(log, [start.ToJsonString(), .. lines[1..]]);

        var run = Runs.Object(Run("runs", ".", "--json").Succeeded().Out).GetProperty("runs").EnumerateArray().Single();

        Assert.Equal(("dsd", "control"), (run.GetProperty("difference").GetProperty("first").GetString(), run.GetProperty("difference").GetProperty("other").GetString()));
        Assert.Equal(["dsd", "control"], Comparison.Load(_folder["one"]).Runs.Select(r => r.Arm));
    }

    [Fact]
    public void Runs_OfManyFolders_ListsEach()
    {
        Copy("json", "0");
        for (var i = 1; i < 300; i++)
        {
            foreach (var arm in new[] { "dsd", "control" })
            {
                Directory.CreateDirectory(_folder[$"{i}", arm]);
                File.CreateSymbolicLink(_folder[$"{i}", arm, "events.jsonl"], _folder["0", arm, "events.jsonl"]);
            }
        }

        Assert.Equal(300, Runs.Object(Run("runs", ".", "--json").Succeeded().Out).GetProperty("runs").GetArrayLength());
    }

    [Theory]
    [InlineData("runs nowhere", "nowhere: there is no such folder")]
    [InlineData("runs . --state gone", "--state: there is no 'gone'; allowed are complete, running, stopped, failed, damaged.")]
    [InlineData("runs . --sort size", "there is no 'size'; allowed are age, name")]
    [InlineData("compare first", "Give at least two runs to compare.")]
    [InlineData("compare first first", "given twice")]
    [InlineData("compare first nowhere", "there is no such folder")]
    [InlineData("rerun nowhere", "nowhere: there is no such file")]
    [InlineData("rerun first --set sparse.sparsity=2", "sparse.sparsity")]
    [InlineData("rerun first --out first", "the folder holds a run")]
    public void BadInput_IsRefusedWithTheReason(string line, string reason)
    {
        Copy("json", "first");
        var before = _folder.Entries();

        var outcome = Run(line.Split(' '));

        outcome.Refused();
        Assert.Contains(reason, outcome.Error, StringComparison.Ordinal);
        Assert.Equal(before, _folder.Entries());
    }

    [Fact]
    public void Compare_RunsOfDifferentSeeds_HasTablesAPageAndJson()
    {
        Copy("json", "first");
        Copy("other", "second");

        var text = Run("compare", "first", "second", "--out", "page.html").Succeeded().Out;

        var rows = text.Split('\n').Select(Cells).ToList();
        Assert.Contains(rows, r => r.SequenceEqual(["arms", "dsd, control", "dsd"]));
        Assert.Contains(rows, r => r.SequenceEqual(["seed", "7", "8"]));
        Assert.Contains("| second/dsd − first/dsd |", text, StringComparison.Ordinal);
        var page = File.ReadAllText(_folder["page.html"]);
        Assert.Contains("<h2>Learning curves of dsd</h2>", page, StringComparison.Ordinal);
        Assert.Contains("second/dsd", page, StringComparison.Ordinal);
        var json = Runs.Object(Run("compare", "first", "second", "--json").Succeeded().Out);
        Assert.Equal(["first", "second"], json.GetProperty("runs").EnumerateArray().Select(r => r.GetProperty("name").GetString()));
        Assert.Equal("examples", json.GetProperty("differences")[0].GetProperty("intervalOver").GetString());
        Assert.Equal("7", json.GetProperty("runs")[0].GetProperty("settings").GetProperty("seed").GetString());
    }

    [Fact]
    public void Compare_NamesWithMarkup_StayText()
    {
        Copy("json", "a<b>");
        Copy("other", "c");

        Run("compare", "a<b>", "c", "--out", "page.html").Succeeded();

        Assert.DoesNotContain("a<b>", File.ReadAllText(_folder["page.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Rerun_OfARun_GivesTheSameDigits()
    {
        Copy("json", "first");

        var again = Run("rerun", "first", "--out", "again", "--json", "--quiet").Succeeded();

        Assert.Equal(Runs.WithoutTimes(runs.Json.Out), Runs.WithoutTimes(again.Out));
        Assert.StartsWith("dsd train --config first", RunFolder.CommandOf(_folder["again"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Rerun_WithAnotherValue_DiffersInItAlone()
    {
        Copy("json", "first");

        Run("rerun", "first", "--set", "sparse.sparsity=0.8", "--set", "seed=9", "--out", "again", "--tensorboard", "board", "--quiet").Succeeded();

        var (was, now) = (RunFolder.ConfigOf(_folder["first"])!, RunFolder.ConfigOf(_folder["again"])!);
        Assert.Equal(was.Set("sparse.sparsity=0.8", "seed=9"), now);
        Assert.Equal(["control", "dsd"], Directory.GetDirectories(_folder["board", "again"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Rerun_WithATensorBoardFolderThatCannotBeWritten_StartsNoRun()
    {
        Copy("json", "first");
        File.WriteAllText(_folder["taken"], "");

        var refused = Run("rerun", "first", "--out", "again", "--tensorboard", "taken/board", "--quiet");

        refused.Refused();
        Assert.Contains("--tensorboard taken/board: this folder cannot be written", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["again"]));
    }

    private static string[] Cells(string line) => [.. line.Trim('|').Split('|').Select(c => c.Trim())];

    private void Copy(string run, params string[] to) => runs.Copy(run, _folder[to]);

    private Outcome Run(params string[] args) => DsdProcess.Run(_folder.Root, args);
}
