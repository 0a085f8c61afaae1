using System.Text.Json;
using Dsd.Checkpoints;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Cli.Tests;

/// <summary><c>dsd report</c>: a page or Markdown from a run's folder, and one clear message where there is none.</summary>
[Collection(RunsCollection.Name)]
[Trait("Tier", "slow")]
public sealed class ReportTests(Runs runs) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Page_OfACompleteRun_IsWrittenIntoItsFolder()
    {
        var run = CopyOf("json");
        var path = Path.Combine("run", "report.html");

        Assert.Equal(path + "\n", Run("run").Succeeded().Out.ReplaceLineEndings("\n"));

        var page = File.ReadAllText(_folder["run", "report.html"]);
        Assert.EndsWith("</html>\n", page, StringComparison.Ordinal);
        Assert.Contains("<h1>lenet-300-100 on fashion-mnist, seed 7</h1>", page, StringComparison.Ordinal);
        Assert.Contains("dsd: Completed after 12 steps", page, StringComparison.Ordinal);
        Assert.Contains("control: Completed after 12 steps", page, StringComparison.Ordinal);
        Assert.Contains("aria-label=\"Weights of fc1.weight\"", page, StringComparison.Ordinal);
        Assert.Equal(["run", path], _folder.Entries().Except(run));
    }

    [SkippableFact]
    public void Pictures_OfACompleteRun_LieBesideThePage()
    {
        Skip.If(Browser.Path is null, Browser.Missing);
        CopyOf("json");

        var paths = Run("run", "--pictures", "svg").Succeeded().Out.ReplaceLineEndings("\n").TrimEnd().Split('\n');

        Assert.Equal(Path.Combine("run", "report.html"), paths[0]);
        Assert.Contains(Path.Combine("run", "pictures", "02-learning-curves.svg"), paths);
        Assert.Equal(System.Text.RegularExpressions.Regex.Count(File.ReadAllText(_folder[paths[0]]), "class=\"dsd-chart\""), paths.Length - 1);
        Assert.All(paths[1..], path => Assert.StartsWith("<svg ", File.ReadAllText(_folder[path]), StringComparison.Ordinal));
    }

    [Fact]
    public void Pictures_WithoutABrowser_AreRefusedBeforeAnythingIsWritten()
    {
        var before = CopyOf("json");

        var outcome = DsdProcess.Run(_folder.Root, new() { ["DSD_BROWSER"] = "nowhere" }, ["report", "run", "--pictures", "svg"]);

        outcome.Refused();
        Assert.Contains("DSD_BROWSER names 'nowhere', and there is no such file. Install Chromium", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(before, _folder.Entries().Except(["run"]));
    }

    [Fact]
    public void Pictures_OfNoFormatOrWithJson_AreRefused()
    {
        CopyOf("json");

        Refused("--pictures: there is no 'jpg'; allowed are none, svg, png.", "run", "--pictures", "jpg");
        Refused("--json writes no files", "run", "--json", "--pictures", "svg");
    }

    [Fact]
    public void Report_OfAFolderThatAProgramWrote_NeedsNoNameOfTheCatalogs()
    {
        using var network = nn.Sequential(("first", nn.Linear(4, 8)), ("act", nn.Tanh()), ("last", nn.Linear(8, 1)));
        var config = new RunConfig(new TrainingConfig("my-net", "my-data"), Schedule.Dsd(Duration.Steps(6), Duration.Steps(6), Duration.Steps(6), 0.5, 0.1));
        using (var folder = RunFolder.Create(_folder["run"], config))
        {
            FairComparison.Run(config.Arms, network, new Parabola(), TrainerSettings.Of(config), Observer.None, folder: folder);
        }

        Run("run").Succeeded();
        Run("run", "--markdown").Succeeded();

        Assert.Contains(" on parabola, seed 1</h1>", File.ReadAllText(_folder["run", "report.html"]), StringComparison.Ordinal);
        var text = File.ReadAllText(_folder["run", "report.md"]);
        Assert.Contains(Comparison.Load(_folder["run"]).Describe(), text, StringComparison.Ordinal);
        Assert.DoesNotContain("dsd train", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Markdown_OfACompleteRun_HoldsTheTableOfTheSummary()
    {
        CopyOf("json");

        Assert.Equal(Path.Combine("run", "report.md"), Run("run", "--markdown").Succeeded().Out.TrimEnd());

        var text = File.ReadAllText(_folder["run", "report.md"]);
        Assert.StartsWith("# lenet-300-100 on fashion-mnist, seed 7\n", text, StringComparison.Ordinal);
        Assert.Contains(Comparison.Load(_folder["run"]).Describe(), text, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_OfACompleteRun_HasTheNumbersOfTrainingAndWritesNothing()
    {
        var before = CopyOf("json");

        var run = Runs.Object(Run("run", "--json").Succeeded().Out);

        var trained = Runs.Object(runs.Json.Out);
        Assert.Equal(_folder["run"], run.GetProperty("folder").GetString());
        Assert.True(run.GetProperty("complete").GetBoolean());
        foreach (var field in new[] { "version", "settings", "differences" })
        {
            Assert.True(JsonElement.DeepEquals(trained.GetProperty(field), run.GetProperty(field)), field);
        }

        Assert.Equal("7", run.GetProperty("settings").GetProperty("seed").GetString());
        Assert.Equal(before, _folder.Entries().Except(["run"]));
    }

    [Fact]
    public void Markdown_Twice_IsTheSame()
    {
        CopyOf("json");
        Run("run", "--markdown").Succeeded();
        var first = File.ReadAllText(_folder["run", "report.md"]);
        Run("run", "--markdown").Succeeded();
        Assert.Equal(first, File.ReadAllText(_folder["run", "report.md"]));
    }

    [Theory]
    [InlineData("json", "dsd train --model lenet-300-100 --train-limit 640 --dense 4st --sparse 4st --redense 4st --threads 1 --device cpu --seed 7 --json")]
    [InlineData("other", "dsd train --model lenet-300-100 --train-limit 640 --dense 4st --sparse 4st --redense 4st --threads 1 --device cpu --seed 8 --arms dsd --quiet")]
    public void Report_NamesTheCommandWithoutWhereItsRunWasPut(string name, string command)
    {
        CopyOf(name);
        Assert.Equal(command + "\n", File.ReadAllText(_folder["run", "command.txt"]));

        Run("run", "--markdown").Succeeded();

        var report = File.ReadAllText(_folder["run", "report.md"]);
        Assert.Contains("## Run it again\n\nIn a checkout of Dsd, dsd stands for: dotnet run ", report, StringComparison.Ordinal);
        Assert.EndsWith($"\n\n```bash\n{command}\n```\n", report, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_OfARunThatAProgramMade_NamesNoCommand()
    {
        CopyOf("json");
        File.Delete(_folder["run", "command.txt"]);

        Run("run", "--markdown").Succeeded();

        Assert.DoesNotContain("Run it again", File.ReadAllText(_folder["run", "report.md"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Out_NamesTheFile_AndOneThatExistsIsReplaced()
    {
        var run = CopyOf("json");
        File.WriteAllText(_folder["here.html"], "old");

        Assert.Equal("here.html", Run("run", "--out", "here.html").Succeeded().Out.TrimEnd());

        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(_folder["here.html"]), StringComparison.Ordinal);
        Assert.Equal(["here.html", "run", .. run], _folder.Entries());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2500)]
    [InlineData(-3)]
    public void Report_OfARunThatWasKilled_IsOfWhatThereIs(int kept)
    {
        CopyOf("json");
        foreach (var arm in new[] { "dsd", "control" })
        {
            var log = File.ReadAllBytes(_folder["run", arm, "events.jsonl"]);
            File.WriteAllBytes(_folder["run", arm, "events.jsonl"], log[..(kept < 0 ? log.Length + kept : kept)]);
        }

        Run("run").Succeeded();
        Run("run", "--markdown").Succeeded();

        var told = kept is 0 or 1 ? "A run that has not started" : "The record breaks off.";
        Assert.Contains(told, File.ReadAllText(_folder["run", "report.html"]), StringComparison.Ordinal);
        Assert.Contains(told, File.ReadAllText(_folder["run", "report.md"]), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Report_OfARunThatWasInterrupted_SaysSo()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signals to interrupt a run with.");
        using (var process = DsdProcess.Start(_folder.Root, ["train", .. Runs.Long, "--quiet", "--out", "run"]))
        {
            process.WaitFor(_folder["run", "control", "events.jsonl"], "\"evaluated\"");
            process.Signal(DsdProcess.SigInt);
            Assert.Equal(130, process.Wait().Code);
        }

        Run("run", "--markdown").Succeeded();
        Run("run").Succeeded();

        Assert.Contains("dsd: Cancelled after ", File.ReadAllText(_folder["run", "report.md"]), StringComparison.Ordinal);
        Assert.Contains("dsd: Cancelled after ", File.ReadAllText(_folder["run", "report.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Report_OfADamagedLog_NamesTheLineAndWritesNothing()
    {
        CopyOf("json");
        var log = _folder["run", "dsd", "events.jsonl"];
        var lines = File.ReadAllLines(log);
        lines[2] = "damaged";
        File.WriteAllLines(log, lines);

        Refused($"{Path.Combine("run", "dsd", "events.jsonl")}, line 3: not an event of a run", "run");
    }

    [Fact]
    public void Report_OfPartsThatDoNotFit_SaysWhyAndWritesNothing()
    {
        CopyOf("json");
        var log = _folder["run", "dsd", "events.jsonl"];
        File.WriteAllLines(log, File.ReadAllLines(log)[1..]);

        Refused("its first event is not the start of a run", "run");
    }

    [Fact]
    public void Report_OfNoRun_SaysSo()
    {
        Directory.CreateDirectory(_folder["empty", "dsd"]);
        File.WriteAllText(_folder["file"], "");

        Refused("empty: the folder holds no run", "empty");
        Refused("absent: there is no such folder", "absent");
        Refused("file: ", "file");
        Refused("RUN: the path is empty", "");
        Refused("'RUN'", []);
    }

    [Fact]
    public void Report_IntoAPlaceThatCannotBeWritten_SaysSoAndWritesNothing()
    {
        CopyOf("json");
        File.WriteAllText(_folder["file"], "");

        Refused("--out run: this is a folder", "run", "--out", "run");
        Refused("the report cannot be written there", "run", "--out", Path.Combine("file", "report.html"));
        Refused($"{Path.Combine("absent", "a.html")}: the report cannot be written there (there is no such folder)", "run", "--out", Path.Combine("absent", "a.html"));
        Refused("--out: the path is empty", "run", "--out", "");
        foreach (var record in (string[])[Path.Combine("run", "run.json"), Path.Combine("run", "dsd", "events.jsonl")])
        {
            var before = File.ReadAllBytes(_folder[record]);
            Refused($"--out {record}: this file exists and is no report", "run", "--out", record);
            Assert.Equal(before, File.ReadAllBytes(_folder[record]));
        }

        if (Directory.Exists("/proc/self"))
        {
            Refused("/proc/self/report.html: the report cannot be written there", "run", "--out", "/proc/self/report.html");
        }
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Report_ToALink_IsWrittenWhereItLeads(bool isThere)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows lets few users make links.");
        CopyOf("json");
        File.CreateSymbolicLink(_folder["link.html"], "page.html");
        if (isThere)
        {
            File.WriteAllText(_folder["page.html"], "old");
        }

        DsdProcess.Run(_folder.Root, "report", "run", "--out", "link.html").Succeeded();

        Assert.Equal("page.html", new FileInfo(_folder["link.html"]).LinkTarget);
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(_folder["page.html"]), StringComparison.Ordinal);
        Assert.StartsWith("<!DOCTYPE html>", DsdProcess.Run(_folder.Root, "report", "run", "--out", "/dev/stdout").Succeeded().Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Force_RemovesTheCommandOfTheRunBefore()
    {
        CopyOf("json");

        var train = DsdProcess.Run(_folder.Root, ["train", .. Runs.Small, "--seed", "9", "--arms", "dsd", "--quiet", "--out", "run", "--force"]).Succeeded();

        Assert.Empty(train.Error);
        var command = File.ReadAllText(_folder["run", "command.txt"]);
        Assert.Contains("--seed 9", command, StringComparison.Ordinal);
        Assert.DoesNotContain("--force", command, StringComparison.Ordinal);
        Assert.DoesNotContain("--out", command, StringComparison.Ordinal);
        Assert.DoesNotContain("--json", command, StringComparison.Ordinal);
    }

    /// <summary>A copy of a run in the folder <c>run</c>; gives what is in that.</summary>
    private string[] CopyOf(string name)
    {
        _ = name == "json" ? runs.Json : runs.Other;
        var from = runs.Folder[name];
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var to = _folder["run", Path.GetRelativePath(from, file)];
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        return [.. _folder.Entries().Where(e => e != "run")];
    }

    private Outcome Run(params string[] args) => DsdProcess.Run(_folder.Root, ["report", .. args]);

    private void Refused(string message, params string[] args)
    {
        var before = _folder.Entries();
        var outcome = Run(args);
        outcome.Refused();
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.TrimEnd().Split('\n'), line => line.Trim() != "dsd: see 'dsd report --help'");
        Assert.Equal(before, _folder.Entries());
    }

    /// <summary>A task of one's own: sums of squares of four numbers.</summary>
    private sealed class Parabola : ITrainingTask
    {
        public string Name => "parabola";

        public int StepsPerEpoch => 3;

        public Tensor Loss(nn.Module model, long step)
        {
            using var scope = NewDisposeScope();
            var x = arange(32).add(step).mul(0.1).sin().reshape(8, 4);
            return nn.functional.mse_loss(((nn.Module<Tensor, Tensor>)model).call(x), x.square().sum(1, keepdim: true)).MoveToOuterDisposeScope();
        }

        public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split)
        {
            using var loss = Loss(model, 1000 + (int)split);
            return [Metric.Loss.Of(loss.item<float>())];
        }
    }
}
