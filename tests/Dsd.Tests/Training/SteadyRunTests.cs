using System.Diagnostics;
using System.Globalization;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>
/// A long run with everything on: masks that move, checkpoints, clipping, weights kept by name, a log. Memory and open files stay flat, and the record agrees with the
/// network at the end. 200,000 steps: <c>DSD_STEADY_STEPS=200000 dotnet test tests/Dsd.Tests -c Release --filter SteadyRun</c>.
/// </summary>
[Trait("Tier", "slow")]
public sealed class SteadyRunTests : IDisposable
{
    private const long AllowedGrowth = 48L << 20;
    private readonly TempFolder _folder = new();

    private static int Steps => int.Parse(Environment.GetEnvironmentVariable("DSD_STEADY_STEPS") ?? "6000", CultureInfo.InvariantCulture);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void LongRun_WithEverythingOn_KeepsMemoryAndHandlesFlatAndItsRecordTrue()
    {
        var third = Duration.Steps(Steps / 3);
        var schedule = Schedule.Start()
            .Dense(third, LearningRate.Constant(0.01))
            .Sparse(third, LearningRate.Constant(0.01), SparsityCurve.Constant(0.5), mask: new MaskRule(update: MaskUpdate.SparseEvolution(20, 0.3)))
            .Dense(third, LearningRate.Constant(0.001))
            .Build();
        var config = new RunConfig(
            new TrainingConfig("toy", "toy", batch: 8, optimizer: OptimizerSettings.Adam(), gradientClip: 1),
            schedule,
            logEverySteps: 10,
            checkpointEvery: CheckpointInterval.Every(Duration.Steps(Steps / 20)));
        var watch = new Watch(Steps);
        using var net = new ToyNet(6, 16, dropout: 0.1);
        using var folder = RunFolder.Create(_folder["run"], config);

        var comparison = FairComparison.Run(config.Arms, net, new ToyTask(6, Steps / 30), TrainerSettings.Of(config, stepHook: watch), Observer.None, folder: folder);

        Assert.True(comparison.IsComplete);
        Assert.Null(folder.Failure);
        Assert.InRange(watch.Growth, long.MinValue, AllowedGrowth);
        Assert.InRange(watch.MoreHandles, int.MinValue, 16);
        Assert.Equal(comparison, Comparison.Load(_folder["run"]));
        var end = comparison.Runs[1].Phases[^1].End!;
        foreach (var layer in end.Layers)
        {
            var values = ToyCase.Values(net.get_parameter(layer.Parameter)!);
            Assert.Equal(layer.NonZero, values.Count(v => v != 0));
        }

        var sparse = comparison.Runs[0].Phases[1];
        Assert.Equal(0.75 * (Steps / 3) / 20, sparse.Masks.Count, 2.0);
        Assert.All(sparse.Masks, m => Assert.All(m.Layers, l => Assert.Equal(l.Weights - (l.Weights / 2), l.Kept, 1.0)));
    }

    /// <summary>Compares memory and handles in the first part of the sparse phase with those near the end.</summary>
    private sealed class Watch(int steps) : IStepHook
    {
        private (long Memory, int Handles)? _first;
        private (long Memory, int Handles) _last;

        public long Growth => _last.Memory - _first!.Value.Memory;

        public int MoreHandles => _last.Handles - _first!.Value.Handles;

        public void AfterUpdate(nn.Module model, long step)
        {
            if (step % (steps / 20) != 0 || step < steps / 10)
            {
                return;
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
            using var process = Process.GetCurrentProcess();
            _last = (process.WorkingSet64, OperatingSystem.IsLinux() ? Directory.GetFiles("/proc/self/fd").Length : process.HandleCount);
            _first ??= _last;
        }
    }
}
