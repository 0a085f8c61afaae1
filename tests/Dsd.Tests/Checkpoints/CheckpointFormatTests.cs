using Dsd.Checkpoints;
using Dsd.Records;
using Dsd.Tests.Training;
using Dsd.Training;
using TorchSharp;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Tests.Checkpoints;

/// <summary>Files of version 1 of the format, which later versions go on reading: a run of twelve steps that was stopped after six, in its sparse phase.</summary>
public sealed class CheckpointFormatTests : IDisposable
{
    private static readonly string s_run = Path.Combine(AppContext.BaseDirectory, "Fixtures", "stopped-run");
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_CheckpointOfVersion1_GivesItsWeightsMasksStateAndEvents()
    {
        using var checkpoint = CheckpointFile.Read(Path.Combine(s_run, "checkpoints", "001-dsd-000000000006.safetensors"));

        var (state, session) = (checkpoint.State, checkpoint.State.Session);
        Assert.Equal(("dsd", "sparse", 6L, 1, 0), (checkpoint.Arm, checkpoint.PhaseName, checkpoint.Step, session.Phase, session.Rollbacks));
        Assert.Equal((0.013218, 0.2915353), (session.PhaseTime.TotalSeconds, state.ElapsedSeconds));
        Assert.Equal(((0L, 1.1884765625), (5L, 0.8892390727996826), 0.8892390727996826), (state.Losses.First!.Value, state.Losses.Last!.Value, state.Losses.Lowest));
        Assert.Equal(["control/dense", "dsd/dense", "dsd/sparse"], checkpoint.Best.Keys.Order(StringComparer.Ordinal));
        Assert.All(checkpoint.Best.Values, best => Assert.Equal(0.25, best));
        Assert.Empty(state.LeftOut);
        Assert.Empty(state.ComputedOtherwise);
        Assert.Empty(session.Gradients);

        using var net = new ToyNet(2, 4);
        Assert.Equal(net.state_dict().Keys.Order(StringComparer.Ordinal), state.Model.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([0.3644242584705353f, 0, 0, 0, -0.6657096743583679f, 0.42395806312561035f, 0, 0.36003053188323975f], ToyCase.Values(state.Model["net.fc1.weight"]));
        Assert.Equal([-0.2447400987148285f, 0.23774822056293488f, -0.2648037075996399f], ToyCase.Values(state.Model["net.fc3.bias"]));
        Assert.Equal((ScalarType.Int64, 6L), (state.Model["net.bn.num_batches_tracked"].dtype, state.Model["net.bn.num_batches_tracked"].item<long>()));
        Assert.Equal(5056, state.RandomState.numel());

        Assert.Equal(["net.fc1.weight", "net.fc2.weight", "net.fc3.weight"], session.Masks.Masks.Keys.Order(StringComparer.Ordinal));
        var mask = session.Masks.Masks["net.fc1.weight"];
        Assert.Equal([true, false, false, false, true, true, false, true], Enumerable.Range(0, (int)mask.Count).Select(i => mask[i]));

        Assert.Equal(net.named_parameters().Select(p => p.name), session.Optimizer.Select(o => o.Parameter));
        Assert.All(session.Optimizer, o => Assert.Equal(["momentum_buffer"], o.Fields.Keys));
        Assert.Equal([-0.31595897674560547f, 0.29967600107192993f, 0.01564614474773407f], ToyCase.Values((Tensor)session.Optimizer[^1].Fields["momentum_buffer"]!));

        var events = EventLog.Parse(Assert.Single(checkpoint.Events, e => e.Key == "dsd").Value);
        Assert.Equal("dsd", Assert.IsType<RunStarted>(events[0]).Arm);
        Assert.Equal(Enumerable.Range(0, 6), events.OfType<StepSampled>().Select(s => (int)s.Step));
        Assert.Equal(4, Assert.Single(events.OfType<MaskComputed>()).Step);
    }

    [Fact]
    public void Resume_RunOfVersion1_GoesOnToItsEnd()
    {
        foreach (var file in Directory.EnumerateFiles(s_run, "*", SearchOption.AllDirectories))
        {
            var target = _folder["run", Path.GetRelativePath(s_run, file)];
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        var before = RunRecord.Load(Path.Combine(s_run, "dsd", "events.jsonl")).Phases.SelectMany(p => p.Samples).ToList();
        using var net = new ToyNet(2, 4);
        Comparison comparison;
        using (var folder = RunFolder.Resume(_folder["run"]))
        {
            comparison = FairComparison.Run(folder.Config.Arms, net, new ToyTask(2), TrainerSettings.Of(folder.Config), Observer.None, folder: folder);
        }

        Assert.True(comparison.IsComplete);
        Assert.Equal(6, Assert.Single(comparison.Runs[0].Resumptions).Step);
        Assert.All(comparison.Runs, run => Assert.Equal(Enumerable.Range(0, 12), run.Phases.SelectMany(p => p.Samples).Select(s => (int)s.Step)));
        Assert.Equal(before, comparison.Runs[0].Phases.SelectMany(p => p.Samples).Take(before.Count));
        Assert.Equal(before.Take(4), comparison.Runs[1].Phases.SelectMany(p => p.Samples).Take(4));
        Assert.True(File.Exists(_folder["run", "control", "weights.safetensors"]));
        Assert.False(Directory.Exists(_folder["run", "checkpoints"]));
    }
}
