using Dsd.Execution;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;
using FsCheck.Xunit;
using TorchSharp.Modules;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>TorchSharp's optimisers that no settings name: those that a session takes keep the laws, the others are refused by name.</summary>
[Trait("Tier", "slow")]
public sealed class OtherOptimizerTests
{
    private static readonly Func<nn.Module, OptimizerHelper>[] s_taken =
    [
        net => optim.Adagrad(net.parameters(), 0.05, weight_decay: 0.01),
        net => optim.ASGD(net.parameters(), 0.05, weight_decay: 0.01),
        net => optim.Adamax(net.parameters(), 0.05, weight_decay: 0.01),
        net => optim.Adadelta(net.parameters(), 0.5, weight_decay: 0.01),
        net => optim.NAdam(net.parameters(), 0.05, weight_decay: 0.01),
        net => optim.RAdam(net.parameters(), 0.05, weight_decay: 0.01),
    ];

    [Property(MaxTest = 30)]
    public void Law1_ZeroSparsity_GivesTheBitsOfAPlainLoop(int seed)
    {
        var (c, create) = Case(seed);
        using ToyNet ours = c.Net(), plain = c.Net();
        using (var optimizer = create(ours))
        using (var session = new Session(c.Schedule().AsDenseControl().On(ours, 5, ToyCase.Methods), ours, optimizer))
        {
            ToyCase.Drive(session, ours, optimizer, c.Task());
        }

        using (var optimizer = create(plain))
        {
            for (var step = 0; step < 13; step++)
            {
                using var scope = NewDisposeScope();
                optimizer.zero_grad();
                c.Task().Loss(plain, step).backward();
                optimizer.ParamGroups.First().LearningRate = step < 3 ? 0.05 : step < 9 ? 0.02 : 0.01;
                optimizer.step();
            }
        }

        ToyCase.AssertSameBits(ToyCase.Weights(plain), ToyCase.Weights(ours));
    }

    [Property(MaxTest = 60)]
    public void Laws2And3_MaskedWeightsAreZeroCountedAndStartAgainAsNamed(int seed)
    {
        var (c, create) = Case(seed);
        using var net = c.Net();
        using var optimizer = create(net);
        var plan = c.Schedule().On(net, 5, ToyCase.Methods);
        var names = net.named_parameters().Select(p => p.name).ToList();
        var kept = new Dictionary<string, bool[]>();
        var start = new Dictionary<string, float[]>();
        using var session = new Session(plan, net, optimizer, e =>
        {
            if (e is not PhaseStarted { Phase: 2 })
            {
                return;
            }

            start = ToyCase.Weights(net);
            foreach (var (name, mask) in kept)
            {
                var state = States(optimizer, names.IndexOf(name), mask.Length);
                for (var i = 0; i < mask.Length; i++)
                {
                    Assert.True(mask[i] || c.RegrownWeights != RegrownWeights.Zero || start[name][i] == 0, $"{name}[{i}] starts at {start[name][i]}");
                    Assert.True(mask[i] || c.RegrownState == RegrownState.Kept || state.All(s => s[i] == 0), $"the state of {name}[{i}] is not 0");
                }
            }
        }, ToyCase.Methods);
        ToyCase.Drive(session, net, optimizer, c.Task(), step =>
        {
            var phase = plan.PhaseAt(step);
            foreach (var layer in phase.Layers.Where(l => l.IsPruned))
            {
                var mask = session.Masks.Masks[layer.Parameter];
                Assert.Equal(phase.KeptAt(layer, phase.UpdateAt(step - phase.FirstStep)) ?? mask.Kept, mask.Kept);
                var values = ToyCase.Values(net.get_parameter(layer.Parameter)!);
                Assert.All(Enumerable.Range(0, values.Length), i => Assert.True(mask[i] || BitConverter.SingleToUInt32Bits(values[i]) == 0));
                kept[layer.Parameter] = [.. Enumerable.Range(0, values.Length).Select(i => mask[i])];
            }
        });
        var end = ToyCase.Weights(net);
        var pruned = kept.SelectMany(k => k.Value.Select((isKept, i) => (k.Key, i, isKept))).Where(x => !x.isKept).ToList();
        Assert.True(pruned.Count == 0 || pruned.Any(x => end[x.Key][x.i] != start[x.Key][x.i]), "no reborn weight moved");
    }

    [Fact]
    public void Law5_StateThatBeginsWithTheRate_IsResetAlikeAfterGoingOn() => Law5_GoingOnFromACopy_GivesTheBitsOfNeverStopping(-61);

    [Property(MaxTest = 30)]
    public void Law5_GoingOnFromACopy_GivesTheBitsOfNeverStopping(int seed)
    {
        var (c, create) = Case(seed);
        using ToyNet straight = c.Net(), first = c.Net(), second = c.Net();
        var plan = c.Schedule().On(straight, 5, ToyCase.Methods);
        var stop = c.Pick(20, 1, 12);
        using (var optimizer = create(straight))
        using (var session = new Session(plan, straight, optimizer, methods: ToyCase.Methods))
        {
            ToyCase.Drive(session, straight, optimizer, c.Task());
        }

        using var early = create(first);
        using var before = new Session(plan, first, early, methods: ToyCase.Methods);
        using var late = create(second);
        using var after = new Session(plan, second, late, methods: ToyCase.Methods);
        ToyCase.Drive(before, first, early, c.Task(), step =>
        {
            if (step != stop - 1)
            {
                return;
            }

            using var state = before.CaptureAll();
            after.Restore(state);
        });
        ToyCase.Drive(after, second, late, c.Task());
        ToyCase.AssertSameBits(ToyCase.Weights(straight), ToyCase.Weights(second));
    }

    [Fact]
    public void Session_Lbfgs_IsRefusedAsWhatItIs()
    {
        using var net = new ToyNet(3, 4);
        using var optimizer = optim.LBFGS(net.parameters());
        var message = Assert.Throws<DsdException>(() => Session(net, optimizer)).Message;
        Assert.Contains("LBFGS computes the loss several times a step, through a closure", message, StringComparison.Ordinal);
        Assert.DoesNotContain("derive yours", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Session_Rprop_IsRefusedSinceItTakesNoRates()
    {
        using var net = new ToyNet(3, 4);
        using var optimizer = optim.Rprop(net.parameters());
        var message = Assert.Throws<DsdException>(() => Session(net, optimizer)).Message;
        Assert.Contains("Rprop chooses each weight's step by itself", message, StringComparison.Ordinal);
        Assert.Contains("rates", message, StringComparison.Ordinal);
    }

    private static void Session(ToyNet net, optim.Optimizer optimizer)
    {
        using var session = new Session(Schedule.Start().Sparse(1, 0.1, 0.5).Build().On(net, 5), net, optimizer);
    }

    private static (ToyCase Case, Func<nn.Module, OptimizerHelper> Create) Case(int seed)
    {
        var c = new ToyCase(seed);
        return (c, s_taken[c.Pick(21, 0, s_taken.Length - 1)]);
    }

    /// <summary>What an optimiser keeps for each weight of a parameter.</summary>
    private static List<float[]> States(OptimizerHelper optimizer, int index, int weights)
    {
        var state = optimizer.state_dict().State[index];
        return [.. state.GetType().GetFields(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Public)
            .Where(f => f.FieldType == typeof(Tensor)).Select(f => f.GetValue(state)).OfType<Tensor>().Where(t => t.numel() == weights).Select(ToyCase.Values)];
    }
}
