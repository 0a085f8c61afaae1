using Dsd.Checkpoints;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Tests.Training;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Tests.Checkpoints;

/// <summary>The file of a checkpoint: opened by any reader of weights, and never mistaken for a whole one when it is not.</summary>
public sealed class CheckpointFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Weights_OfACheckpoint_HaveTheirOrdinaryNames()
    {
        using var net = new ToyNet(4, 6);
        Stop(net, at: 6);

        var shapes = WeightFile.Shapes(Last());
        Assert.Superset(net.state_dict().Keys.ToHashSet(), shapes.Keys.ToHashSet());
        Assert.All(shapes.Keys.Except(net.state_dict().Keys), name => Assert.StartsWith("dsd/", name, StringComparison.Ordinal));
        using var again = new ToyNet(4, 6);
        WeightFile.Load(again, Last());
        ToyCase.AssertSameBits(ToyCase.Weights(net), ToyCase.Weights(again));
        Assert.Contains("dsd/mask/net.fc1.weight", shapes.Keys);
        Assert.Contains("dsd/optimizer/net.fc1.weight/momentum_buffer", shapes.Keys);
    }

    [Fact]
    public void Read_EveryAlteredByte_IsDetected()
    {
        using var net = new ToyNet(2, 2, norm: false);
        Stop(net, at: 6);
        var (file, whole) = (Last(), File.ReadAllBytes(Last()));
        CheckpointFile.Read(file).Dispose();
        for (var i = 0; i < whole.Length; i += 1 + (i / 400))
        {
            var altered = (byte[])whole.Clone();
            altered[i] ^= 1;
            File.WriteAllBytes(file, altered);

            // The only bytes that mean nothing are the spaces after the header.
            if (whole[i] != ' ')
            {
                Assert.Throws<DsdException>(() => CheckpointFile.Read(file).Dispose());
            }
        }
    }

    [Fact]
    public void Load_WeightsOfAnAlteredCheckpoint_IsRefused()
    {
        using var net = new ToyNet(4, 6);
        Stop(net, at: 6);
        var content = File.ReadAllBytes(Last());
        content[^1] ^= 1;
        File.WriteAllBytes(Last(), content);

        Assert.Contains("does not have the checksum", Assert.Throws<DsdException>(() => WeightFile.Load(net, Last())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public void Resume_LastCheckpointTorn_UsesTheOneBeforeAndSaysSo(double part)
    {
        using var net = new ToyNet(4, 6);
        Stop(net, at: 6);
        var torn = Last();
        File.WriteAllBytes(torn, File.ReadAllBytes(torn)[..(int)(new FileInfo(torn).Length * part)]);

        using var again = new ToyNet(4, 6);
        var comparison = Resume(again);

        var resumed = comparison.Runs[0].Resumptions[0];
        Assert.Equal(4, resumed.Step);
        Assert.Contains(resumed.Notes!, note => note.StartsWith(torn, StringComparison.Ordinal) && note.EndsWith("The one before it is used, if there is one.", StringComparison.Ordinal));
        Assert.True(comparison.IsComplete);
    }

    [Fact]
    public void Resume_CheckpointOfALaterVersion_IsRefusedAndLeftAlone()
    {
        using var net = new ToyNet(4, 6);
        Stop(net, at: 6);
        foreach (var file in Directory.GetFiles(_folder["run", "checkpoints"]))
        {
            var text = File.ReadAllBytes(file);
            var at = text.AsSpan().IndexOf("\\u0022version\\u0022:1,"u8);
            text[at + "\\u0022version\\u0022:".Length] = (byte)'9';
            File.WriteAllBytes(file, text);
        }

        var files = Directory.GetFiles(_folder["run", "checkpoints"]).Length;
        using var again = new ToyNet(4, 6);
        Assert.Contains("a checkpoint of version 9; this program reads versions up to 1", Assert.Throws<CheckpointVersionException>(() => Resume(again)).Message, StringComparison.Ordinal);
        Assert.Equal(files, Directory.GetFiles(_folder["run", "checkpoints"]).Length);
    }

    private string Last() => Directory.GetFiles(_folder["run", "checkpoints"]).Order(StringComparer.Ordinal).Last();

    private void Stop(ToyNet net, int at)
    {
        var config = new RunConfig(new TrainingConfig("toy", "toy", batch: 8), Schedule.Dsd(Duration.Steps(4), Duration.Steps(4), Duration.Steps(4), 0.5, 0.02), checkpointEvery: CheckpointInterval.Every(Duration.Steps(2)));
        using var stop = new CancellationTokenSource();
        using var folder = RunFolder.Create(_folder["run"], config);
        FairComparison.Run(config.Arms, net, new ToyTask(net.get_parameter("net.fc1.weight")!.shape[1] is var n ? (int)n : 0), TrainerSettings.Of(config, stepHook: new At(at, stop)), Observer.None, folder: folder, cancellation: stop.Token);
    }

    private Comparison Resume(ToyNet net)
    {
        using var folder = RunFolder.Resume(_folder["run"]);
        return FairComparison.Run(folder.Config.Arms, net, new ToyTask(4), TrainerSettings.Of(folder.Config), Observer.None, folder: folder);
    }

    private sealed class At(int step, CancellationTokenSource stop) : IStepHook
    {
        public void AfterUpdate(nn.Module model, long now)
        {
            if (now == step - 1)
            {
                stop.Cancel();
            }
        }
    }
}
