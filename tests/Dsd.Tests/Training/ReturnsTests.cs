using Dsd.Masks;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>Phases that return to earlier weights: what is known of pruned weights returns too, and a shared parameter returns once.</summary>
public class ReturnsTests
{
    private const string Layer = "net.fc2.weight";
    private static readonly LearningRate s_rate = LearningRate.Constant(0.1);

    [Fact]
    public void Rewind_ThenRestored_BringsPrunedWeightsBackFromTheSnapshot()
    {
        using var net = new ToyNet(4, 8, norm: false);
        var start = ToyCase.Weights(net)[Layer];
        var (mask, regrown) = Run(net, Rewind.ToStart);
        Assert.All(Pruned(mask), i => Assert.Equal(start[i], regrown[i]));
    }

    [Fact]
    public void Rewind_OfKeptWeightsOnlyThenRestored_BringsPrunedWeightsBackAsTheyWerePruned()
    {
        using var net = new ToyNet(4, 8, norm: false);
        float[]? trained = null;
        var (mask, regrown) = Run(net, Rewind.ToStart.WithOnlyKept(), atEndOfDense: values => trained = values);
        Assert.All(Pruned(mask), i => Assert.Equal(trained![i], regrown[i]));
    }

    [Fact]
    public void Rewind_RedrawnThenRestored_BringsPrunedWeightsBackFromTheDraw()
    {
        using var net = new ToyNet(4, 8, norm: false);
        var start = ToyCase.Weights(net)[Layer];
        float[]? trained = null;
        var (mask, regrown) = Run(net, Rewind.Redrawn, atEndOfDense: values => trained = values);
        Assert.All(Pruned(mask), i => Assert.True(regrown[i] != 0 && regrown[i] != start[i] && regrown[i] != trained![i]));
        Assert.All(regrown, v => Assert.InRange(Math.Abs(v), 0, 0.5));
    }

    [Fact]
    public void Rewind_IntoAFallingRamp_RegrowsByTheMagnitudesOfTheSnapshot()
    {
        using var net = new ToyNet(4, 8, norm: false);
        var start = ToyCase.Weights(net)[Layer];
        var schedule = new Schedule(
        [
            new Phase("dense", Duration.Steps(6), LearningRate.Constant(1)),
            new Phase("sparse", Duration.Steps(4), s_rate, SparsityCurve.Linear(0.75, 0.5), new MaskRule(update: MaskUpdate.Every(2)), rewind: Rewind.ToStart),
        ]);
        var masks = new Dictionary<long, BitMask>();
        Drive(net, schedule, session => masks[session.Step] = session.Masks.Masks.GetValueOrDefault(Layer)!);
        var back = Enumerable.Range(0, 64).Where(i => masks[8][i] && !masks[6][i]).ToList();
        Assert.Equal(Pruned(masks[6]).OrderByDescending(i => Math.Abs(start[i])).Take(16).Order(), back);
    }

    [Fact]
    public void Rewind_OfAStraightThroughPhase_TrainsPrunedWeightsFromTheSnapshotOn()
    {
        using var net = new ToyNet(4, 8, norm: false);
        var start = ToyCase.Weights(net)[Layer];
        var schedule = new Schedule(
        [
            new Phase("dense", Duration.Steps(6), LearningRate.Constant(1)),
            new Phase("sparse", Duration.Steps(4), s_rate, SparsityCurve.Constant(0.5), straightThrough: new StraightThrough(), rewind: Rewind.ToStart),
        ]);
        var looks = 0;
        Drive(net, schedule, session =>
        {
            if (session.Step == 6)
            {
                using var state = session.Masks.Capture();
                var (mask, values) = (session.Masks.Masks[Layer], ToyCase.Values(state.PrunedValues[Layer]));
                Assert.All(Pruned(mask), i => Assert.Equal(start[i], values[i]));
                looks++;
            }
        });
        Assert.Equal(1, looks);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rewind_OfKeptWeightsOfASharedParameter_ReturnsItOnceByItsMask(bool isSecondDeeper)
    {
        using var net = new TiedNet(isSecondDeeper);
        var start = ToyCase.Values(net.Shared);
        var schedule = new Schedule(
        [
            new Phase("sparse", Duration.Steps(5), s_rate, SparsityCurve.Constant(0.5), regrownWeights: RegrownWeights.Redrawn),
            new Phase("dense", Duration.Steps(1), s_rate, rewind: Rewind.ToStart.WithOnlyKept()),
        ]);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        using var session = new Session(schedule.On(net, 5), net, optimizer, seed: 3);
        BitMask? mask = null;
        var looks = 0;
        while (session.BeginStep())
        {
            if (session.Step == 5)
            {
                var now = ToyCase.Values(net.Shared);
                Assert.All(Enumerable.Range(0, 36), i => Assert.Equal(mask![i], start[i] == now[i]));
                looks++;
            }

            mask = session.Masks.Masks.SingleOrDefault().Value ?? mask;
            optimizer.zero_grad();
            net.call(ones(2, 6)).square().sum().backward();
            session.MaskGradients();
            optimizer.step();
            session.EndStep();
        }

        Assert.Equal(1, looks);
        Assert.Equal(18, mask!.Kept);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Rewind_OfSomeLayers_ReturnsTheirParametersAndBuffersAndLeavesTheOthers(bool isSparse, bool onlyKept)
    {
        using var net = new ToyNet(4, 8);
        var start = ToyCase.Weights(net);
        var rewind = Rewind.ToStart.WithLayers(LayerSelector.Named("net.fc2.weight"), LayerSelector.OfKind(LayerKind.Norm));
        var schedule = new Schedule(
        [
            new Phase("dense", Duration.Steps(6), LearningRate.Constant(1)),
            new Phase("next", Duration.Steps(3), s_rate, SparsityCurve.Constant(isSparse ? 0.5 : 0), rewind: onlyKept ? rewind.WithOnlyKept() : rewind),
        ]);
        var (trained, looks) = (start, 0);
        DriveAtEntry(net, schedule, 6, values => trained = values, session =>
        {
            var now = ToyCase.Weights(net);
            foreach (var name in now.Keys)
            {
                var (mask, before) = (session.Masks.Masks.GetValueOrDefault(name), name.StartsWith("net.fc2.", StringComparison.Ordinal) || name.StartsWith("net.bn.", StringComparison.Ordinal) ? start : trained);
                Assert.Equal(before[name].Select((v, i) => mask?[i] == false ? 0 : v), now[name]);
                looks++;
            }

            Assert.Equal(isSparse, session.Masks.Masks.Count > 0);
        });
        Assert.Equal(11, looks);
        Assert.All(start.Keys, name => Assert.NotEqual(start[name], trained[name]));
    }

    [Fact]
    public void Rewind_OfALayerThenRestored_BringsPrunedWeightsBackFromTheSnapshotThereAndAsTrainedElsewhere()
    {
        foreach (var (glob, returns) in new[] { ("net.fc2", true), ("net.fc1", false) })
        {
            using var net = new ToyNet(4, 8, norm: false);
            var start = ToyCase.Weights(net)[Layer];
            float[]? trained = null;
            var (mask, regrown) = Run(net, Rewind.ToStart.WithLayers(LayerSelector.Named(glob)), atEndOfDense: values => trained = values);
            Assert.All(Pruned(mask), i => Assert.Equal(returns ? start[i] : trained![i], regrown[i]));
        }
    }

    [Fact]
    public void Rewind_OfALayerRedrawn_DrawsNoOther()
    {
        using var net = new ToyNet(4, 8, norm: false);
        var schedule = new Schedule(
        [
            new Phase("dense", Duration.Steps(6), LearningRate.Constant(1)),
            new Phase("sparse", Duration.Steps(3), s_rate, SparsityCurve.Constant(0.5), rewind: Rewind.Redrawn.WithLayers(LayerSelector.Named("net.fc2"))),
        ]);
        var (start, trained) = (ToyCase.Weights(net), ToyCase.Weights(net));
        DriveAtEntry(net, schedule, 6, values => trained = values, session =>
        {
            var now = ToyCase.Weights(net);
            Assert.All(Enumerable.Range(0, 64).Where(i => session.Masks.Masks[Layer][i]), i => Assert.True(now[Layer][i] != start[Layer][i] && now[Layer][i] != trained[Layer][i]));
            Assert.Equal(start["net.fc2.bias"], now["net.fc2.bias"]);
            Assert.Equal(trained["net.fc1.weight"].Select((v, i) => session.Masks.Masks["net.fc1.weight"][i] ? v : 0), now["net.fc1.weight"]);
            Assert.Equal(trained["net.fc3.bias"], now["net.fc3.bias"]);
        });
    }

    [Theory]
    [InlineData("a*", false)]
    [InlineData("b*", false)]
    [InlineData("a*", true)]
    [InlineData("b*", true)]
    public void Rewind_OfOneLayerOfASharedParameter_ReturnsItAndNotTheBiasOfTheOther(string glob, bool isSecondDeeper)
    {
        using var net = new TiedNet(isSecondDeeper);
        var start = ToyCase.Weights(net);
        var schedule = new Schedule([new Phase("first", Duration.Steps(2), s_rate), new Phase("second", Duration.Steps(1), s_rate, rewind: Rewind.ToStart.WithLayers(LayerSelector.Named(glob)))]);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        using var session = new Session(schedule.On(net, 5), net, optimizer);
        var trained = start;
        while (session.BeginStep())
        {
            if (session.Step == 2)
            {
                Assert.All(ToyCase.Weights(net), now => Assert.Equal((now.Key.EndsWith(".weight", StringComparison.Ordinal) || now.Key[0] == glob[0] ? start : trained)[now.Key], now.Value));
            }

            optimizer.zero_grad();
            net.call(ones(2, 6)).square().sum().backward();
            session.MaskGradients();
            optimizer.step();
            session.EndStep();
            trained = ToyCase.Weights(net);
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(8)]
    public void Rewind_OfSomeLayersStoppedAtAStep_GoesOnWithTheSameBits(long stop)
    {
        var schedule = new Schedule(
        [
            new Phase("dense", Duration.Steps(6), s_rate),
            new Phase("sparse", Duration.Steps(6), s_rate, SparsityCurve.Constant(0.5), new MaskRule(MaskCriterion.RandomOfEqualNorm(), update: MaskUpdate.Every(2, mayRegrow: true)), rewind: Rewind.ToStart.WithLayers(LayerSelector.Named("net.fc1"))),
        ]);
        Dsd.Checkpoints.TrainingState? state = null;
        var whole = Train(session => state = session.Step == stop ? session.CaptureAll() : state, null);
        using (state)
        {
            ToyCase.AssertSameBits(whole, Train(_ => { }, state));
        }

        Dictionary<string, float[]> Train(Action<Session> after, Dsd.Checkpoints.TrainingState? from)
        {
            manual_seed(4);
            using var net = new ToyNet(4, 8);
            using var optimizer = optim.SGD(net.parameters(), 0.1, momentum: 0.9);
            using var session = new Session(schedule.On(net, 5), net, optimizer, seed: 5);
            if (from is not null)
            {
                session.Restore(from);
            }

            ToyCase.Drive(session, net, optimizer, new ToyTask(4), after: _ => after(session));
            return ToyCase.Weights(net);
        }
    }

    /// <summary>Trains, and looks at the weights at the end of the step before an entry and at the entry.</summary>
    private static void DriveAtEntry(ToyNet net, Schedule schedule, long entry, Action<Dictionary<string, float[]>> before, Action<Session> at)
    {
        var looks = 0;
        using var optimizer = optim.SGD(net.parameters(), 0.1, momentum: 0.9);
        using var session = new Session(schedule.On(net, 5), net, optimizer, seed: 5);
        var task = new ToyTask(4);
        while (session.BeginStep())
        {
            if (session.Step == entry)
            {
                at(session);
                looks++;
            }

            optimizer.zero_grad();
            task.Loss(net, session.Step).backward();
            session.MaskGradients();
            optimizer.step();
            session.EndStep();
            if (session.Step == entry)
            {
                before(ToyCase.Weights(net));
            }
        }

        Assert.Equal(1, looks);
    }

    private static IEnumerable<int> Pruned(BitMask mask) => Enumerable.Range(0, (int)mask.Count).Where(i => !mask[i]);

    /// <summary>Trains dense, then sparse after a return, and dense with the pruned weights restored.</summary>
    /// <returns>The mask, and the weights at the start of the last phase.</returns>
    private static (BitMask Mask, float[] Regrown) Run(ToyNet net, Rewind rewind, Action<float[]>? atEndOfDense = null)
    {
        var schedule = new Schedule(
        [
            new Phase("dense", Duration.Steps(6), LearningRate.Constant(1)),
            new Phase("sparse", Duration.Steps(4), s_rate, SparsityCurve.Constant(0.5), regrownWeights: RegrownWeights.Restored, rewind: rewind),
            new Phase("last", Duration.Steps(1), s_rate),
        ]);
        BitMask? mask = null;
        float[]? regrown = null;
        Drive(
            net,
            schedule,
            session =>
            {
                mask = session.Step == 6 ? session.Masks.Masks[Layer] : mask;
                regrown = session.Step == 10 ? ToyCase.Weights(net)[Layer] : regrown;
            },
            step =>
            {
                if (step == 5)
                {
                    atEndOfDense?.Invoke(ToyCase.Weights(net)[Layer]);
                }
            });
        return (mask!, regrown!);
    }

    private static void Drive(ToyNet net, Schedule schedule, Action<Session> atStart, Action<long>? after = null)
    {
        using var optimizer = optim.SGD(net.parameters(), 0.1, momentum: 0.9);
        using var session = new Session(schedule.On(net, 5), net, optimizer, seed: 5);
        ToyCase.Drive(session, net, optimizer, new ToyTask(4), after, beforeOptimizer: () => atStart(session));
    }

    /// <summary>Two layers with one weight, of which one may be deeper, so that the model lists it elsewhere than the plan does.</summary>
    private sealed class TiedNet : nn.Module<Tensor, Tensor>
    {
        private readonly Linear _a = nn.Linear(6, 6);
        private readonly Linear _b = nn.Linear(6, 6);

        public TiedNet(bool isSecondDeeper)
            : base("tied")
        {
            _b.weight = _a.weight;
            register_module("a", isSecondDeeper ? _a : nn.Sequential(("in", _a)));
            register_module("b", isSecondDeeper ? nn.Sequential(("in", _b)) : _b);
        }

        public Parameter Shared => _a.weight!;

        public override Tensor forward(Tensor input) => _b.call(_a.call(input));
    }
}
