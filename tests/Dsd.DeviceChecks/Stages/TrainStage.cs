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
    private const int Batch = 64;

    public string Name => "train";

    public string Summary => "steps a second of a whole comparison of LeNet-5, beside the step alone";

    public int LimitSeconds => 60;

    public void Run(StageContext context)
    {
        var data = Data(context);
        const int epochs = 1;
        var task = data.Task(Batch, seed: 1, device: context.Device);
        var rate = LearningRate.Constant(0.01);
        var schedule = Schedule.Start().Dense(Duration.Epochs(epochs), rate).Sparse(Duration.Epochs(epochs), rate, SparsityCurve.Constant(0.8)).Dense(Duration.Epochs(epochs), rate).Build();
        _ = manual_seed(1);
        using var model = new LeNet5().to(context.Device);
        var folder = Directory.CreateTempSubdirectory("dsd-train-");
        try
        {
            var arms = new[] { new Arm("dsd", schedule), Arm.Control(schedule) };
            var config = new RunConfig(new TrainingConfig("lenet-5", FashionMnist.Name, batch: Batch), schedule, arms, seed: 1, device: context.DeviceName);
            using var run = RunFolder.Create(Path.Combine(folder.FullName, "run"), config);
            var clock = Stopwatch.StartNew();
            var comparison = FairComparison.Run(arms, model, task, TrainerSettings.Of(config), Observer.None, folder: run);
            context.Synchronize();
            var seconds = clock.Elapsed.TotalSeconds;

            // The shared phase is trained once.
            var steps = 5L * epochs * task.StepsPerEpoch;
            context.Require("comparison", comparison.IsComplete, $"two arms of {3 * epochs} epochs of {task.StepsPerEpoch} steps, with checkpoints and evaluations");
            context.Measure("end to end", steps / seconds, "steps/s", FormattableString.Invariant($"{steps} steps in {seconds:0.0} s"));
            foreach (var arm in comparison.Runs)
            {
                context.Say(arm.Start!.Arm, string.Join(", ", arm.Phases[^1].Evaluations.TakeLast(1).SelectMany(e => e.Metrics).Select(m => FormattableString.Invariant($"{m.Name} {m.Value:G4}"))));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        Alone(context);
    }

    private static ImageDataset Data(StageContext context)
    {
        if (FashionMnist.Find() is { } found)
        {
            context.Say("data", $"Fashion-MNIST in {found}");
            return FashionMnist.Load(trainLimit: context.Pick<int?>(null, 640));
        }

        context.Say("data", "noise: Fashion-MNIST is not here");
        return RandomImages.Make(context.Pick(55_000, 640), 1, 28, 28, 10, validation: context.Pick(5000, 100));
    }

    private static void Alone(StageContext context)
    {
        using var workload = DeviceWorkload.Of(Workloads.LeNet5(Effort.Full), context.Device);
        using var run = OurRun.InPhase(workload, sparse: true);
        var steps = context.Pick(500, 20);
        run.Steps(steps);
        context.Synchronize();
        var clock = Stopwatch.StartNew();
        run.Steps(steps);
        context.Synchronize();
        context.Measure("the sparse step alone", steps / clock.Elapsed.TotalSeconds, "steps/s", $"batch {Batch}, data on the device");
    }
}
