using System.Text.Json;
using System.Text.RegularExpressions;
using Dsd.Checkpoints;
using Dsd.Data;
using Dsd.Execution;
using Dsd.Models;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Torch;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Cli.Tests;

/// <summary><c>dsd train</c> from data to result, by small real runs.</summary>
[Collection(RunsCollection.Name)]
[Trait("Tier", "slow")]
public sealed partial class TrainTests(Runs runs)
{
    private static readonly string[] s_files =
    [
        "command.txt",
        "control/1-dense.safetensors", "control/2-sparse.safetensors", "control/best-dense.safetensors", "control/events.jsonl", "control/weights.safetensors",
        "data.gz",
        "dsd/1-dense.safetensors", "dsd/2-sparse.safetensors", "dsd/best-dense.safetensors", "dsd/best-sparse.safetensors", "dsd/events.jsonl", "dsd/weights.safetensors",
        "result.json", "run.json", "schedule.json", "summary.txt",
    ];

    [Fact]
    public void Folder_HoldsTheWholeRunAndNothingElse()
    {
        _ = runs.Json;

        var files = Directory.EnumerateFiles(runs.Folder["json"], "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(runs.Folder["json"], f).Replace('\\', '/'));
        Assert.Equal(s_files, files.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Folder_ScheduleReadsBackEqual()
    {
        _ = runs.Json;

        var schedule = Schedule.FromJson(File.ReadAllText(runs.Folder["json", "schedule.json"]));
        Assert.Equal(Schedule.Dsd(Duration.Steps(4), Duration.Steps(4), Duration.Steps(4), 0.3, 0.02), schedule);
    }

    [Theory]
    [InlineData("dsd")]
    [InlineData("control")]
    public void Folder_EventsFoldToTheCompleteRecord(string arm)
    {
        var told = Arm(runs.Json, arm);

        var record = Record("json", arm);

        Assert.Equal(arm, record.Arm);
        Assert.Equal(RunOutcome.Completed, record.End!.Outcome);
        Assert.Equal(12, record.End.Step);
        Assert.Equal(7, record.Start!.Seed);
        Assert.Equal(1, record.Start.Threads);
        Assert.Equal(["dense", "sparse", "redense"], record.Phases.Select(p => p.Start.Name));
        Assert.All(record.Phases, p => Assert.NotNull(p.End));
        Assert.Equal(told.GetProperty("test").GetProperty("accuracy").GetDouble(), record.Test!.Value("accuracy"));
        Assert.Equal(told.GetProperty("test").GetProperty("loss").GetDouble(), record.Test!.Value("loss"));
    }

    [Theory]
    [InlineData("dsd")]
    [InlineData("control")]
    public void Folder_WeightsGiveTheReportedTestAccuracy(string arm)
    {
        var told = Arm(runs.Json, arm).GetProperty("test").GetProperty("accuracy").GetDouble();

        TorchRuntime.Configure();
        using var model = new LeNet300100(1, 10);
        WeightFile.Load(model, runs.Folder["json", arm, "weights.safetensors"]);
        model.eval();
        var data = FashionMnist.Load(trainLimit: 640);
        var measured = new ImageClassification(data, 64, 1).Evaluate(model, DataSplit.Test);

        Assert.Equal(told, measured[0].Value, 3);
    }

    [Fact]
    public void Summary_IsWhatWasPrintedAndFitsATerminal()
    {
        var text = runs.German.Out;

        Assert.Equal(File.ReadAllText(runs.Folder["german", "summary.txt"]), text);
        Assert.Contains("lenet-300-100 on fashion-mnist, seed 7", text, StringComparison.Ordinal);
        Assert.Contains("| dsd ", text, StringComparison.Ordinal);
        Assert.Contains("| control ", text, StringComparison.Ordinal);
        Assert.Contains("steps per second", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
    }

    [Fact]
    public void Json_IsOneObjectOnStandardOutputAndInTheFolder()
    {
        Assert.Equal(runs.Json.Out, File.ReadAllText(runs.Folder["json", "result.json"]));
        Assert.Equal(JsonValueKind.Object, Runs.Object(runs.Json.Out).ValueKind);
    }

    [Fact]
    public void Json_HasEveryDocumentedFieldOfTheRightType()
    {
        var root = Runs.Object(runs.Json.Out);

        Assert.Equal("lenet-300-100", root.GetProperty("model").GetString());
        Assert.Equal("fashion-mnist", root.GetProperty("data").GetString());
        Assert.Equal(7, root.GetProperty("seed").GetInt64());
        Assert.True(root.GetProperty("complete").GetBoolean());
        Assert.InRange(root.GetProperty("seconds").GetDouble(), 0.001, 1000);
        Assert.InRange(root.GetProperty("stepsPerSecond").GetDouble(), 0.001, 1e6);
        Assert.Equal(["dsd", "control"], root.GetProperty("arms").EnumerateArray().Select(a => a.GetProperty("name").GetString()));
        foreach (var arm in root.GetProperty("arms").EnumerateArray())
        {
            Assert.Equal("completed", arm.GetProperty("outcome").GetString());
            Assert.InRange(arm.GetProperty("test").GetProperty("accuracy").GetDouble(), 0.15, 1);
            Assert.InRange(arm.GetProperty("test").GetProperty("loss").GetDouble(), 0, 10);
            var phases = arm.GetProperty("phases").EnumerateArray().ToList();
            Assert.Equal(["dense", "sparse", "redense"], phases.Select(p => p.GetProperty("name").GetString()));
            foreach (var phase in phases)
            {
                Assert.Equal(4, phase.GetProperty("steps").GetInt64());
                Assert.InRange(phase.GetProperty("validation").GetProperty("accuracy").GetDouble(), 0, 1);
                Assert.Equal(["fc1.weight", "fc2.weight", "fc3.weight"], phase.GetProperty("layers").EnumerateArray().Select(l => l.GetProperty("name").GetString()));
                Assert.All(phase.GetProperty("layers").EnumerateArray(), l => Assert.InRange(l.GetProperty("kept").GetInt64(), 1, l.GetProperty("weights").GetInt64()));
            }
        }
    }

    [Fact]
    public void Json_DifferenceOnTest_HasAnIntervalOverExamplesThatReportsHaveToo()
    {
        var difference = Assert.Single(Runs.Object(runs.Json.Out).GetProperty("differences").EnumerateArray());

        Assert.Equal(("dsd", "control", "accuracy", "examples"), (Text("first"), Text("other"), Text("metric"), Text("intervalOver")));
        Assert.Equal(Test("dsd") - Test("control"), Number("value"), 1e-12);
        Assert.True(Number("low") < Number("value") && Number("value") < Number("high"));
        Assert.Equal(Number("value"), (Number("firstOnly") - Number("otherOnly")) / Number("examples"), 1e-6);

        var summary = File.ReadAllText(runs.Folder["json", "summary.txt"]);
        Assert.Contains(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"95 % interval over {Number("examples"):N0} test examples: "), summary, StringComparison.Ordinal);
        Assert.Contains("It covers examples, not seeds: repeat with others before believing it.", summary, StringComparison.Ordinal);
        Assert.DoesNotContain("chance", summary, StringComparison.Ordinal);
        foreach (var (kind, file) in new[] { ("", "page.html"), ("--markdown", "page.md") })
        {
            DsdProcess.Run(runs.Folder.Root, ["report", "json", "--out", file, .. kind.Length > 0 ? [kind] : Array.Empty<string>()]).Succeeded();
            Assert.Contains("It covers examples, not seeds: repeat with others before believing it.", File.ReadAllText(runs.Folder[file]), StringComparison.Ordinal);
        }

        string Text(string name) => difference.GetProperty(name).GetString()!;

        double Number(string name) => difference.GetProperty(name).GetDouble();

        double Test(string arm) => Runs.Object(runs.Json.Out).GetProperty("arms").EnumerateArray().Single(a => a.GetProperty("name").GetString() == arm).GetProperty("test").GetProperty("accuracy").GetDouble();
    }

    [Fact]
    public void Json_CountsAreThePlans()
    {
        var plan = Runs.Object(DsdProcess.Run(runs.Folder.Root, ["plan", .. Runs.Small, "--json"]).Succeeded().Out);

        Assert.Equal(Counts(plan), Counts(Runs.Object(runs.Json.Out)));
        Assert.Equal([0, 0.3, 0], Arm(runs.Json, "dsd").GetProperty("phases").EnumerateArray().Select(p => p.GetProperty("sparsity").GetDouble()));
        Assert.Equal([0, 0, 0.0], Arm(runs.Json, "control").GetProperty("phases").EnumerateArray().Select(p => p.GetProperty("sparsity").GetDouble()));
    }

    [Fact]
    public void SparsePhase_LeavesExactlyTheKeptWeights()
    {
        _ = runs.Json;

        var sparse = Record("json", "dsd").Phases[1].End!.Layers;
        Assert.Equal([164640L, 21000, 700], sparse.Select(l => l.Kept));
        Assert.All(sparse, l => Assert.Equal(l.Kept, l.NonZero));
        Assert.All(Record("json", "control").Phases[1].End!.Layers, l => Assert.Equal(l.Weights, l.NonZero));
        Assert.All(Record("json", "dsd").Phases[2].End!.Layers, l => Assert.InRange(l.NonZero, l.Weights - (l.Weights / 5), l.Weights));
    }

    [Fact]
    public void Arms_ShareTheFirstPhaseAndPartAfterIt()
    {
        _ = runs.Json;

        var (dsd, control) = (Record("json", "dsd"), Record("json", "control"));
        Assert.Equal(dsd.Phases[0] with { End = null }, control.Phases[0] with { End = null });
        Assert.Equal(dsd.Phases[0].End!.Layers, control.Phases[0].End!.Layers);
        Assert.NotEqual(dsd.Phases[1].Last(DataSplit.Validation), control.Phases[1].Last(DataSplit.Validation));
        Assert.NotEqual(dsd.Test, control.Test);
    }

    [Fact]
    public void SameSeed_OnOneThread_GivesTheSameBits()
    {
        Assert.Equal(Runs.WithoutTimes(runs.Json.Out), Runs.WithoutTimes(runs.Again.Out));
        foreach (var arm in new[] { "dsd", "control" })
        {
            Assert.Equal(File.ReadAllBytes(runs.Folder["json", arm, "weights.safetensors"]), File.ReadAllBytes(runs.Folder["again", arm, "weights.safetensors"]));
        }
    }

    [Theory]
    [InlineData("json", "json/run.json")]
    [InlineData("json", "json")]
    public void Config_OfARun_RunsItAgainWithTheSameDigits(string first, string config)
    {
        _ = runs.Json;
        using var folder = new TempFolder();

        var again = DsdProcess.Run(runs.Folder.Root, ["train", "--config", config, "--json", "--quiet", "--out", folder["again"]]).Succeeded();

        Assert.Equal(Runs.WithoutTimes(runs.Json.Out), Runs.WithoutTimes(again.Out));
        Assert.Equal(File.ReadAllText(runs.Folder[first, "run.json"]), File.ReadAllText(folder["again", "run.json"]));
        foreach (var arm in new[] { "dsd", "control" })
        {
            Assert.Equal(File.ReadAllBytes(runs.Folder[first, arm, "weights.safetensors"]), File.ReadAllBytes(folder["again", arm, "weights.safetensors"]));
            Assert.Equal(EventsWithoutTimes(runs.Folder[first, arm, "events.jsonl"]), EventsWithoutTimes(folder["again", arm, "events.jsonl"]));
        }
    }

    [Fact]
    public void SpectralNetwork_IsPlannedTrainedBesideItsControlAndRepeatedFromItsConfig()
    {
        using var folder = new TempFolder();
        string[] small = [.. Runs.Small.Skip(2), "--model", "lenet-300-100-spectral"];

        Assert.Contains("| fc1.phi | 300×784 | 235,200 | 0.3      | 164,640 |", DsdProcess.Run(folder.Root, ["plan", .. Runs.Small[2..10], "--model", "lenet-300-100-spectral"]).Succeeded().Out, StringComparison.Ordinal);
        var run = DsdProcess.Run(folder.Root, ["train", .. small, "--json", "--quiet", "--out", "run"]).Succeeded();
        var again = DsdProcess.Run(folder.Root, ["train", "--config", "run", "--json", "--quiet", "--out", "again"]).Succeeded();

        Assert.Equal(Runs.WithoutTimes(run.Out), Runs.WithoutTimes(again.Out));
        Assert.Equal(["fc1.phi 164640", "fc2.phi 21000", "fc3.phi 700"], RunRecord.Load(folder["run", "dsd", "events.jsonl"]).Phases[1].End!.Layers.Select(l => $"{l.Parameter} {l.Kept}"));
    }

    [Fact]
    public void Spectral_EigenvaluesAlone_AreTrainedDenseAndNotPruned()
    {
        using var folder = new TempFolder();
        string[] small = [.. Runs.Small.Skip(2), "--model", "lenet-300-100-eigenvalues"];

        var refused = DsdProcess.Run(folder.Root, ["train", .. small, "--quiet", "--out", "sparse"]);
        Assert.Equal(2, refused.Code);
        Assert.Contains("DSD004", refused.Error, StringComparison.Ordinal);
        DsdProcess.Run(folder.Root, ["train", .. small, "--sparsity", "0", "--arms", "dsd", "--quiet", "--out", "dense"]).Succeeded();
    }

    [Fact]
    public void Config_WithSetAndOptions_ChangesThatAlone()
    {
        _ = runs.Json;
        using var folder = new TempFolder();

        DsdProcess.Run(
            runs.Folder.Root,
            ["train", "--config", "json", "--seed", "9", "--arms", "dsd", "--set", "sparse.sparsity=0.4", "--set", "optimizer.kind=adam", "--set", "optimizer.beta2=0.99", "--quiet", "--out", folder["run"]]).Succeeded();

        var config = RunFolder.ConfigOf(folder["run"])!;
        var before = RunFolder.ConfigOf(runs.Folder["json"])!;
        var schedule = before.Set("sparse.sparsity=0.4").Schedule;
        Assert.Equal(before.WithSchedule(schedule).WithArms([Schedules.Arm.Dsd(schedule)]).WithSeed(9).WithTraining(before.Training.WithOptimizer(OptimizerSettings.Adam(beta2: 0.99))), config);
        var record = RunRecord.Load(folder["run", "dsd", "events.jsonl"]);
        Assert.Equal((9L, "adam, beta2 0.99", 0.4), (record.Start!.Seed, record.Start.Optimizer, record.Start.Schedule.Phases[1].Sparsity.To.Value));
        Assert.Equal(266200 - 106480, record.Phases[1].End!.Layers.Sum(l => l.Kept));
    }

    [Fact]
    public void Set_WithoutAConfig_ChangesWhatTheOptionsSay()
    {
        var plan = Runs.Object(DsdProcess.Run(runs.Folder.Root, ["plan", .. Runs.Small, "--set", "phases.1.sparsity=0.9", "--set", "seed=5", "--json"]).Succeeded().Out);

        Assert.Equal(5, plan.GetProperty("seed").GetInt64());
        Assert.Equal(0.9, plan.GetProperty("arms")[0].GetProperty("phases")[1].GetProperty("sparsity").GetDouble());
    }

    [Theory]
    [InlineData("--set sed=2", "--set sed=2: there is no 'sed'; did you mean seed? A run has network, data, ")]
    [InlineData("--set sparse.sparsty=0.4", "--set sparse.sparsty=0.4: schedule.phases[1]: unknown field 'sparsty'; allowed are ")]
    [InlineData("--set batch=2000", "--set batch 2000: the batch size must be 1 to 640, the number of training examples")]
    [InlineData("--set network=lenet", "--set network: There is no network named 'lenet'.")]
    [InlineData("--sparsity 0.4", "--config and --sparsity were given together; the config has a schedule of its own. Change it with --set")]
    [InlineData("--preset paper", "--config and --preset were given together")]
    [InlineData("--config nowhere.json", "--config nowhere.json: there is no such file; give the run.json of a run.")]
    [InlineData("--config .", "--config .: this folder has no run.json; give a run's folder, or the file.")]
    [InlineData("--set schedule={} --set seed=2", "--set schedule={}: schedule: the field 'phases' is missing")]
    [InlineData("--set sparse.mask.criterion.custom.name=mine", "--set: phase 'sparse' ranks weights by custom 'mine', a custom function")]
    public void Config_WithWhatCannotBe_IsRefused(string options, string expected)
    {
        _ = runs.Json;
        string[] config = options.StartsWith("--config", StringComparison.Ordinal) ? [] : ["--config", "json/run.json"];

        var outcome = DsdProcess.Run(runs.Folder.Root, ["plan", .. config, .. options.Split(' ')]);

        outcome.Refused();
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_TrainingThatFails_IsAResultThatSaysSo()
    {
        using var folder = new TempFolder();

        var outcome = DsdProcess.Run(folder.Root, ["train", .. Runs.Small, "--rate", "1e12", "--json", "--quiet", "--out", "run"]);

        Assert.Equal(1, outcome.Code);
        var result = Runs.Object(outcome.Out);
        Assert.False(result.GetProperty("complete").GetBoolean());
        Assert.All(result.GetProperty("arms").EnumerateArray(), arm =>
        {
            Assert.Equal("failed", arm.GetProperty("outcome").GetString());
            Assert.StartsWith("Training has diverged", arm.GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.Equal(JsonValueKind.Null, arm.GetProperty("test").ValueKind);
        });
        Assert.Contains("dsd: training failed: Training has diverged", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(RunOutcome.Failed, RunRecord.Load(folder["run", "dsd", "events.jsonl"]).End!.Outcome);
    }

    [Fact]
    public void OtherSeed_GivesOtherWeights()
    {
        _ = (runs.Json, runs.Other);

        Assert.NotEqual(File.ReadAllBytes(runs.Folder["json", "dsd", "weights.safetensors"]), File.ReadAllBytes(runs.Folder["other", "dsd", "weights.safetensors"]));
    }

    [Fact]
    public void OneArm_IsTrainedAlone()
    {
        Assert.DoesNotContain("control", runs.Other.Out, StringComparison.Ordinal);
        Assert.False(Directory.Exists(runs.Folder["other", "control"]));
        Assert.Equal(RunOutcome.Completed, Record("other", "dsd").End!.Outcome);
    }

    [Fact]
    public void Quiet_LeavesStandardErrorEmpty() => Assert.Empty(runs.Other.Error);

    [Fact]
    public void Progress_SaysWhatIsDoneOnStandardError()
    {
        var lines = runs.Json.Error.ReplaceLineEndings("\n").Trim().Split('\n');

        Assert.Equal("Training lenet-300-100 on fashion-mnist: 640 examples, batch 64, seed 7", lines[0]);
        Assert.Equal("By sgd, momentum 0.9, weight decay 0.0005; on cpu, 1 thread; in fp32", lines[1]);
        Assert.Equal("Record in json", lines[2]);
        Assert.StartsWith("dsd + control: dense, step 4 of 12", lines[3], StringComparison.Ordinal);
        Assert.StartsWith("control: redense, step 12 of 12", lines[^3], StringComparison.Ordinal);
        Assert.EndsWith(" left", lines[^3], StringComparison.Ordinal);
    }

    /// <summary>The last lines are commands to type next.</summary>
    [Fact]
    public void Progress_EndsWithTheNextCommands()
    {
        var lines = runs.Json.Error.ReplaceLineEndings("\n").Trim().Split('\n');

        Assert.Equal(["Page with charts: dsd report json", "Another seed: dsd rerun json --set seed=8"], lines[^2..]);
    }

    [SkippableTheory]
    [InlineData(60)]
    [InlineData(120)]
    public void Bar_InATerminal_ShowsEpochStepRateLossAndTimeLeftUncut(int columns)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "A terminal needs Linux and the program 'script'.");
        _ = runs.Json;
        var train = string.Join(' ', ["train", .. Runs.Small, "--out", FormattableString.Invariant($"bar-{columns}")]);

        var shown = DsdProcess.Start(runs.Folder.Root, new() { ["TERM"] = "xterm-256color" }, "script", ["--quiet", "--return", "--command", FormattableString.Invariant($"stty cols {columns} rows 40; '{DsdProcess.DotNet}' exec '{DsdProcess.Assembly}' {train} > /dev/null"), "/dev/null"]).Wait().Succeeded().Out;

        var lines = Escapes().Replace(shown, "").Split('\n', '\r').Select(l => l.TrimEnd()).ToList();
        var bar = string.Join(' ', lines.Where(l => !l.StartsWith("Training ", StringComparison.Ordinal))).Replace("  ", " ", StringComparison.Ordinal);
        foreach (var part in new[] { "redense", "epoch", "step", "rate", "loss", "validation", "100%", "00:00:00" })
        {
            Assert.Contains(part, bar, StringComparison.Ordinal);
        }

        Assert.DoesNotContain('…', bar);
        Assert.All(lines.Where(l => l.Contains('%', StringComparison.Ordinal)), l => Assert.InRange(l.Length, 1, columns));
    }

    [GeneratedRegex("\u001b\\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Escapes();

    [Fact]
    public void Output_ThatIsPiped_HasNoEscapes()
    {
        foreach (var outcome in new[] { runs.Json, runs.German })
        {
            Assert.DoesNotContain('\u001b', outcome.Out);
            Assert.DoesNotContain('\u001b', outcome.Error);
        }
    }

    [Fact]
    public void Culture_ChangesNothing()
    {
        _ = (runs.Json, runs.German);

        Assert.Equal(Runs.WithoutTimes(runs.Json.Out), Runs.WithoutTimes(File.ReadAllText(runs.Folder["german", "result.json"])));
        Assert.Equal(
            File.ReadAllLines(runs.Folder["json", "summary.txt"]).SkipLast(1),
            File.ReadAllLines(runs.Folder["german", "summary.txt"]).SkipLast(1));
        Assert.Equal(File.ReadAllText(runs.Folder["json", "schedule.json"]), File.ReadAllText(runs.Folder["german", "schedule.json"]));
        Assert.Equal(runs.Json.Error.Split('\n')[..2], runs.German.Error.Split('\n')[..2]);
    }

    [Fact]
    public void Force_ReplacesTheRunAndNothingElse()
    {
        // What an earlier run of both arms left, and two files of the user's.
        Copy(runs.Folder["json"], runs.Folder["forced"], _ = runs.Json);
        File.WriteAllText(runs.Folder["forced", "notes.txt"], "mine");
        File.WriteAllText(runs.Folder["forced", "control", "notes.txt"], "mine too");
        string[] args = ["train", .. Runs.Small, "--arms", "dsd", "--seed", "8", "--quiet", "--out", "forced"];

        var refused = DsdProcess.Run(runs.Folder.Root, args);
        Assert.Equal(2, refused.Code);
        Assert.Contains("the folder holds a run", refused.Error, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(runs.Folder["json", "result.json"]), File.ReadAllText(runs.Folder["forced", "result.json"]));

        var accepted = DsdProcess.Run(runs.Folder.Root, [.. args, "--force"]).Succeeded();
        Assert.Empty(accepted.Error);
        Assert.Equal("mine", File.ReadAllText(runs.Folder["forced", "notes.txt"]));
        Assert.Equal(["notes.txt"], Directory.EnumerateFileSystemEntries(runs.Folder["forced", "control"]).Select(Path.GetFileName));
        Assert.Equal(8, Record("forced", "dsd").Start!.Seed);
        _ = runs.Other;
        Assert.Equal(File.ReadAllBytes(runs.Folder["other", "dsd", "weights.safetensors"]), File.ReadAllBytes(runs.Folder["forced", "dsd", "weights.safetensors"]));
    }

    [Theory]
    [InlineData("summary.txt", "mine")]
    [InlineData("dsd/events.jsonl", "{\"event\":\"concert\"}")]
    public void Force_WhereThereIsNoRun_IsRefused(string file, string text)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(Path.GetDirectoryName(folder[file])!);
        File.WriteAllText(folder[file], text);

        var refused = DsdProcess.Run(folder.Root, ["train", .. Runs.Small, "--out", ".", "--force"]);

        Assert.Equal(2, refused.Code);
        Assert.Contains("holds no run that could be replaced", refused.Error, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(folder[file]));
    }

    [Fact]
    public void NoFolderNamed_EachRunGetsItsOwn()
    {
        // Two at once, and so within the same second; a schedule from a file on the way.
        using var folder = new TempFolder();
        File.WriteAllText(folder["two.json"], """{ "phases": [ { "name": "a", "duration": "1st", "rate": 0.1 }, { "name": "b", "duration": "1st", "rate": 0.1, "sparsity": 0.5 } ] }""");
        string[] args = ["train", "--model", "lenet-300-100", "--train-limit", "640", "--schedule", "two.json", "--arms", "dsd", "--device", "cpu", "--threads", "1", "--quiet"];

        using var first = DsdProcess.Start(folder.Root, args);
        using var second = DsdProcess.Start(folder.Root, args);
        first.Wait().Succeeded();
        second.Wait().Succeeded();

        var made = Directory.EnumerateDirectories(folder["runs"]).ToList();
        Assert.Equal(2, made.Count);
        Assert.All(made, run => Assert.StartsWith("lenet-300-100-fashion-mnist-", Path.GetFileName(run), StringComparison.Ordinal));
        Assert.All(made, run => Assert.Equal(RunOutcome.Completed, RunRecord.Fold(EventLog.Read(Path.Combine(run, "dsd", "events.jsonl"))).End!.Outcome));
        Assert.All(made, run => Assert.Equal(["a", "b"], Schedule.FromJson(File.ReadAllText(Path.Combine(run, "schedule.json"))).Phases.Select(p => p.Name)));
    }

    [Theory]
    [InlineData("lenet-5", "fp32", "auto", "fp32, channels last")]
    [InlineData("lenet-5", "bf16", "auto", "bf16, channels last")]
    [InlineData("lenet-5", "fp32", "channels-first", "fp32")]
    [InlineData("lenet-300-100", "bf16", "auto", "bf16")]
    public void PrecisionAndLayout_AreSaidAndRecorded_AndTheWeightsStayPlain(string model, string precision, string layout, string expected)
    {
        using var folder = new TempFolder();

        var made = DsdProcess.Run(
            folder.Root, ["train", "--model", model, .. Runs.Small.Skip(2), "--arms", "dsd", "--precision", precision, "--layout", layout, "--out", "run"]).Succeeded();

        var record = RunRecord.Fold(EventLog.Read(folder["run", "dsd", "events.jsonl"]));
        Assert.StartsWith(expected, record.Start!.Computation, StringComparison.Ordinal);
        Assert.Contains($"; in {record.Start.Computation}", made.Error, StringComparison.Ordinal);
        using var network = ModelCatalog.Get(model).Create();
        WeightFile.Load(network, folder["run", "dsd", "weights.safetensors"]);
        Assert.NotNull(record.Test);

        // What Dsd changed in the process, as data, in the record and in the result.
        var result = Runs.Object(File.ReadAllText(folder["run", "result.json"]));
        Assert.Equal(record.Computation, result.GetProperty("computation").GetString());
        Assert.Equal(
            record.Start.Runtime!.Interventions().Select(i => $"{i.Key} {i.Value.Status} {i.Value.Reason}".ToLowerInvariant()),
            result.GetProperty("runtime").EnumerateObject().Select(i => $"{i.Name} {i.Value.GetProperty("status").GetString()} {i.Value.GetProperty("reason").GetString()}".ToLowerInvariant()));
    }

    /// <summary>The events of a log, as JSON without what a clock says.</summary>
    private static List<string> EventsWithoutTimes(string path) => [.. EventLog.Read(path).Select(e => EventLog.ToLine(e switch
    {
        RunStarted start => start with { Time = default },
        PhaseEnded end => end with { ElapsedSeconds = 0 },
        RunEnded end => end with { ElapsedSeconds = 0 },
        _ => e,
    }))];

    private static void Copy(string from, string to, Outcome made)
    {
        Assert.Equal(0, made.Code);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private static JsonElement Arm(Outcome outcome, string name) =>
        Runs.Object(outcome.Out).GetProperty("arms").EnumerateArray().Single(a => a.GetProperty("name").GetString() == name);

    private static List<string> Counts(JsonElement root) =>
    [
        .. from arm in root.GetProperty("arms").EnumerateArray()
           from phase in arm.GetProperty("phases").EnumerateArray()
           from layer in phase.GetProperty("layers").EnumerateArray()
           select $"{arm.GetProperty("name")} {phase.GetProperty("name")} {phase.GetProperty("steps")} {layer.GetProperty("name")} {layer.GetProperty("weights")} {layer.GetProperty("kept")}",
    ];

    private RunRecord Record(string run, string arm) => RunRecord.Fold(EventLog.Read(runs.Folder[run, arm, "events.jsonl"]));
}
