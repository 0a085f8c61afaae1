using Dsd.Checkpoints;
using Dsd.Masks;
using Dsd.Schedules;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>A checkpoint is checked as a whole before anything of it is used: what is remembered of masks and weights too.</summary>
public class SessionRestoreTests
{
    private const string Layer = "net.fc2.weight";

    public static TheoryData<string, string> Faults => new()
    {
        { "model shape", "the weights and buffers: net.fc2.weight is Float32 of shape (4, 4), where the network's is Float32 of shape (8, 8)" },
        { "snapshot shape", "the weights before the first step: net.fc2.weight is Float32 of shape (4, 4), where the network's is Float32 of shape (8, 8)" },
        { "snapshot type", "the weights before the first step: net.fc2.weight is Float64 of shape (8, 8), where the network's is Float32 of shape (8, 8)" },
        { "snapshot lacks one", "the weights before the first step: net.fc2.weight is missing" },
        { "snapshot has more", "the weights before the first step: the network has no 'other'" },
        { "snapshot is missing", "the weights to which a later phase returns: before the first step is missing" },
        { "lifted shape", "the masks that were lifted last: net.fc2.weight is Bool of shape (64), where the network's is Bool of shape (8, 8)" },
        { "lifted type", "the masks that were lifted last: net.fc2.weight is Float32 of shape (8, 8), where the network's is Bool of shape (8, 8)" },
        { "lifted name", "the masks that were lifted last: the network has no 'other'" },
        { "movement shape", "what the criterion remembers: 'movement' of net.fc2.weight is Float32 of shape (8), where Float32 of shape (8, 8) is needed" },
        { "deviation", "what the criterion remembers: 'deviation' of net.fc2.weight is Float64 of shape (2), where Float64 of shape () is needed" },
        { "trained", "what straight-through training remembers: 'trained' of net.fc2.weight is Float32 of shape (8, 8), where Bool of shape (8, 8) is needed" },
        { "trained is missing", "what straight-through training remembers: net.fc2.weight is missing" },
        { "criterion of another", "what the criterion remembers: the network has no 'other'" },
        { "update of another", "what the update remembers: the network has no 'other'" },
        { "unknown", "unknown entry 'elsewhere'" },
        { "mask count", "the masks: that of net.fc2.weight is for 63 weights, where the network has 64" },
        { "mask name", "the masks: the network has no 'other'" },
        { "pruned values", "the values before pruning: net.fc2.weight is Float32 of shape (2), where the network's is Float32 of shape (8, 8)" },
        { "pruned values are missing", "the values before pruning: net.fc2.weight is missing" },
        { "gradients", "the gradients: net.fc2.weight is Float64 of shape (8, 8), where the network's is Float32 of shape (8, 8)" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Restore_WhatIsRememberedOfAnotherNetwork_IsRefusedAndChangesNothing(string fault, string problem)
    {
        using var net = new ToyNet(4, 8, norm: false);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        using var session = new Session(Planned(net), net, optimizer);
        using var state = StateAt(fault.Split(' ')[0] switch { "movement" => 17, "deviation" or "trained" or "pruned" or "mask" => 12, "snapshot" => 4, _ => 8 });
        Spoil(state, fault);
        var before = ToyCase.Weights(net);

        var message = Assert.Throws<DsdException>(() => session.Restore(state)).Message;

        Assert.Contains(problem, message, StringComparison.Ordinal);
        Assert.Contains("toy", message, StringComparison.Ordinal);
        ToyCase.AssertSameBits(before, ToyCase.Weights(net));
        Assert.Equal((0L, 0), (session.Step, session.Masks.Masks.Count));
    }

    [Fact]
    public void Restore_SeveralFaults_AreReportedTogether()
    {
        using var net = new ToyNet(4, 8, norm: false);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        using var session = new Session(Planned(net), net, optimizer);
        using var state = StateAt(8);
        Spoil(state, "snapshot shape");
        Spoil(state, "lifted type");

        var message = Assert.Throws<DsdException>(() => session.Restore(state)).Message;

        Assert.Contains("the weights before the first step", message, StringComparison.Ordinal);
        Assert.Contains("the masks that were lifted last", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(12)]
    [InlineData(17)]
    public void Restore_AsCaptured_IsAccepted(long step)
    {
        using var net = new ToyNet(4, 8, norm: false);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        using var session = new Session(Planned(net), net, optimizer);
        using var state = StateAt(step);
        session.Restore(state);
        Assert.Equal(step, session.Step);
    }

    private static void Spoil(TrainingState state, string fault)
    {
        var (masks, session) = (state.Session.Masks, state.Session);
        var (snapshot, lifted) = (masks.Of("snapshot "), masks.Of("lifted masks"));
        switch (fault)
        {
            case "model shape": state.Model[Layer] = zeros(4, 4); break;
            case "snapshot is missing": masks.Remembered.Remove("snapshot "); break;
            case "trained is missing": masks.Remembered.Remove($"straight-through {Layer}"); break;
            case "pruned values are missing": masks.PrunedValues.Remove(Layer); break;
            case "snapshot shape": snapshot[Layer] = zeros(4, 4); break;
            case "snapshot type": snapshot[Layer] = zeros(8, 8, dtype: float64); break;
            case "snapshot lacks one": snapshot[Layer] = null; break;
            case "snapshot has more": snapshot["other"] = zeros(1); break;
            case "lifted shape": lifted[Layer] = zeros(64, dtype: @bool); break;
            case "lifted type": lifted[Layer] = zeros(8, 8); break;
            case "lifted name": lifted["other"] = zeros(8, 8, dtype: @bool); break;
            case "movement shape": masks.Of($"criterion {Layer}")["movement"] = zeros(8); break;
            case "deviation": masks.Of($"criterion {Layer}")["deviation"] = zeros(2, dtype: float64); break;
            case "trained": masks.Of($"straight-through {Layer}")["trained"] = zeros(8, 8); break;
            case "criterion of another": masks.Of("criterion other")["mine"] = zeros(3); break;
            case "update of another": masks.Of("update other")["mine"] = zeros(3); break;
            case "unknown": masks.Of("elsewhere")["mine"] = zeros(3); break;
            case "mask count": masks.Masks[Layer] = BitMask.All(63); break;
            case "mask name": masks.Masks["other"] = BitMask.All(64); break;
            case "pruned values": masks.PrunedValues[Layer] = zeros(2); break;
            case "gradients": session.Gradients[Layer] = zeros(8, 8, dtype: float64); break;
            default: throw new ArgumentOutOfRangeException(nameof(fault), fault, "It is no fault.");
        }
    }

    private static TrainingState StateAt(long step)
    {
        using var net = new ToyNet(4, 8, norm: false);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        using var session = new Session(Planned(net), net, optimizer);
        TrainingState? state = null;
        ToyCase.Drive(session, net, optimizer, new ToyTask(4), after: _ => state ??= session.Step == step ? session.CaptureAll() : null);
        return state!;
    }

    private static Dsd.Plans.Plan Planned(ToyNet net)
    {
        var (rate, scope) = (LearningRate.Constant(0.1), LayerScope.Default.Keep("*").Prune("net.fc2"));
        return new Schedule(
        [
            new Phase("sparse", Duration.Steps(5), rate, SparsityCurve.Constant(0.5), layers: scope),
            new Phase("dense", Duration.Steps(5), rate, rewind: Rewind.ToStart.WithOnlyKept()),
            new Phase("surgery", Duration.Steps(5), rate, SparsityCurve.Constant(0.5), new MaskRule(MaskCriterion.ThresholdInDeviations(0.5)), scope, straightThrough: new StraightThrough(0, 0.8)),
            new Phase("movement", Duration.Steps(5), rate, SparsityCurve.Linear(0, 0.5), new MaskRule(MaskCriterion.Movement, update: MaskUpdate.Every(2, mayRegrow: true)), scope),
        ]).On(net, 5);
    }
}
