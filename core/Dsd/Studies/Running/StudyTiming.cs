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
    /// <returns>The expected time of all trials one after another, in seconds; evaluations included.</returns>
    /// <exception cref="DsdException">The data are missing or damaged.</exception>
    public static double ExpectedSeconds(StudyPlan plan, ITrialSource source)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(source);
        TorchRuntime.Configure();
        set_num_threads(plan.Study.Threads);
        return plan.TrialBlocks
            .GroupBy(b => b.Trials[0].Treatment.Config)
            .Sum(blocks =>
            {
                var (step, evaluation) = Measure(blocks.First().Trials[0], source);
                return blocks.Sum(b => (b.Steps * step) + (Evaluations(b) * evaluation));
            });
    }

    private static (double Step, double Evaluation) Measure(Trial trial, ITrialSource source)
    {
        var (model, task) = RunSeed.Open(source.Open, trial.Treatment.Config, trial.Seed);
        using var network = model;
        var plan = trial.Plan;
        var settings = BlockRun.SettingsOf(trial, source);
        var times = new List<long>();
        using (var run = new TrainingRun(plan, model, task, settings, _ => { }, (_, _) => times.Add(Stopwatch.GetTimestamp())))
        {
            run.RunTo(Math.Min(plan.TotalSteps, WarmUpSteps + TimedSteps), CancellationToken.None);
        }

        // The median, which the first steps and an evaluation in between do not affect.
        var gaps = times.Zip(times.Skip(1), (a, b) => Stopwatch.GetElapsedTime(a, b).TotalSeconds).Order().ToList();
        var step = gaps.Count > 0 ? gaps[gaps.Count / 2] : 0;

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        model.eval();
        task.Evaluate(model, DataSplit.Validation);
        var clock = Stopwatch.StartNew();
        task.Evaluate(model, DataSplit.Validation);
        return (step, clock.Elapsed.TotalSeconds);
    }

    private static double Evaluations(TrialBlock block) => block.Trials
        .SelectMany(t => t.Treatment.Plan.Phases.Where(p => p.FirstStep >= block.SharedSteps))
        .Concat(block.Trials[0].Treatment.Plan.Phases.Where(p => p.FirstStep < block.SharedSteps))
        .Sum(p => Math.Max(1, Math.Round((double)p.Steps / block.Trials[0].Treatment.Plan.StepsPerEpoch)));
}
