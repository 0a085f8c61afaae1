using System.CommandLine;
using System.Globalization;
using Dsd.Data;
using Dsd.Statistics;
using Dsd.Studies;

namespace Dsd.Cli;

/// <summary><c>dsd study plan</c>: shows what a study will train, how long it will take, and the effect it can detect.</summary>
internal static class StudyPlanCommand
{
    public static Command Create()
    {
        var input = StudyCommand.StudyArgument();
        var root = OptionOf.DataRoot();
        var device = StudyCommand.DeviceOption();
        var workers = StudyCommand.WorkersOption();
        var atOnce = StudyCommand.SeedsAtOnceOption();
        var deviation = OptionOf.Struct("--sd", ParseDeviation, "Expected standard deviation of the differences between two arms, in the unit of the metric, such as 0.0015 of accuracy: the smallest detectable effect is shown in that unit too.", "NUMBER");
        var noTiming = new Option<bool>("--no-timing") { Description = "Do not time any training steps; no data are needed then." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object instead of tables." };
        var command = new Command("plan", "Show what a study will train, how long it will take, and the smallest effect it can detect.") { input, root, device, workers, atOnce, deviation, noTiming, json }.WithHelp("""
            An example of a study, saved as sparsity.json:
              {
                "name": "sparsity",
                "question": "How much should be pruned?",
                "setting": { "network": "lenet-300-100", "data": "fashion-mnist", "trainLimit": 12800 },
                "schedule": { "phases": [
                  { "duration": "3ep", "rate": { "cosine": { "from": 0.05, "to": 0.005 } } },
                  { "duration": "2ep", "rate": 0.005, "sparsity": 0.5 },
                  { "duration": "2ep", "rate": 0.0005 } ] },
                "grid": { "sparsity": [0.3, 0.5, 0.7] },
                "arms": ["dsd", "control", "plain", "random-mask"],
                "seeds": 8
              }
            Arms: dsd, control (same rates, no mask), plain (one phase, its best rate), random-mask, redrawn,
            warm-restart, sparse-only, or custom schedules.

            With --device cuda, or with --seeds-at-once, it says how many seeds are trained at once, or why
            they are trained one after another; the time shown follows from that.

            Examples:
              dsd study plan sparsity.json
              dsd study plan sparsity.json --sd 0.002 --workers 4

            """);
        command.WithLibTorch().WithChecks((parsed, problems) => StudyInput.Check(parsed.GetValue(input)!, null, problems)).SetAction(parsed =>
        {
            var study = StudyInput.On(StudyInput.Read(parsed.GetValue(input)!), parsed.GetValue(input)!, parsed.IsGiven(device) ? parsed.GetValue(device) : null);
            using var interrupt = new Interrupt();
            var isTimed = !parsed.GetValue(noTiming);
            var source = new CatalogTrials(parsed.GetValue(root), Say.Line, device: isTimed && study.Device is { } on ? RunOptions.OpenDevice(on) : null);
            var plan = StudyInput.Plan(study, parsed.GetValue(input)!, source);
            Remarks.Of(plan).ToList().ForEach(Say.Line);
            var gpus = isTimed ? RunOptions.Gpus(study.Device) : 0;
            var count = WorkerCount.WithWork(parsed.GetValue(workers), gpus > 0 ? gpus : WorkerCount.Default(study.Threads), plan.TrialBlocks.Count, Say.Line);
            var (seconds, seeds) = ((double?)null, (IReadOnlyList<SeedsPreview>?)null);
            if (isTimed)
            {
                TorchInstall.Load();
                source.Download(plan.Trials.Select(t => t.Treatment.Config).Distinct(), interrupt.Token);

                // Before anything is trained, while the GPU's memory is free.
                seeds = new SeedsAtOnce(StudyCommand.SeedsAtOnce(parsed, atOnce), count, WorkerCrew.OnGpu(count, gpus)).Preview(plan, source);
                Say.Line("Timing some steps of each setting");
                (seconds, seeds) = StudyTiming.Expected(plan, source, seeds);
            }

            var problems = source.Problems(plan.Trials.Select(t => t.Treatment.Config).Distinct(), interrupt.Token);
            Console.Out.WriteLine(StudyPreview.Write(plan, problems, seconds, count, seeds, parsed.GetValue(deviation), parsed.GetValue(json)));
            return 0;
        });
        return command;
    }

    private static double ParseDeviation(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > 0 && double.IsFinite(value)
            ? value
            : throw new FormatException($"'{text}' is not a standard deviation: give a number above 0.");
}
