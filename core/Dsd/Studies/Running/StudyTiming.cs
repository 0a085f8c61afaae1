using System.Diagnostics;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Torch;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Studies;

/// <summary>Estimates a study's duration from a short run of each of its training configs.</summary>
internal static class StudyTiming
{
    private const int WarmUpSteps = 20;
    private const int TimedSteps = 40;

    /// <summary>Trains some steps of each training config and evaluates once on validation, and estimates the time of the whole study with one worker.</summary>
    /// <param name="plan">The resolved study.</param>
    /// <param name="source">The source of networks and data.</param>
    /// <param name="seeds">How the seeds of each config are trained. Default null: one after another.</param>
    /// <returns>The expected time of all trials, in seconds; evaluations included.</returns>
    /// <exception cref="DsdException">The data are missing or damaged.</exception>
    public static double ExpectedSeconds(StudyPlan plan, ITrialSource source, IReadOnlyList<SeedsPreview>? seeds = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(source);
        TorchRuntime.Configure();
        set_num_threads(plan.Study.Threads);
        return plan.TrialBlocks
            .GroupBy(b => b.Trials[0].Treatment.Config)
            .Sum(blocks =>
            {
                var atOnce = seeds?.FirstOrDefault(s => s.Config == blocks.Key)?.Count ?? 1;
                var (step, evaluation) = Measure([.. blocks.Select(b => b.Trials[0]).Where(t => t.Treatment == blocks.First().Trials[0].Treatment).Take(atOnce)], source);
                return blocks.Sum(b => (b.Steps * step) + (Evaluations(b) * evaluation));
            });
    }

    /// <summary>Measures the seconds of a step, for each seed of those that are trained at once, and of the evaluation of one.</summary>
    private static (double Step, double Evaluation) Measure(Trial[] trials, ITrialSource source)
    {
        var opened = new List<(nn.Module Model, ITrainingTask Task)>();
        try
        {
            foreach (var trial in trials)
            {
                opened.Add(RunSeed.Open(source.Open, trial.Treatment.Config, trial.Seed));
            }

            var (model, task) = opened[0];
            var times = new List<long>();
            void Done(long step, double seconds)
            {
                // A step of a GPU is done when the GPU has done it.
                if (model.parameters().FirstOrDefault()?.device is { type: DeviceType.CUDA } gpu)
                {
                    cuda.synchronize(gpu);
                }

                times.Add(Stopwatch.GetTimestamp());
            }

            Train(trials, opened, source, Done);

            // The median, which the first steps and an evaluation in between do not affect.
            var gaps = times.Zip(times.Skip(1), (a, b) => Stopwatch.GetElapsedTime(a, b).TotalSeconds).Order().ToList();
            var step = gaps.Count > 0 ? gaps[gaps.Count / 2] / trials.Length : 0;

            using var scope = NewDisposeScope();
            using var guard = no_grad();
            model.eval();
            task.Evaluate(model, DataSplit.Validation);
            var clock = Stopwatch.StartNew();
            task.Evaluate(model, DataSplit.Validation);
            return (step, clock.Elapsed.TotalSeconds);
        }
        finally
        {
            opened.ForEach(o => o.Model.Dispose());
        }
    }

    private static void Train(Trial[] trials, List<(nn.Module Model, ITrainingTask Task)> opened, ITrialSource source, Action<long, double> done)
    {
        var end = Math.Min(trials[0].Plan.TotalSteps, WarmUpSteps + TimedSteps);
        if (trials.Length == 1)
        {
            using var alone = new TrainingRun(trials[0].Plan, opened[0].Model, opened[0].Task, BlockRun.SettingsOf(trials[0], source), _ => { }, done);
            alone.RunTo(end, CancellationToken.None);
            return;
        }

        using var together = new StackedRun(
            trials[0].Plan,
            [.. trials.Select((t, i) => new StackedSeed(opened[i].Model, opened[i].Task, BlockRun.SettingsOf(t, source), _ => { }, i == 0 ? done : null, Plan: t.Plan))]);
        together.RunTo(end, CancellationToken.None);
    }

    private static double Evaluations(TrialBlock block) => block.Trials
        .SelectMany(t => t.Treatment.Plan.Phases.Where(p => p.FirstStep >= block.SharedSteps))
        .Concat(block.Trials[0].Treatment.Plan.Phases.Where(p => p.FirstStep < block.SharedSteps))
        .Sum(p => Math.Max(1, Math.Round((double)p.Steps / block.Trials[0].Treatment.Plan.StepsPerEpoch)));
}
