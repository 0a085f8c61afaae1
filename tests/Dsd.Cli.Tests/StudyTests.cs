using System.Diagnostics;
using System.Text.Json;
using Dsd.Records;
using Dsd.Studies;

namespace Dsd.Cli.Tests;

/// <summary>Studies as a user runs them: several processes, killed and continued, reports, bad input.</summary>
[Collection(RunsCollection.Name)]
[Trait("Tier", "slow")]
public sealed class StudyTests(Runs runs)
{
    /// <summary>Two variants, four arms and three seeds of some steps each.</summary>
    private static string Study(string name, int steps = 20, string more = "") => $$"""
        {
          "name": "{{name}}",
          "question": "Does <it> run?",
          "setting": { "network": "lenet-300-100", "data": "fashion-mnist", "trainLimit": 6400 },
          "schedule": { "phases": [
            { "duration": "{{steps}}st", "rate": { "cosine": { "from": 0.05, "to": 0.005 } } },
            { "duration": "{{steps}}st", "rate": 0.005, "sparsity": 0.5 },
            { "duration": "{{steps}}st", "rate": 0.0005 } ] },
          "grid": { "sparsity": [0.3, 0.7] },
          "arms": ["dsd", "control", "plain", "random-mask"],
          "seeds": 3 {{more}}
        }
        """;

    /// <summary>The same with one variant, three arms and one seed, for what does not depend on the number of trials.</summary>
    private static string SmallStudy(string name, int steps = 20, string more = "") => Study(name, steps, more)
        .Replace("[0.3, 0.7]", "[0.3]", StringComparison.Ordinal)
        .Replace("\"plain\", \"random-mask\"", "\"random-mask\"", StringComparison.Ordinal)
        .Replace("\"seeds\": 3", "\"seeds\": 1", StringComparison.Ordinal);

    private string Write(string name, string text)
    {
        File.WriteAllText(runs.Folder[name], text);
        return name;
    }

    /// <summary>A study that is run once, by one worker and to its end, in the folder <c>unbroken</c>; other ways to run it must give the same.</summary>
    private string Unbroken()
    {
        var study = Write("unbroken.json", Study("unbroken", steps: 120).Replace("\"seeds\": 3", "\"seeds\": 2", StringComparison.Ordinal));
        if (!File.Exists(runs.Folder["unbroken", "judgement.json"]))
        {
            Run("study", "run", study, "--out", "unbroken", "--workers", "1", "--quiet").Succeeded();
        }

        return study;
    }

    private Outcome Run(params string[] args) => DsdProcess.Run(runs.Folder.Root, args);

    /// <summary>The CSV of a study without the column of times.</summary>
    private string Csv(string folder)
    {
        Run("study", "report", folder).Succeeded();
        return string.Join('\n', File.ReadAllLines(runs.Folder[folder, "trials.csv"]).Select(line => string.Join(',', line.Split(',').Where((_, i) => i != 14))));
    }

    [Fact]
    public void Run_OnADevice_StaysThere()
    {
        var study = Write("device.json", SmallStudy("device", steps: 2, more: """, "device": "cpu" """));
        Run("study", "run", study, "--workers", "1", "--quiet").Succeeded();
        Assert.Contains("\"device\": \"cpu\"", File.ReadAllText(runs.Folder["runs", "device", "study.json"]), StringComparison.Ordinal);
        Run("study", "report", Path.Combine("runs", "device")).Succeeded();
        Assert.Contains("cpu, 1 thread", File.ReadAllText(runs.Folder["runs", "device", "report.md"]), StringComparison.Ordinal);

        // Named again, not named, and as auto where there is no GPU, it is the same study.
        Run("study", "run", Path.Combine("runs", "device"), "--device", "cpu").Succeeded();
        Run("study", "run", Path.Combine("runs", "device")).Succeeded();
    }

    [Fact]
    public void Run_WithOneWorkerOrTwo_GivesTheSameResultsAndAReport()
    {
        var study = Write("workers.json", Study("workers"));

        var one = Run("study", "run", study, "--out", "workers-1", "--workers", "1", "--quiet").Succeeded();
        var two = Run("study", "run", study, "--out", "workers-2", "--workers", "2").Succeeded();

        Assert.Equal(one.Out, two.Out);
        Assert.Equal(Csv("workers-1"), Csv("workers-2"));
        Assert.Equal("", one.Error);
        Assert.Contains("27 of 27 trials done", two.Error, StringComparison.Ordinal);
        Assert.Contains("Accuracy on test, read once after all choices were made on validation; higher is better.", one.Out, StringComparison.Ordinal);
        Assert.Contains("| dsd − control ", one.Out, StringComparison.Ordinal);
        var page = File.ReadAllText(runs.Folder["workers-1", "report.html"]);
        Assert.Contains("Does &lt;it&gt; run?", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<it>", page, StringComparison.Ordinal);
        Assert.Contains("dsd study run study.json", File.ReadAllText(runs.Folder["workers-1", "report.md"]), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(runs.Folder["workers-2", "claims"]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(runs.Folder["workers-2", "work"]));

        // Over, it is only read; and its folder is as good a name for it as its file.
        Assert.Equal(one.Out, Run("study", "run", "workers-1", "--quiet").Succeeded().Out);
        var json = Runs.Object(Run("study", "status", "workers-1", "--json").Succeeded().Out);
        Assert.Equal((27, 27, true), (json.GetProperty("done").GetInt32(), json.GetProperty("trials").GetInt32(), json.GetProperty("judged").GetBoolean()));
        var difference = json.GetProperty("differences")[0];
        Assert.Equal(3, difference.GetProperty("pairs").GetInt32());

        // Three pairs allow no verdict.
        Assert.False(difference.GetProperty("verdict").GetBoolean());
        Assert.All(["pT", "pHolm", "noDifferenceLargerThan", "lowOverSeedsAndExamples"], name => Assert.Equal(JsonValueKind.Null, difference.GetProperty(name).ValueKind));
        Assert.Contains("do not cover other examples", one.Out, StringComparison.Ordinal);
        Assert.Matches("3 pairs are too few for a verdict|there is no spread to judge by", one.Out);
        Assert.Contains("| dsd − control ", Run("study", "compare", "workers-1", "workers-2").Succeeded().Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_AFolderBegunByAnEarlierVersion_GoesOn()
    {
        // One trial of six was done when it was stopped, before there were run configs.
        var fixture = Path.Combine(AppContext.BaseDirectory, "Fixtures", "begun-before");
        foreach (var file in Directory.EnumerateFiles(fixture, "*", SearchOption.AllDirectories))
        {
            var target = runs.Folder["begun-before", Path.GetRelativePath(fixture, file)];
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        var before = Runs.Object(Run("study", "status", "begun-before", "--json").Succeeded().Out);
        Assert.Equal((1, 6, false), (before.GetProperty("done").GetInt32(), before.GetProperty("trials").GetInt32(), before.GetProperty("judged").GetBoolean()));

        Run("study", "run", "begun-before", "--workers", "1", "--quiet").Succeeded();

        var after = Runs.Object(Run("study", "status", "begun-before", "--json").Succeeded().Out);
        Assert.Equal((6, 6, true), (after.GetProperty("done").GetInt32(), after.GetProperty("trials").GetInt32(), after.GetProperty("judged").GetBoolean()));
        Assert.Equal(3, after.GetProperty("differences")[0].GetProperty("pairs").GetInt32());

        // Its trial stays, but where this processor rounds otherwise than the one that trained it: a pair has one checkpoint.
        var old = File.ReadAllBytes(Path.Combine(fixture, "trials", "dsd-seed-1", "events.jsonl"));
        Assert.True(
            old.SequenceEqual(File.ReadAllBytes(runs.Folder["begun-before", "trials", "dsd-seed-1", "events.jsonl"]))
            || Directory.EnumerateDirectories(runs.Folder["begun-before", "set-aside"]).Any());
    }

    [SkippableFact]
    public void Run_KilledAgainAndAgain_GivesTheSameResults()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signals to kill workers with.");
        var study = Unbroken();
        var random = CounterRandom.For(7, "kills");

        for (var kill = 0; kill < 4; kill++)
        {
            using var process = DsdProcess.Start(runs.Folder.Root, "study", "run", study, "--out", "broken", "--workers", "2", "--quiet");
            process.WaitUntil(() => Workers("broken") > 0, "a worker claims a block");
            Thread.Sleep(300 + random.Below(kill, 1500));
            if (kill % 2 == 0)
            {
                process.Kill();
            }
            else
            {
                process.Signal(DsdProcess.SigInt);
                Assert.Contains(process.Wait().Code, new[] { 0, 130 });
            }
        }

        using (var process = DsdProcess.Start(runs.Folder.Root, "study", "run", study, "--out", "broken", "--workers", "2", "--quiet"))
        {
            // One of its workers is killed; another takes its place.
            process.WaitUntil(() => Workers("broken") > 0 || File.Exists(runs.Folder["broken", "judgement.json"]), "a worker claims a block");
            foreach (var worker in Process.GetProcessesByName("dotnet").Concat(Process.GetProcessesByName("dsd")).Where(p => CommandLine(p).Contains("study\0work\0broken", StringComparison.Ordinal)).Take(1))
            {
                worker.Kill();
            }

            process.Wait().Succeeded();
        }

        Assert.Equal(Csv("unbroken"), Csv("broken"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(runs.Folder["broken", "work"]));

        int Workers(string folder) => Directory.Exists(runs.Folder[folder, "claims"]) ? Directory.EnumerateFiles(runs.Folder[folder, "claims"]).Count() : 0;

        static string CommandLine(Process process)
        {
            try
            {
                return File.ReadAllText($"/proc/{process.Id}/cmdline");
            }
            catch (IOException)
            {
                return "";
            }
        }
    }

    [SkippableFact]
    public void Run_TerminatedInMidTrial_GoesOnFromItsCheckpoint()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signals to end workers with.");
        var study = Write("mid.json", SmallStudy("mid", steps: 400));
        Run("study", "run", study, "--out", "mid-whole", "--workers", "1", "--quiet").Succeeded();

        using (var process = DsdProcess.Start(runs.Folder.Root, "study", "run", study, "--out", "mid", "--workers", "1", "--quiet"))
        {
            process.WaitUntil(
                () => Directory.Exists(runs.Folder["mid", "work"]) && Logs("mid", "work").Any(log => Text(log).Contains("\"maskComputed\"", StringComparison.Ordinal)),
                "a trial is in its sparse phase");
            process.Signal(DsdProcess.SigTerm);
            Assert.Equal(130, process.Wait().Code);
        }

        var before = Logs("mid", "trials").Count();
        Assert.NotEmpty(Directory.EnumerateFiles(runs.Folder["mid", "work"], "*.safetensors", SearchOption.AllDirectories));
        Run("study", "run", "mid", "--workers", "1", "--quiet").Succeeded();

        var resumed = Logs("mid", "trials").SelectMany(log => RunRecord.Load(log).Resumptions).ToList();
        Assert.InRange(before, 0, 2);
        Assert.Contains(resumed, r => r.Step > 400);
        Assert.Equal(Csv("mid-whole"), Csv("mid"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(runs.Folder["mid", "work"]));

        IEnumerable<string> Logs(string folder, string part) => Directory.EnumerateFiles(runs.Folder[folder, part], "events.jsonl", SearchOption.AllDirectories);

        static string Text(string file)
        {
            try
            {
                return File.ReadAllText(file);
            }
            catch (IOException)
            {
                // Moved or written meanwhile.
                return "";
            }
        }
    }

    [Fact]
    public void Run_ByTwoCoordinatorsAtOnce_CountsNothingTwice()
    {
        var study = Unbroken();

        using var first = DsdProcess.Start(runs.Folder.Root, "study", "run", study, "--out", "two-both", "--workers", "1", "--quiet");
        using var second = DsdProcess.Start(runs.Folder.Root, "study", "run", study, "--out", "two-both", "--workers", "1", "--quiet");

        Assert.Equal(first.Wait().Succeeded().Out, second.Wait().Succeeded().Out);
        Assert.Equal(Csv("unbroken"), Csv("two-both"));
    }

    [Fact]
    public void Run_SeedsAtOnce_TrainsThemTogetherIntoTheFoldersOfSeedsAlone()
    {
        var study = Write("at-once.json", Study("at-once", steps: 4));

        var alone = Run("study", "run", study, "--out", "one-by-one", "--workers", "1", "--seeds-at-once", "auto").Succeeded();
        Run("study", "run", study, "--out", "at-once", "--workers", "1", "--seeds-at-once", "3").Succeeded();

        string[] Trials(string folder) => [.. Directory.EnumerateFiles(runs.Folder[folder, "trials"], "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(runs.Folder[folder], f)).Order(StringComparer.Ordinal)];
        Assert.Equal(Trials("one-by-one"), Trials("at-once"));
        Assert.DoesNotContain("at once", File.ReadAllText(runs.Folder["one-by-one", "trials", "control-seed-1", "events.jsonl"]), StringComparison.Ordinal);
        Assert.Contains("at once with 2 other seeds", File.ReadAllText(runs.Folder["at-once", "trials", "control-seed-1", "events.jsonl"]), StringComparison.Ordinal);
        Assert.DoesNotContain("one after another", alone.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_SeedsAtOnce_SaysHowManyOrWhyNot()
    {
        var study = Write("plan-at-once.json", Study("plan-at-once"));

        Assert.Contains("\n3 seeds are trained at once.\n", Run("study", "plan", study, "--seeds-at-once", "8").Succeeded().Out, StringComparison.Ordinal);
        Assert.DoesNotContain("at once", Run("study", "plan", study).Succeeded().Out, StringComparison.Ordinal);
        var refused = Run("study", "plan", study, "--seeds-at-once", "-1", "--no-timing");
        refused.Refused();
        Assert.Contains("--seeds-at-once: '-1' cannot be used: give auto, or a whole number from 0 to", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_SaysWhatItTakesAndWhatItCanShow()
    {
        var study = Write("plan.json", Study("plan"));

        var text = Run("study", "plan", study, "--sd", "0.002", "--workers", "2").Succeeded().Out;
        var json = Runs.Object(Run("study", "plan", study, "--sd", "0.002", "--no-timing", "--json").Succeeded().Out);

        Assert.Contains("27 trials in 15 blocks, 1,380 steps; without sharing first phases it would be 1,620.", text, StringComparison.Ordinal);
        Assert.Matches(@"About \d+ s of work, \d+ s with 2 workers", text);
        Assert.Contains("3 pairs detect a difference of 3.26 standard deviations of the paired differences, here 0.00653,", text, StringComparison.Ordinal);
        Assert.Equal(27, json.GetProperty("trials").GetInt32());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("seconds").ValueKind);
        Assert.False(Directory.Exists(runs.Folder["runs", "plan"]));
    }

    [Theory]
    [InlineData("\"seeds\": 3", "\"seeds\": 0", "1 to 10000 seeds")]
    [InlineData("\"seeds\": 3", "\"sedes\": 3", "unknown field 'sedes'")]
    [InlineData("[0.3, 0.7]", "[0.3, 0.3]", "Each variant of a study must be unique; 'sparsity 0.3' occurs more than once")]
    [InlineData("\"lenet-300-100\"", "\"lenet-300\"", "There is no network named 'lenet-300'")]
    [InlineData("\"fashion-mnist\"", "\"bible-kjv\"", "learns from images, but data bible-kjv holds text")]
    [InlineData("\"trainLimit\": 6400", "\"trainLimit\": 70000", "has 55000 training examples")]
    [InlineData("\"sparsity\": 0.5", "\"sparsity\": 0.5, \"layers\": [{ \"keep\": \"conv9\" }]", "DSD002: variant 'sparsity 0.3', phase 2 'sparse'")]
    [InlineData("\"rate\": 0.005,", "\"rate\": 0.005, \"mask\": { \"criterion\": { \"custom\": { \"name\": \"mine\" } } },", "DSD103: variant 'sparsity 0.3'")]
    public void Run_AStudyThatCannotBe_IsRefusedBeforeAnythingRuns(string from, string to, string problem)
    {
        var study = Write("bad.json", Study("bad").Replace(from, to, StringComparison.Ordinal));

        var outcome = Run("study", "run", study, "--out", "bad-study");

        outcome.Refused();
        Assert.Contains(problem, outcome.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(runs.Folder["bad-study"]));
    }

    [Fact]
    public void Run_AFolderThatIsNotItsOwn_IsRefused()
    {
        var study = Write("own.json", SmallStudy("own", steps: 2));
        Directory.CreateDirectory(runs.Folder["taken"]);
        File.WriteAllText(runs.Folder["taken", "notes.txt"], "mine");
        Run("study", "run", study, "--out", "own-study", "--quiet").Succeeded();
        var other = Write("own-2.json", SmallStudy("own", steps: 3));

        foreach (var outcome in new[]
        {
            Run("study", "run", study, "--out", "taken"),
            Run("study", "run", other, "--out", "own-study"),
            Run("study", "report", "taken"),
            Run("study", "status", "nowhere"),
            Run("study", "run", "nowhere.json"),
            Run("study", "compare", "own-study", "taken"),
        })
        {
            outcome.Refused();
        }

        var edited = Directory.GetDirectories(runs.Folder["own-study", "trials"]).Order(StringComparer.Ordinal).First();
        File.AppendAllText(Path.Combine(edited, "events.jsonl"), "{}\n");
        var damaged = Run("study", "report", "own-study");
        damaged.Refused();
        Assert.Contains($"{Path.GetFileName(edited)}: its events.jsonl is missing or was changed. Delete this folder", damaged.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WithSeeds_ExtendsAStudyThatWasBegunAndSaysSo()
    {
        var study = Write("seeds.json", Study("seeds", steps: 2)
            .Replace("[0.3, 0.7]", "[0.3]", StringComparison.Ordinal)
            .Replace("\"dsd\", \"control\", \"plain\", \"random-mask\"", "\"dsd\", \"control\"", StringComparison.Ordinal));
        var more = Write("seeds-4.json", File.ReadAllText(runs.Folder["seeds.json"]).Replace("\"seeds\": 3", "\"seeds\": 4", StringComparison.Ordinal));
        Run("study", "run", study, "--out", "seeds", "--seeds", "2", "--workers", "1", "--quiet").Succeeded();

        foreach (var (outcome, problem) in new[]
        {
            (Run("study", "run", more, "--out", "seeds"), "it has 2 seeds, and not the same as the 4 here; to extend it, say so: --seeds 4"),
            (Run("study", "run", "seeds", "--seeds", "1"), "Seeds can be added and never taken away"),
            (Run("study", "run", "seeds", "--seeds", "0"), "give a whole number from 1 to 10000"),
        })
        {
            outcome.Refused();
            Assert.Contains(problem, outcome.Error, StringComparison.Ordinal);
        }

        var extended = Run("study", "run", more, "--out", "seeds", "--seeds", "4", "--workers", "1", "--quiet").Succeeded();

        Assert.Contains("Extended from 2 to 4 seeds after the test set was read.", extended.Out, StringComparison.Ordinal);
        Assert.Equal(extended.Out, Run("study", "run", "seeds", "--quiet").Succeeded().Out);
        var json = Runs.Object(Run("study", "status", "seeds", "--json").Succeeded().Out);
        Assert.Equal((2, 4, true), (json.GetProperty("extensions")[0].GetProperty("from").GetInt32(), json.GetProperty("extensions")[0].GetProperty("to").GetInt32(), json.GetProperty("extensions")[0].GetProperty("testWasRead").GetBoolean()));
        Assert.Equal(4, json.GetProperty("differences")[0].GetProperty("pairs").GetInt32());
        Run("study", "report", "seeds").Succeeded();
        Assert.Contains("Extended from 2 to 4 seeds after the test set was read.", File.ReadAllText(runs.Folder["seeds", "report.md"]), StringComparison.Ordinal);
        Assert.Contains("Extended from 2 to 4 seeds after the test set was read.", File.ReadAllText(runs.Folder["seeds", "report.html"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.01, 1e30", 0)]
    [InlineData("1e30", 1)]
    [InlineData("1e30, 2e30", 1)]
    public void Run_TrialsThatFailed_EndsWithOneUnlessARateOfSeveralDiverged(string rates, int code)
    {
        var schedules = string.Join(", ", rates.Split(", ").Select(r => $$"""{ "phases": [ { "duration": "60st", "rate": {{r}} } ] }"""));
        var name = $"failed-{rates.Replace(", ", "-", StringComparison.Ordinal)}";
        var study = Write($"{name}.json", Study(name).Replace("[0.3, 0.7]", "[0.3]", StringComparison.Ordinal).Replace("\"plain\", \"random-mask\"", $$"""{ "name": "own", "schedules": [ {{schedules}} ] }""", StringComparison.Ordinal).Replace("\"seeds\": 3", "\"seeds\": 1", StringComparison.Ordinal));

        var outcome = Run("study", "run", study, "--out", name, "--workers", "1", "--quiet");

        Assert.Equal(code, outcome.Code);
        Assert.Contains(" failed: own-", outcome.Out, StringComparison.Ordinal);
        Assert.Equal(code == 1, outcome.Error.Contains(" failed: own", StringComparison.Ordinal));
    }
}
