using System.Diagnostics;
using Dsd.Benchmarks;
using Dsd.Data;
using Dsd.Models;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.DeviceChecks;

/// <summary>A comparison from data to record, in steps a second, beside the step alone.</summary>
internal sealed class TrainStage : IStage
{
    private const int LeNetBatch = 64;
    private const int ResNetBatch = 128;

    public string Name => "train";

    public string Summary => "steps a second of whole comparisons, beside the step alone, and batches that come from the host";

    public int LimitSeconds => 60;

    public void Run(StageContext context)
    {
        var data = Data(context);

        // What a process does once, such as starting CUDA and compiling kernels, is measured apart.
        var start = Stopwatch.StartNew();
        _ = Compare(context, RandomImages.Make(context.Pick(640, 128), 1, 28, 28, 10, validation: 100), "lenet-5", static () => new LeNet5(), LeNetBatch, 1);
        context.Measure("start of the process's first training", start.Elapsed.TotalSeconds, "s");
        FromTheHost(context, data);
        var alone = Alone(context, Workloads.LeNet5(context.Pick(Effort.Full, Effort.Small)));
        EndToEnd(context, data, "lenet-5", static () => new LeNet5(), LeNetBatch, context.Pick(6, 1), alone);
        if (context.IsOnCuda && context.HasTime)
        {
            EndToEnd(context, RandomImages.Make(12_800, 3, 32, 32, 10, validation: 2000), "resnet-20", static () => new ResNet20(channels: 3), ResNetBatch, 6, Alone(context, Workloads.ResNet20(Effort.Full)));
        }
    }

    /// <summary>Compares batches that are copied from the host with those made there, in turn and out of turn, and measures batches a second.</summary>
    private static void FromTheHost(StageContext context, ImageDataset data)
    {
        using var scope = NewDisposeScope();
        var there = new ImageClassification(data, LeNetBatch, seed: 1, Augmentation.Usual, context.Device) { KeepsOnDevice = false };
        var here = new ImageClassification(data, LeNetBatch, seed: 1, Augmentation.Usual);
        var wrong = new long[] { 0, 1, 2, 3, 2, 7, 8, 9, 9, 0 }.Concat(Enumerable.Range(0, 20).Select(i => (long)i)).Count(step =>
        {
            using var batch = NewDisposeScope();
            var (input, target) = there.Batch(step);
            var (expected, labels) = here.Batch(step);
            return !input.cpu().bytes.SequenceEqual(expected.bytes) || !target.cpu().bytes.SequenceEqual(labels.bytes);
        });
        context.Require("batches from the host: bits", wrong == 0, FormattableString.Invariant($"{wrong} of 30 differ from those on the host"));
        var obstacle = HostBatches.ObstacleToCopyAhead(context.Device);
        context.Require("batches from the host: copied during the step before", (obstacle is null) == context.IsOnCuda, obstacle ?? "on a stream of their own");

        // With work queued in front of them, and none read before the last is queued, copies that do not wait for each other would show.
        var load = randn([context.Pick(4096, 64), context.Pick(4096, 64)], device: context.Device);
        var queued = Enumerable.Range(40, 20).Select(step =>
        {
            for (var i = 0; i < 3; i++)
            {
                load.mm(load).Dispose();
            }

            return (Step: step, there.Batch(step).Input);
        }).ToList();
        wrong = queued.Count(q => !q.Input.cpu().bytes.SequenceEqual(here.Batch(q.Step).Input.bytes));
        context.Require("batches from the host: bits behind other work", wrong == 0, FormattableString.Invariant($"{wrong} of 20 differ from those on the host"));
        var steps = context.Pick(500, 10);
        var clock = Stopwatch.StartNew();
        for (var step = 0; step < steps; step++)
        {
            using var batch = NewDisposeScope();
            _ = there.Batch(step);
        }

        context.Synchronize();
        context.Measure("batches from the host", steps / clock.Elapsed.TotalSeconds, "batches/s", FormattableString.Invariant($"of {LeNetBatch} augmented images; nothing else is done"));
    }

    private static void EndToEnd(StageContext context, ImageDataset data, string name, Func<nn.Module<Tensor, Tensor>> create, int batch, int epochs, double alone)
    {
        var (steps, seconds, comparison) = Compare(context, data, name, create, batch, epochs);
        context.Require($"{name}: comparison", comparison.IsComplete, $"two arms of three phases of {epochs} epochs, with checkpoints and evaluations");
        context.Measure($"{name}: end to end", steps / seconds, "steps/s", FormattableString.Invariant($"{steps} steps in {seconds:0.00} s"));
        context.Measure($"{name}: the sparse step alone", alone, "steps/s", FormattableString.Invariant($"end to end takes {alone / (steps / seconds):0.00} times its time; batch {batch}, data on the device"));
        foreach (var arm in comparison.Runs)
        {
            context.Say($"{name}: {arm.Start!.Arm}", string.Join(", ", arm.Phases[^1].Evaluations.TakeLast(1).SelectMany(e => e.Metrics).Select(m => FormattableString.Invariant($"{m.Name} {m.Value:G4}"))));
        }
    }

    private static (long Steps, double Seconds, Comparison Comparison) Compare(StageContext context, ImageDataset data, string name, Func<nn.Module<Tensor, Tensor>> create, int batch, int epochs)
    {
        var task = data.Task(batch, seed: 1, device: context.Device);
        var rate = LearningRate.Constant(0.01);
        var schedule = Schedule.Start().Dense(Duration.Epochs(epochs), rate).Sparse(Duration.Epochs(epochs), rate, SparsityCurve.Constant(0.8)).Dense(Duration.Epochs(epochs), rate).Build();
        _ = manual_seed(1);
        using var model = create().to(context.Device);
        var folder = Directory.CreateTempSubdirectory("dsd-train-");
        try
        {
            var arms = new[] { new Arm("dsd", schedule), Arm.Control(schedule) };
            var config = new RunConfig(new TrainingConfig(name, FashionMnist.Name, batch: batch), schedule, arms, seed: 1, device: context.DeviceName);
            using var run = RunFolder.Create(Path.Combine(folder.FullName, "run"), config);
            var clock = Stopwatch.StartNew();
            var comparison = FairComparison.Run(arms, model, task, TrainerSettings.Of(config), Observer.None, folder: run);
            context.Synchronize();

            // The shared phase is trained once.
            return (5L * epochs * task.StepsPerEpoch, clock.Elapsed.TotalSeconds, comparison);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static ImageDataset Data(StageContext context)
    {
        if (FashionMnist.Find() is { } found)
        {
            context.Say("data", $"Fashion-MNIST in {found}");
            return FashionMnist.Load(trainLimit: context.Pick<int?>(null, 256));
        }

        context.Say("data", "noise: Fashion-MNIST is not here");
        return RandomImages.Make(context.Pick(55_000, 640), 1, 28, 28, 10, validation: context.Pick(5000, 100));
    }

    private static double Alone(StageContext context, Workload made)
    {
        using var workload = DeviceWorkload.Of(made, context.Device);
        using var run = OurRun.InPhase(workload, sparse: true);
        var steps = context.Pick(500, 20);
        run.Steps(steps);
        context.Synchronize();
        var clock = Stopwatch.StartNew();
        run.Steps(steps);
        context.Synchronize();
        return steps / clock.Elapsed.TotalSeconds;
    }
}
