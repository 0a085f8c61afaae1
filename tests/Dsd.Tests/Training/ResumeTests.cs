using Dsd.Checkpoints;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using FsCheck.Xunit;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>Law 5 from disk: a run that is stopped anywhere, any number of times, and continued gives the bits of one that never stopped.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Property(MaxTest = 30)]
    [Trait("Tier", "slow")]
    public void Law5_StoppedAnywhereAndContinuedFromDisk_GivesTheBitsOfNeverStopping(int seed) => CheckThatStoppingChangesNothing(seed, sequence: false);

    [Property(MaxTest = 12)]
    [Trait("Tier", "slow")]
    public void Law5_OfARecurrentNetworkWithTiedWeights_GivesTheBitsOfNeverStopping(int seed) => CheckThatStoppingChangesNothing(seed, sequence: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Law5_OfSomeRuns_GivesTheBitsOfNeverStopping(int seed) => CheckThatStoppingChangesNothing(seed, sequence: seed == 3);

    private void CheckThatStoppingChangesNothing(int seed, bool sequence)
    {
        var c = new ToyCase(seed);
        var folder = _folder[$"runs-{Guid.NewGuid():N}"];
        var config = Config(c);
        var whole = Train(c, RunFolder.Create(Path.Combine(folder, "whole"), config), sequence);

        // Each part ends at the step of a hook that throws, or by a cancelled token, which writes a checkpoint.
        var path = Path.Combine(folder, "parts");
        var stops = c.Pick(30, 1, 3);
        for (var i = 0; i <= stops; i++)
        {
            using var run = i == 0 ? RunFolder.Create(path, config) : RunFolder.Resume(path);
            var steps = i == stops ? int.MaxValue : c.Pick(31 + i, 1, 14);
            using var cancellation = new CancellationTokenSource();
            var hook = new StopAfter(steps, c.Pick(40 + i, 0, 1) == 0 ? null : cancellation);
            try
            {
                Train(c, run, sequence, hook, cancellation.Token);
            }
            catch (StopException)
            {
                // As a killed process would: the log even says that the run failed.
            }
        }

        foreach (var arm in config.Arms)
        {
            AssertSameFile(Path.Combine(folder, "whole", arm.Name), Path.Combine(path, arm.Name));
        }

        var continued = Comparison.Load(path);
        Assert.Equal(whole.Runs.Select(WithoutTimes), continued.Runs.Select(WithoutTimes));
        Assert.False(Directory.Exists(Path.Combine(path, "checkpoints")));
    }

    private static void AssertSameFile(string expected, string actual)
    {
        static string[] Files(string arm) => [.. Directory.GetFiles(arm, "*.safetensors").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
        Assert.Equal(Files(expected), Files(actual));
        foreach (var file in Files(expected))
        {
            Assert.True(File.ReadAllBytes(Path.Combine(expected, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(actual, file))), $"{file} differs");
        }
    }

    private static RunConfig Config(ToyCase c) => new(
        new TrainingConfig("toy", "toy", batch: 8, optimizer: c.Optimizer, gradientClip: c.Pick(50, 0, 2) == 0 ? 0.5 : null),
        c.Schedule(),
        seed: c.Seed,
        checkpointEvery: c.Pick(51, 0, 2) switch
        {
            0 => CheckpointInterval.Every(Duration.Steps(c.Pick(52, 1, 4))),
            1 => CheckpointInterval.Every(Duration.Epochs(1)),
            _ => CheckpointInterval.Minutes(1000),
        });

    private static Comparison Train(ToyCase c, RunFolder folder, bool sequence, IStepHook? hook = null, CancellationToken cancellation = default)
    {
        using (folder)
        {
            manual_seed(c.Seed);
            using nn.Module<Tensor, Tensor> net = sequence ? new SequenceNet(c.Hidden) : c.Net(dropout: 0.3);
            return FairComparison.Run(folder.Config.Arms, net, c.Task(), TrainerSettings.Of(folder.Config, ToyCase.Methods, hook), Observer.None, folder: folder, cancellation: cancellation);
        }
    }

    private static RunRecord WithoutTimes(RunRecord record) => record with
    {
        Start = record.Start! with { Time = default },
        Resumptions = [],
        Phases = record.Phases.Select(p => p with { End = p.End! with { ElapsedSeconds = 0 } }).ToValueList(),
        End = record.End! with { ElapsedSeconds = 0 },
    };

    private sealed class StopException : Exception;

    /// <summary>Stops after some steps of this process: by a token, or by an exception of an own kind.</summary>
    private sealed class StopAfter(int steps, CancellationTokenSource? cancellation) : IStepHook
    {
        private int _done;

        public void AfterUpdate(nn.Module model, long step)
        {
            if (++_done < steps)
            {
                return;
            }

            if (cancellation is null)
            {
                throw new StopException();
            }

            cancellation.Cancel();
        }
    }

    /// <summary>An LSTM whose two layers after it share a weight.</summary>
    private sealed class SequenceNet : nn.Module<Tensor, Tensor>
    {
        private readonly Layers _net;

        public SequenceNet(int hidden)
            : base("sequence") => register_module("net", _net = new Layers(hidden));

        public override Tensor forward(Tensor input) => _net.call(input);

        private sealed class Layers : nn.Module<Tensor, Tensor>
        {
            private readonly TorchSharp.Modules.LSTM _lstm;
            private readonly TorchSharp.Modules.Dropout _drop = nn.Dropout(0.2);
            private readonly TorchSharp.Modules.Linear _fc1;
            private readonly TorchSharp.Modules.Linear _fc2;
            private readonly TorchSharp.Modules.Linear _fc3;

            public Layers(int hidden)
                : base("layers")
            {
                register_module("lstm", _lstm = nn.LSTM(1, hidden, batchFirst: true));
                register_module("drop", _drop);
                register_module("fc1", _fc1 = nn.Linear(hidden, hidden));
                _fc2 = nn.Linear(hidden, hidden);
                _fc2.weight = _fc1.weight;
                register_module("fc2", _fc2);
                register_module("fc3", _fc3 = nn.Linear(hidden, 3));
            }

            public override Tensor forward(Tensor input)
            {
                var (steps, _, _) = _lstm.call(input.unsqueeze(-1));
                return _fc3.call(_fc2.call(_drop.call(_fc1.call(steps.select(1, -1)).tanh())).tanh());
            }
        }
    }
}
