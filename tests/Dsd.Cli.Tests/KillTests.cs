using System.Globalization;
using Dsd.Records;

namespace Dsd.Cli.Tests;

/// <summary>
/// Runs that are killed at random moments, again and again, and continued: the bits are those of a run that never stopped. A hundred kills in one command:
/// <c>DSD_KILLS=100 dotnet test tests/Dsd.Cli.Tests -c Release --filter KillTests</c>.
/// </summary>
[Collection(RunsCollection.Name)]
[Trait("Tier", "slow")]
public sealed class KillTests(Runs runs)
{
    private const int Phase = 150;

    // The first phase is shared by both arms.
    private const int Steps = 5 * Phase;

    private static readonly string[] s_run =
    [
        "--model", "lenet-300-100", "--train-limit", "6400", "--dense", "150st", "--sparse", "150st", "--redense", "150st", "--threads", "1", "--device", "cpu",
        "--checkpoint-every", "10st", "--quiet",
    ];

    private static int Kills => int.Parse(Environment.GetEnvironmentVariable("DSD_KILLS") ?? "4", CultureInfo.InvariantCulture);

    [Fact]
    public void Run_KilledAtRandomMomentsAndContinued_GivesTheBitsOfNeverStopping()
    {
        using var folder = new TempFolder();
        _ = runs.Folder;
        Assert.Equal(0, DsdProcess.Run(folder.Root, ["train", .. s_run, "--out", "whole"]).Succeeded().Code);
        var random = CounterRandom.For(20260101, "kills");
        var resumed = new List<(string Arm, long Step)>();
        for (int kills = 0, run = 0; kills < Kills; run++)
        {
            var name = $"parts-{run}";
            var (continued, isDone) = (0, false);
            while (!isDone)
            {
                // A moment before the one that was reached ends the kills of this run; then the next one begins.
                var moment = random.Below(kills, Steps);
                var isKilled = kills < Kills && moment >= Reached(folder[name]);
                var isBegun = File.Exists(folder[name, "run.json"]);
                using var process = DsdProcess.Start(folder.Root, isBegun ? ["resume", name, "--quiet"] : ["train", .. s_run, "--out", name, "--force"]);
                continued += isBegun ? 1 : 0;
                if (isKilled)
                {
                    kills++;
                    process.WaitUntil(() => Reached(folder[name]) >= moment || process.EndsWithin(TimeSpan.Zero), $"{name} has a checkpoint of step {moment}");
                    if (!process.EndsWithin(TimeSpan.FromMilliseconds(random.Below(1000 + kills, 100))))
                    {
                        process.Kill();
                        process.Wait();
                        continue;
                    }
                }

                process.Wait().Succeeded();
                isDone = true;
            }

            resumed.AddRange(CheckThatTheyAreEqual(folder, name, continued));
        }

        if (Kills >= 4)
        {
            // Later phases, and the second arm.
            Assert.Contains(resumed, r => r is { Arm: "dsd", Step: > Phase });
            Assert.Contains(resumed, r => r is { Arm: "control", Step: > Phase });
        }
    }

    /// <summary>The steps that a run's last checkpoint has behind it, those of both arms together.</summary>
    private static long Reached(string run) => Directory.Exists(Path.Combine(run, "checkpoints"))
        ? Directory.EnumerateFiles(Path.Combine(run, "checkpoints"), "*.safetensors")
            .Select(file => Path.GetFileNameWithoutExtension(file).Split('-'))
            .Select(name => long.Parse(name[^1], CultureInfo.InvariantCulture) + (name[1] == "control" ? 2 * Phase : 0))
            .DefaultIfEmpty(0)
            .Max()
        : 0;

    /// <summary>Compares a run with the whole one, and returns where it was continued.</summary>
    private static List<(string Arm, long Step)> CheckThatTheyAreEqual(TempFolder folder, string name, int continued)
    {
        var resumed = new List<(string Arm, long Step)>();
        foreach (var arm in new[] { "dsd", "control" })
        {
            var files = Directory.GetFiles(folder["whole", arm], "*.safetensors").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal).ToList();
            Assert.Equal(files, Directory.GetFiles(folder[name, arm], "*.safetensors").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
            Assert.All(files, file => Assert.True(File.ReadAllBytes(folder["whole", arm, file]).AsSpan().SequenceEqual(File.ReadAllBytes(folder[name, arm, file])), $"{name}/{arm}/{file} differs"));
            var (whole, parts) = (RunRecord.Load(folder["whole", arm, "events.jsonl"]), RunRecord.Load(folder[name, arm, "events.jsonl"]));
            Assert.Equal(whole.Phases.SelectMany(p => p.Samples), parts.Phases.SelectMany(p => p.Samples));
            Assert.Equal(whole.Phases.SelectMany(p => p.Masks), parts.Phases.SelectMany(p => p.Masks));
            Assert.Equal(whole.Phases.SelectMany(p => p.Evaluations), parts.Phases.SelectMany(p => p.Evaluations));
            Assert.Equal(whole.Evaluations, parts.Evaluations);
            Assert.InRange(parts.Resumptions.Count, 0, continued);
            resumed.AddRange(parts.Resumptions.Select(r => (arm, r.Step)));
        }

        Assert.Empty(Directory.EnumerateFiles(folder[name], "*.part", SearchOption.AllDirectories));
        Assert.False(Directory.Exists(folder[name, "checkpoints"]));
        Assert.Empty(Directory.EnumerateFiles(folder[name], "running.*"));
        return resumed;
    }
}
