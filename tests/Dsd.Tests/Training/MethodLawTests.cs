using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>The laws of training over every published method and the parts of which they are made.</summary>
public class MethodLawTests
{
    private static readonly Duration s_length = Duration.Steps(60);
    private static readonly LearningRate s_rate = LearningRate.Cosine(0.1);

    public static TheoryData<string> Names => [.. Method.All.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Laws2And5_OfEveryMethod_Hold(string name)
    {
        foreach (var optimizer in new[] { OptimizerSettings.Sgd(weightDecay: 0.01), OptimizerSettings.Adam(weightDecay: 0.01) })
        {
            var (whole, masked) = Train(name, optimizer, stopAt: null);
            foreach (var step in new long[] { 1, 17, 33, 59 })
            {
                ToyCase.AssertSameBits(whole, Train(name, optimizer, step).Weights);
            }

            Assert.Equal(name != "same-rates", masked > 0);
        }
    }

    /// <summary>With momentum, which goes on for a weight that is spliced back, since it was trained all along.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0.9)]
    public void StraightThrough_ByHand_IsTheSameAsTheSession(double momentum)
    {
        // SR-STE on one layer with SGD: w ← w − γ·v with v ← μ·v + g(w̃) + λ·(1 − m)⊙w.
        manual_seed(3);
        using var net = new ToyNet(4, 8, norm: false);
        var schedule = Methods.SrSte(Duration.Steps(12), LearningRate.Constant(0.5), decay: 0.05, layers: LayerScope.Default.Keep("*").Prune("net.fc1"));
        using var optimizer = optim.SGD(net.parameters(), 0.5, momentum);
        var (spliced, velocity) = (0L, new Dictionary<string, Tensor>());
        BitMask? before = null;
        var plan = schedule.On(net, 5);
        var own = net.state_dict().ToDictionary(t => t.Key, t => t.Value.detach().clone());
        using var session = new Session(plan, net, optimizer);
        var task = new ToyTask(4);
        while (session.BeginStep())
        {
            var w = own["net.fc1.weight"];
            var groups = w.abs().reshape(8, 1, 4);
            var keep = zeros_like(groups).scatter_(2, groups.topk(2, 2).indexes, ones_like(groups)).reshape(8, 4).to(ScalarType.Bool);
            Assert.Equal(ToyCase.Values(where(keep, w, zeros_like(w))), ToyCase.Values(net.get_parameter("net.fc1.weight")!));
            spliced += before is null ? 0 : session.Masks.Masks["net.fc1.weight"].CountKeptOnlyHere(before);
            before = session.Masks.Masks["net.fc1.weight"];
            optimizer.zero_grad();
            task.Loss(net, session.Step).backward();
            var step = net.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.clone());
            session.MaskGradients();
            optimizer.step();
            session.EndStep();
            step["net.fc1.weight"] = where(keep, step["net.fc1.weight"], step["net.fc1.weight"].add(w.mul(0.05)));
            foreach (var (name, slope) in step)
            {
                velocity[name] = velocity.TryGetValue(name, out var v) ? v.mul(momentum).add(slope) : slope;
                own[name] = own[name].add(velocity[name], alpha: -0.5);
            }
        }

        Assert.True(spliced > 0);
    }

    [Fact]
    public void StraightThrough_OfSomePrunedWeights_LeavesTheOthersAsTheyAre()
    {
        using var net = new ToyNet(4, 16, norm: false);
        var schedule = Methods.TopKast(Duration.Steps(9), LearningRate.Constant(0.1), 0.75, 0.5, Duration.Steps(3), 0.05);
        using var optimizer = optim.SGD(net.parameters(), 0.1, momentum: 0.9, weight_decay: 0.01);
        using var session = new Session(schedule.On(net, 5), net, optimizer);
        var (before, task) = (net.get_parameter("net.fc2.weight")!.detach().clone(), new ToyTask(4));
        for (var i = 0; i < 3; i++)
        {
            Assert.True(session.BeginStep());
            optimizer.zero_grad();
            task.Loss(net, session.Step).backward();
            session.MaskGradients();
            optimizer.step();
            session.EndStep();
        }

        var values = session.Capture().Masks.PrunedValues["net.fc2.weight"];
        var mask = session.Masks.Masks["net.fc2.weight"];
        Assert.Equal(64, mask.Kept);
        var moved = Enumerable.Range(0, 256).Where(i => !mask[i] && ToyCase.Values(values)[i] != ToyCase.Values(before)[i]).ToList();
        var largest = Enumerable.Range(0, 256).OrderByDescending(i => Math.Abs(ToyCase.Values(before)[i])).Skip(64).Take(64).Order().ToList();
        Assert.Equal(largest, moved.Order());
    }

    [Fact]
    public void StraightThrough_WithoutMaskedGradients_IsRefused()
    {
        using var net = new ToyNet(4, 8, norm: false);
        using var optimizer = new MaskedSgd(net.parameters(), 0.1);
        using var session = new Session(Methods.SrSte(Duration.Steps(6), LearningRate.Constant(0.1), layers: LayerScope.Default.Keep("*").Prune("net.fc1")).On(net, 5), net, optimizer);
        session.BeginStep();
        Assert.Contains("MaskGradients", Assert.Throws<InvalidOperationException>(session.EndStep).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rewind_ToTheEndOfAPhase_ReturnsKeptWeightsBuffersAndTheOptimizer()
    {
        using var net = new ToyNet(4, 8);
        var schedule = Methods.LotteryTicket(Duration.Steps(40), LearningRate.Constant(0.1), 0.5, 2, 0.25);
        using var optimizer = optim.SGD(net.parameters(), 0.1, momentum: 0.9);
        Dictionary<string, float[]>? early = null;
        using var session = new Session(schedule.On(net, 5), net, optimizer);
        var (task, rounds) = (new ToyTask(4), 0);
        while (session.BeginStep())
        {
            if (session.Phase!.Phase.Name == "dense" && session.Step == session.Phase.FirstStep)
            {
                early = ToyCase.Weights(net);
            }

            if (session.Phase.Phase.Rewind is not null && session.Step == session.Phase.FirstStep)
            {
                rounds++;
                foreach (var (name, values) in ToyCase.Weights(net))
                {
                    var mask = session.Masks.Masks.GetValueOrDefault(name);
                    Assert.Equal(early![name].Select((v, i) => mask is null || mask[i] ? v : 0), values);
                }
            }

            optimizer.zero_grad();
            task.Loss(net, session.Step).backward();
            session.MaskGradients();
            optimizer.step();
            session.EndStep();
            if (session.Phase.Phase.Rewind is not null && session.Step == session.Phase.FirstStep + 1)
            {
                // The momentum of a new optimiser is the first gradient.
                var momentum = session.Capture().Optimizer.SelectMany(o => o.Fields.Values).OfType<Tensor>().Select(ToyCase.Values).ToList();
                Assert.Equal(net.parameters().Select(p => ToyCase.Values(p.grad!)), momentum);
            }
        }

        Assert.Equal(2, rounds);
    }

    [Fact]
    public void Rewind_OfKeptWeightsIntoADensePhase_LeavesTheOthersAsTheyWereRegrown()
    {
        using var net = new ToyNet(4, 8, norm: false);
        var schedule = new Schedule(
        [
            new Phase("sparse", Duration.Steps(5), s_rate, SparsityCurve.Constant(0.5)),
            new Phase("dense", Duration.Steps(3), s_rate, rewind: Rewind.ToStart.WithOnlyKept()),
        ]);
        var start = ToyCase.Weights(net);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        using var session = new Session(schedule.On(net, 5), net, optimizer);
        BitMask? mask = null;
        var task = new ToyTask(4);
        while (session.BeginStep() && session.Step < 5)
        {
            mask = session.Masks.Masks["net.fc2.weight"];
            optimizer.zero_grad();
            task.Loss(net, session.Step).backward();
            session.MaskGradients();
            optimizer.step();
            session.EndStep();
        }

        Assert.Equal(start["net.fc2.weight"].Select((v, i) => mask![i] ? v : 0), ToyCase.Weights(net)["net.fc2.weight"]);
    }

    [Fact]
    public void Rewind_Redrawn_HasNewWeightsUnderTheMasksAndTheStartElsewhere()
    {
        using var net = new ToyNet(4, 8);
        var schedule = new Schedule([new Phase("dense", Duration.Steps(5), s_rate), new Phase("sparse", Duration.Steps(3), s_rate, SparsityCurve.Constant(0.5), rewind: Rewind.Redrawn)]);
        var start = ToyCase.Weights(net);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        using var session = new Session(schedule.On(net, 5), net, optimizer, seed: 5);
        ToyCase.Drive(session, net, optimizer, new ToyTask(4), beforeOptimizer: () =>
        {
            if (session.Step == 5)
            {
                var (now, mask) = (ToyCase.Weights(net), session.Masks.Masks["net.fc2.weight"]);
                Assert.Equal(start["net.fc2.bias"], now["net.fc2.bias"]);
                Assert.All(Enumerable.Range(0, 64), i => Assert.Equal(!mask[i], now["net.fc2.weight"][i] == 0));
                Assert.DoesNotContain(now["net.fc2.weight"].Zip(start["net.fc2.weight"]), p => p.First == p.Second);
                Assert.All(now["net.fc2.weight"], v => Assert.InRange(v, -1 / Math.Sqrt(8), 1 / Math.Sqrt(8)));
            }
        });
    }

    [Fact]
    public void Within_ThePreviousPhase_IsCumulativeUnderAnyCriterion()
    {
        foreach (var criterion in new[] { MaskCriterion.Magnitude, MaskCriterion.Random(), MaskCriterion.Gradient })
        {
            foreach (var distribution in new[] { SparsityDistribution.Uniform, SparsityDistribution.Global })
            {
                var rule = new MaskRule(criterion, distribution);
                var schedule = new Schedule(
                [
                    new Phase(null, Duration.Steps(3), s_rate),
                    new Phase(null, Duration.Steps(4), s_rate, SparsityCurve.Constant(0.5), rule, regrownWeights: RegrownWeights.Redrawn),
                    new Phase(null, Duration.Steps(3), s_rate),
                    new Phase(null, Duration.Steps(4), s_rate, SparsityCurve.Cubic(0.6, 0.8), rule.WithWithin(GivenMasks.PreviousPhase).WithUpdate(MaskUpdate.Every(2))),
                ]);
                using var net = new ToyNet(4, 8);
                using var optimizer = optim.SGD(net.parameters(), 0.1);
                using var session = new Session(schedule.On(net, 5), net, optimizer, seed: 3);
                Dictionary<string, BitMask>? first = null;
                ToyCase.Drive(session, net, optimizer, new ToyTask(4), after: step =>
                {
                    var masks = session.Masks.Masks.ToDictionary();
                    first = step == 3 ? masks : first;
                    if (step >= 10)
                    {
                        Assert.All(masks, m => Assert.Equal(0, m.Value.CountKeptOnlyHere(first![m.Key])));
                    }
                });
            }
        }
    }

    [Fact]
    public void Given_MasksOfAnotherRun_AreExactlyThose()
    {
        using var net = new ToyNet(4, 8);
        var mask = MaskSet.Choose(new MaskContext("w", randn(8, 8)), new Sparsity(0.75));
        var other = MaskSet.Choose(new MaskContext("w", randn(8, 8)), new Sparsity(0.5));
        var methods = MaskMethods.None
            .WithMasks("a", new Dictionary<string, BitMask> { ["net.fc2.weight"] = mask })
            .WithMasks("b", new Dictionary<string, BitMask> { ["net.fc2.weight"] = other });
        var (a, b, scope) = (GivenMasks.Named("a"), GivenMasks.Named("b"), LayerScope.Default.Keep("*").Prune("net.fc2"));
        Plan Planned(GivenMasks masks, double most = 0.99) =>
            new Schedule([new Phase("sparse", Duration.Steps(3), s_rate, SparsityCurve.Constant(most), new MaskRule(MaskCriterion.Given(masks)), scope)]).On(net, 5, methods);

        foreach (var (masks, kept) in new[] { (a, 16L), (a.And(b), 16 - mask.CountKeptOnlyHere(other)), (a.Or(b), 32 + mask.CountKeptOnlyHere(other)) })
        {
            var plan = Planned(masks);
            Assert.Equal(kept, plan.Phases[0].KeptAt(plan.Phases[0].Layers.Single(l => l.IsPruned), 0));
            using var optimizer = optim.SGD(net.parameters(), 0.1, momentum: 0.9);
            using var session = new Session(plan, net, optimizer, methods: methods);
            ToyCase.Drive(session, net, optimizer, new ToyTask(4), after: _ => Assert.Equal(kept, session.Masks.Masks["net.fc2.weight"].Kept));
        }

        Assert.Contains("16 of the 64", Assert.Throws<PlanException>(() => Planned(a, 0.5)).Message, StringComparison.Ordinal);
        var within = new MaskRule(within: a);
        Assert.Contains("which keep 16", Assert.Throws<PlanException>(() => new Schedule([new Phase("sparse", Duration.Steps(3), s_rate, SparsityCurve.Constant(0.5), within, scope)]).On(net, 5, methods)).Message, StringComparison.Ordinal);
        var together = new MaskRule(distribution: SparsityDistribution.Global, within: a);
        Assert.Contains("the global ranking is to keep 32 weights within masks 'a', which keep 16", Assert.Throws<PlanException>(() => new Schedule([new Phase("sparse", Duration.Steps(3), s_rate, SparsityCurve.Constant(0.5), together, scope)]).On(net, 5, methods)).Message, StringComparison.Ordinal);
        Assert.Contains("none for net.fc1.weight", Assert.Throws<PlanException>(() => new Schedule([new Phase("sparse", Duration.Steps(3), s_rate, SparsityCurve.Constant(0.9), within)]).On(net, 5, methods)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_WithinGivenMasks_StaysWithinThemAtEveryUpdate()
    {
        using var net = new ToyNet(4, 8);
        var mask = MaskSet.Choose(new MaskContext("w", randn(8, 8)), new Sparsity(0.5));
        var methods = MaskMethods.None.WithMasks("a", new Dictionary<string, BitMask> { ["net.fc2.weight"] = mask });
        var rule = new MaskRule(MaskCriterion.Random(), update: MaskUpdate.Every(2), within: GivenMasks.Named("a"));
        var plan = new Schedule([new Phase("sparse", Duration.Steps(7), s_rate, SparsityCurve.Linear(0.5, 0.8), rule, LayerScope.Default.Keep("*").Prune("net.fc2"))]).On(net, 5, methods);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        using var session = new Session(plan, net, optimizer, methods: methods);
        ToyCase.Drive(session, net, optimizer, new ToyTask(4), after: _ => Assert.Equal(0, session.Masks.Masks["net.fc2.weight"].CountKeptOnlyHere(mask)));
    }

    [Fact]
    public void Rigl_OfAThresholdWhoseSparsityFalls_KeepsWhatThePlanDoes()
    {
        using var net = new ToyNet(4, 8);
        var rule = new MaskRule(MaskCriterion.Threshold(10), update: MaskUpdate.Rigl(2, 0.4, 1));
        var plan = new Schedule([new Phase(null, Duration.Steps(1), s_rate), new Phase(null, Duration.Steps(6), s_rate, SparsityCurve.Linear(0.9, 0.5), rule)]).On(net, 5);
        var phase = plan.Phases[1];
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        using var session = new Session(plan, net, optimizer);
        ToyCase.Drive(session, net, optimizer, new ToyTask(4), after: step =>
        {
            foreach (var layer in phase.Layers.Where(l => l.IsPruned && step > 0))
            {
                Assert.Equal(phase.LeastKeptAt(layer, phase.UpdateAt(step - 1)), session.Masks.Masks[layer.Parameter].Kept);
            }
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Threshold_OfALayer_KeepsWhatIsNotBelowIt(bool inDeviations)
    {
        using var net = new ToyNet(4, 8);
        var weight = net.get_parameter("net.fc2.weight")!;
        var values = ToyCase.Values(weight);
        var threshold = inDeviations ? 0.8 * Math.Sqrt(values.Select(v => (double)v).Average(v => v * v) - Math.Pow(values.Average(v => (double)v), 2)) : 0.1;
        var criterion = inDeviations ? MaskCriterion.ThresholdInDeviations(0.8) : MaskCriterion.Threshold(0.1);
        var plan = new Schedule([new Phase("sparse", Duration.Steps(3), s_rate, SparsityCurve.Constant(0.99), new MaskRule(criterion))]).On(net, 5);
        Assert.Null(plan.Phases[0].KeptAt(plan.Phases[0].Layers.Single(l => l.Parameter == "net.fc2.weight"), 0));
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        using var session = new Session(plan, net, optimizer);
        session.BeginStep();
        Assert.All(Enumerable.Range(0, 64), i => Assert.Equal(Math.Abs(values[i]) >= threshold, session.Masks.Masks["net.fc2.weight"][i]));
    }

    [Fact]
    public void Movement_OfWeights_IsTheSumOfMinusWeightTimesGradient()
    {
        using var net = new ToyNet(4, 8, norm: false);
        var rule = new MaskRule(MaskCriterion.Movement, update: MaskUpdate.Every(3, mayRegrow: true));
        var plan = new Schedule([new Phase("sparse", Duration.Steps(7), LearningRate.Constant(0.1), SparsityCurve.Linear(0, 0.6), rule, LayerScope.Default.Keep("*").Prune("net.fc2"), RegrownWeights.Restored)]).On(net, 5);
        foreach (var masks in new[] { true, false })
        {
            using var optimizer = masks ? new MaskedSgd(net.parameters(), 0.1, momentum: 0.9) : optim.SGD(net.parameters(), 0.1, momentum: 0.9);
            using var session = new Session(plan, net, optimizer);
            var (task, sum, stored) = (new ToyTask(4), zeros(8, 8), zeros(8, 8));
            var weight = net.get_parameter("net.fc2.weight")!;
            while (session.BeginStep())
            {
                using var guard = no_grad();
                var mask = session.Masks.Masks["net.fc2.weight"];
                var kept = new MaskContext("w", weight, mask: mask).Kept();
                if (session.Step % 3 == 0)
                {
                    // The k largest sums are kept.
                    var ranked = ToyCase.Values(sum).Order().Reverse().ToList();
                    Assert.Equal(session.Step == 0 ? 64 : session.Step == 3 ? 45 : 26, mask.Kept);
                    Assert.All(Enumerable.Range(0, 64), i => Assert.True(!mask[i] || ToyCase.Values(sum)[i] >= ranked[(int)mask.Kept - 1]));
                }

                using (enable_grad())
                {
                    optimizer.zero_grad();
                    task.Loss(net, session.Step).backward();
                }

                stored = where(kept, weight, stored);
                sum = sum.sub(stored.mul(weight.grad!));
                session.MaskGradients();
                optimizer.step();
                session.EndStep();
                Assert.Equal(ToyCase.Values(sum), ToyCase.Values(session.Capture().Masks.Remembered["criterion net.fc2.weight"]["movement"]!));
                stored = where(kept, weight, stored);
            }
        }
    }

    private static (Dictionary<string, float[]> Weights, long Masked) Train(string name, OptimizerSettings settings, long? stopAt)
    {
        manual_seed(3);
        using var net = new ToyNet(8, 16, dropout: 0.2);
        var task = new ToyTask(8);
        var plan = Made(name).On(net, task.StepsPerEpoch);
        var masked = 0L;
        Dsd.Checkpoints.TrainingState? state = null;
        for (var part = 0; part < (stopAt is null ? 1 : 2); part++)
        {
            using var optimizer = settings.Create(net.parameters(), 0.1);
            using var session = new Session(plan, net, optimizer, seed: 3);
            if (state is not null)
            {
                session.Restore(state);
                state.Dispose();
            }
            else
            {
                manual_seed(3);
                if (session.NeedsFirstGradients)
                {
                    task.Loss(net, 0).backward();
                }
            }

            while (session.BeginStep())
            {
                using var scope = NewDisposeScope();
                optimizer.zero_grad();
                task.Loss(net, session.Step).backward();
                session.MaskGradients();
                optimizer.step();
                session.EndStep();
                foreach (var (parameter, mask) in session.Masks.Masks)
                {
                    var values = ToyCase.Values(net.get_parameter(parameter)!);
                    Assert.All(Enumerable.Range(0, values.Length).Where(i => !mask[i]), i => Assert.Equal(0u, BitConverter.SingleToUInt32Bits(values[i])));
                    masked += mask.Count - mask.Kept;
                }

                if (part == 0 && session.Step == stopAt)
                {
                    state = session.CaptureAll();
                    break;
                }
            }
        }

        return (ToyCase.Weights(net), masked);
    }

    private static Schedule Made(string name)
    {
        var method = Method.Named(name);
        var values = new Dictionary<string, object?> { ["duration"] = s_length, ["rate"] = method.Parameters.First(p => p.Name == "rate").Type == typeof(double) ? 0.1 : s_rate };
        if (method.Parameters.Any(p => p.Name == "interval"))
        {
            values["interval"] = Duration.Steps(7);
        }

        if (method.Parameters.Any(p => p.Name == "keep"))
        {
            values["layers"] = LayerScope.Default.Keep("net.fc3");
        }

        return method.Create(values);
    }
}
