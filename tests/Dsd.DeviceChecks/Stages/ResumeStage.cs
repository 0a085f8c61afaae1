using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Testing;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.DeviceChecks;

/// <summary>Runs that are stopped and go on from their folder, beside one that was never stopped, and arms that go on from one copy.</summary>
internal sealed class ResumeStage : IStage
{
    private const int Inputs = 8;
    private static readonly TestNetwork s_network = new(Inputs, [TestLayer.Linear(16), TestLayer.BatchNorm(), TestLayer.Dropout(0.3), TestLayer.Linear(16), TestLayer.Tanh(), TestLayer.Dropout(0.2)]);

    public string Name => "resume";

    public string Summary => "a run that was stopped, and an arm that was forked, have the bits of one that never stopped";

    public int LimitSeconds => 40;

    public void Run(StageContext context)
    {
        context.ComputeAlike();
        var folder = Directory.CreateTempSubdirectory("dsd-resume-");
        try
        {
            foreach (var optimizer in context.Pick<OptimizerSettings[]>([OptimizerSettings.Sgd(0.9, 0.001), OptimizerSettings.Adam(weightDecay: 0.01), OptimizerSettings.AdamW(), OptimizerSettings.RmsProp(momentum: 0.9)], [OptimizerSettings.Sgd(0.9, 0.001), OptimizerSettings.Adam(weightDecay: 0.01)]))
            {
                Check(context, optimizer, Directory.CreateDirectory(Path.Combine(folder.FullName, $"{optimizer.Name}")).FullName);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Check(StageContext context, OptimizerSettings optimizer, string folder)
    {
        var rate = LearningRate.Cosine(0.05);
        var schedule = Schedule.Start()
            .Dense(Duration.Steps(7), rate)
            .Sparse(Duration.Steps(12), rate, SparsityCurve.Cubic(0, 0.8), mask: new MaskRule(update: MaskUpdate.Every(3)))
            .Dense(Duration.Steps(7), rate).Build();
        var arms = new[] { new Arm("dsd", schedule), Arm.Control(schedule) };
        var config = new RunConfig(new TrainingConfig("test", "toy", batch: 8, optimizer: optimizer), schedule, arms, seed: 3, logEverySteps: 1, checkpointEvery: CheckpointInterval.Every(Duration.Steps(4)));
        var whole = Train(context, RunFolder.Create(Path.Combine(folder, "whole"), config), null);
        var stopped = Path.Combine(folder, "stopped");
        int[] stops = [5, 13, 18, 4];
        foreach (var (stop, i) in stops.Select((s, i) => (s, i)))
        {
            var run = i == 0 ? RunFolder.Create(stopped, config) : RunFolder.Resume(stopped);
            context.Require($"{optimizer.Name}: stopped", Train(context, run, stop) is null, $"after {stop} more steps");
        }

        _ = Train(context, RunFolder.Resume(stopped), null);
        foreach (var arm in arms)
        {
            var files = Directory.GetFiles(Path.Combine(folder, "whole", arm.Name), "*.safetensors").Select(f => Path.GetFileName(f)).ToList();
            var others = files.Where(f => !IsSame(Path.Combine(folder, "whole", arm.Name, f), Path.Combine(stopped, arm.Name, f))).ToList();
            context.Require($"{optimizer.Name}: {arm.Name}", files.Count > 0 && others.Count == 0, $"stopped {stops.Length} times: {files.Count} files of weights, masks and buffers with the same bits{(others.Count == 0 ? "" : $", but for {string.Join(", ", others)}")}");
        }

        // An arm by itself, which no other was forked from.
        using var alone = s_network.Build(1, context.DeviceName);
        _ = Trainer.Run(schedule.On(alone, 5), alone, new TestTask(Inputs), TrainerSettings.Of(config), _ => { });
        var own = All(alone);
        context.Require($"{optimizer.Name}: fork", Bits.AreSame(own, whole!["dsd"]), $"the arm alone and beside the other, the largest difference {Bits.LargestDifference(own, whole["dsd"]):G3}");
    }

    /// <summary>Trains; returns the weights and buffers of each arm that ended in this process, or null where the run was stopped.</summary>
    private static Dictionary<string, float[]>? Train(StageContext context, RunFolder folder, int? stopAfter)
    {
        using (folder)
        {
            using var model = s_network.Build(1, context.DeviceName);
            var weights = new Dictionary<string, float[]>();
            try
            {
                var hook = stopAfter is { } steps ? new StopHook(steps) : null;
                _ = FairComparison.Run(folder.Config.Arms, model, new TestTask(Inputs), TrainerSettings.Of(folder.Config, stepHook: hook), Observer.None, (arm, trained) => weights[arm.Name] = All(trained), folder);
                return weights;
            }
            catch (Exception e) when (e is StopHook.Stopped || e.InnerException is StopHook.Stopped)
            {
                return null;
            }
        }
    }

    private static bool IsSame(string file, string other) => File.Exists(other) && File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(other));

    private static float[] All(nn.Module model) => [.. model.state_dict().Values.SelectMany(Bits.Of)];

    /// <summary>Stops a run, as a crash does, in the step that is the so-manieth of its process.</summary>
    private sealed class StopHook(int steps) : IStepHook
    {
        private int _done;

        public void BeforeUpdate(nn.Module model, long step)
        {
        }

        public void AfterUpdate(nn.Module model, long step)
        {
            if (++_done >= steps)
            {
                throw new Stopped();
            }
        }

        public sealed class Stopped : Exception;
    }
}
