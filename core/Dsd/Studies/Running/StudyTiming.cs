using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
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
    /// <param name="seeds">How the seeds of each config are meant to be trained. Default null: one after another.</param>
    /// <returns>The expected time of all trials, evaluations included, in seconds, and how the seeds can be trained: fewer at once where memory is full or a network refuses.</returns>
    /// <exception cref="DsdException">The data are missing or damaged.</exception>
    public static (double Seconds, IReadOnlyList<SeedsPreview>? Seeds) Expected(StudyPlan plan, ITrialSource source, IReadOnlyList<SeedsPreview>? seeds = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(source);
        TorchRuntime.Configure();
        set_num_threads(plan.Study.Threads);
        var times = new Dictionary<TrainingConfig, (SeedsPreview Seeds, double Step, Evaluation Evaluation)>();
        foreach (var blocks in SeedsPreview.Together(plan, seeds).GroupBy(t => t[0].Trials[0].Treatment.Config))
        {
            var planned = seeds?.FirstOrDefault(s => s.Config == blocks.Key) ?? new(blocks.Key, 1, null);
            times[blocks.Key] = Measure(planned, [.. blocks.First().Select(b => b.Trials[0])], plan.Study, source);
        }

        var able = seeds is null ? null : seeds.Select(s => times[s.Config].Seeds).ToList();
        return (SeedsPreview.Together(plan, able).Sum(together =>
        {
            var (_, step, evaluation) = times[together[0].Trials[0].Treatment.Config];

            // On a GPU a few seeds take as long as many.
            return (together[0].Steps * step) + together.Sum(b => SecondsOf(b, evaluation, plan.Study));
        }), able);
    }

    /// <summary>Measures the seconds of a step of seeds that are trained at once, and of the evaluation of one; of fewer seeds where those fail.</summary>
    private static (SeedsPreview Seeds, double Step, Evaluation Evaluation) Measure(SeedsPreview planned, Trial[] trials, Study study, ITrialSource source)
    {
        try
        {
            var (step, evaluation) = Measure(trials, study, source);
            return (planned, step, evaluation);
        }
        catch (Exception e) when (trials.Length > 1 && (e is DsdException || OutOfMemory.IsCauseOf(e)))
        {
            var fewer = SeedsAtOnce.Fewer(trials.Length, e);
            return Measure(planned with { Count = fewer, Reason = fewer == 1 ? e.Message.Split('\n')[0].TrimEnd('.') : null }, trials[..fewer], study, source);
        }
    }

    private static (double Step, Evaluation Evaluation) Measure(Trial[] trials, Study study, ITrialSource source)
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

            Train(trials, opened, study, source, Done);

            // The median, which the first steps and an evaluation in between do not affect.
            var gaps = times.Zip(times.Skip(1), (a, b) => Stopwatch.GetElapsedTime(a, b).TotalSeconds).Order().ToList();
            var step = gaps.Count > 0 ? gaps[gaps.Count / 2] : 0;

            using var scope = NewDisposeScope();
            using var guard = no_grad();
            model.eval();
            task.Evaluate(model, DataSplit.Validation);
            return (step, new(Seconds(DataSplit.Validation), study.MeasuresTrain ? Seconds(DataSplit.Train) : 0));

            double Seconds(DataSplit split)
            {
                var clock = Stopwatch.StartNew();
                task.Evaluate(model, split);
                return clock.Elapsed.TotalSeconds;
            }
        }
        finally
        {
            opened.ForEach(o => o.Model.Dispose());
        }
    }

    private static void Train(Trial[] trials, List<(nn.Module Model, ITrainingTask Task)> opened, Study study, ITrialSource source, Action<long, double> done)
    {
        var end = Math.Min(trials[0].Plan.TotalSteps, WarmUpSteps + TimedSteps);
        if (trials.Length == 1)
        {
            using var alone = new TrainingRun(trials[0].Plan, opened[0].Model, opened[0].Task, BlockRun.SettingsOf(study, trials[0], source), _ => { }, done);
            alone.RunTo(end, CancellationToken.None);
            return;
        }

        using var together = new StackedRun(
            trials[0].Plan,
            [.. trials.Select((t, i) => new StackedSeed(opened[i].Model, opened[i].Task, BlockRun.SettingsOf(study, t, source), _ => { }, i == 0 ? done : null, Plan: t.Plan))]);
        together.RunTo(end, CancellationToken.None);
        if (together.Failures.FirstOrDefault(f => f is not null) is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>Returns the time of a block's measurements: on validation at intervals and at the end of each phase, and there on the train split too.</summary>
    private static double SecondsOf(TrialBlock block, Evaluation evaluation, Study study) => block.Trials
        .SelectMany(t => t.Treatment.Plan.Phases.Where(p => p.FirstStep >= block.SharedSteps))
        .Concat(block.Trials[0].Treatment.Plan.Phases.Where(p => p.FirstStep < block.SharedSteps))
        .Sum(p => evaluation.Train + (evaluation.Validation * Math.Max(1, Math.Round((double)p.Steps / block.Trials[0].Treatment.Plan.StepsPerEpoch / study.EvaluateEvery))));

    /// <summary>The seconds of a measurement on each split; 0 on the train split if that is not measured.</summary>
    private readonly record struct Evaluation(double Validation, double Train);
}
