using System.Diagnostics;
using System.Globalization;
using Dsd.Benchmarks;
using Dsd.Data;
using Dsd.Models;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.DeviceChecks;

/// <summary>Steps a second of several seeds trained at once, beside one seed alone.</summary>
internal sealed class SeedsStage : IStage
{
    private const double Seconds = 1;

    public string Name => "seeds";

    public string Summary => "seeds a network trained at once: steps a second of all, beside one seed alone";

    public int LimitSeconds => 60;

    public void Run(StageContext context)
    {
        Bits(context);
        var images = RandomImages.Make(context.Pick(12_800, 640), 1, 28, 28, 10);
        Network(context, "LeNet-300-100 b64", static () => new LeNet300100(), _ => images, context.Pick(64, 16), context.Pick<int[]>([8, 96, 192], [2]));
        Network(context, "LeNet-300-100 b64, images of its own for each seed", static () => new LeNet300100(), _ => RandomImages.Make(context.Pick(12_800, 640), 1, 28, 28, 10), context.Pick(64, 16), context.Pick<int[]>([32], [2]));
        var colours = RandomImages.Make(context.Pick(7_680, 80), 3, 32, 32, 10);
        Network(context, "ResNet-20 b128", static () => new ResNet20(channels: 3), _ => colours, context.Pick(128, 4), context.Pick<int[]>([8, 24], [2]));
    }

    private static void Network(StageContext context, string name, Func<nn.Module<Tensor, Tensor>> create, Func<int, ImageDataset> data, int batch, int[] counts)
    {
        var schedule = Schedule.Start().Dense(Duration.Steps(5), LearningRate.Constant(Workload.Rate))
            .Sparse(Duration.Steps(10_000_000), LearningRate.Constant(Workload.Rate), SparsityCurve.Constant(Workload.Sparsity)).Build();
        double alone = 0;
        foreach (var capture in context.IsOnCuda ? new[] { StepCapture.On, StepCapture.Off } : [StepCapture.Off])
        {
            using var model = create().to(context.Device);
            var task = new ImageClassification(data(0), batch, seed: 0, device: context.Device);
            using var run = new TrainingRun(schedule.On(model, task.StepsPerEpoch), model, task, new TrainerSettings(capture: capture), static _ => { }, static (_, _) => { });
            alone = StepsASecond(context, step => run.RunTo(step, CancellationToken.None));
            context.Measure($"{name}: one seed alone{(capture == StepCapture.On ? ", recorded" : "")}", alone, "steps/s");
        }

        foreach (var count in counts.TakeWhile(_ => context.HasTime))
        {
            var seeds = Enumerable.Range(0, count).Select(i => new StackedSeed(create().to(context.Device), new ImageClassification(data(i), batch, seed: i, device: context.Device), new TrainerSettings(seed: i), static _ => { })).ToList();
            using var run = new StackedRun(schedule.On(seeds[0].Model, seeds[0].Task.StepsPerEpoch), seeds);
            var all = count * StepsASecond(context, step => run.RunTo(step, CancellationToken.None));
            context.Measure(string.Create(CultureInfo.InvariantCulture, $"{name}: {count} at once"), all, "steps/s", FormattableString.Invariant($"of all; {all / alone:0.0} times one alone that is not recorded; {run.RecordingObstacle ?? "recorded"}"));
            seeds.ForEach(s => s.Model.Dispose());
        }
    }

    /// <summary>Seeds at once whose steps are recorded, with masks that move and gradients that are clipped, beside the same computed operation by operation.</summary>
    private static void Bits(StageContext context)
    {
        context.ComputeAlike();
        var data = RandomImages.Make(context.Pick(3200, 320), 1, 28, 28, 10);
        var rate = LearningRate.Constant(Workload.Rate);
        var steps = Duration.Steps(context.Pick(60, 12));
        var schedule = Schedule.Start().Dense(steps, rate).Sparse(steps, rate, SparsityCurve.Constant(0.8), mask: new MaskRule(update: MaskUpdate.SparseEvolution(context.Pick(25, 8)))).Dense(steps, rate).Build();
        float[] Trained(StepCapture capture)
        {
            var seeds = Enumerable.Range(0, 3).Select(i =>
            {
                _ = manual_seed(i);
                return new StackedSeed(new LeNet300100().to(context.Device), new ImageClassification(data, 32, seed: i, device: context.Device), new TrainerSettings(seed: i, gradientClip: 0.5, readTest: false, capture: capture), static _ => { });
            }).ToList();
            using var run = new StackedRun(schedule.On(seeds[0].Model, seeds[0].Task.StepsPerEpoch), seeds);
            run.RunTo(run.Runs[0].Plan.TotalSteps, CancellationToken.None);
            run.Complete();
            context.Require($"3 seeds at once, {(capture == StepCapture.On ? "recorded" : "one by one")}", run.Failures.All(f => f is null) && (capture == StepCapture.Off || run.RecordingObstacle is null == context.IsOnCuda), run.Failures.FirstOrDefault(f => f is not null)?.Message ?? run.RecordingObstacle ?? "no obstacle");
            float[] weights = [.. seeds.SelectMany(s => s.Model.state_dict().Values.SelectMany(DeviceChecks.Bits.Of))];
            seeds.ForEach(s => s.Model.Dispose());
            return weights;
        }

        var apart = Trained(StepCapture.Off);
        var recorded = Trained(StepCapture.On);
        context.Require("3 seeds at once: bits of recorded steps", DeviceChecks.Bits.AreSame(apart, recorded), $"the largest difference {DeviceChecks.Bits.LargestDifference(recorded, apart):G3}");
    }

    private static double StepsASecond(StageContext context, Action<long> runTo)
    {
        long step = 20;
        runTo(step);
        context.Synchronize();
        var (clock, first) = (Stopwatch.StartNew(), step);
        while (clock.Elapsed.TotalSeconds < context.Pick(Seconds, 0.05))
        {
            runTo(step += 20);
            context.Synchronize();
        }

        return (step - first) / clock.Elapsed.TotalSeconds;
    }
}
