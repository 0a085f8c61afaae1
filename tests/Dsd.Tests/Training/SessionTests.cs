using Dsd.Checkpoints;
using Dsd.Execution;
using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

public sealed class SessionTests
{
    private static readonly LearningRate s_rate = LearningRate.Constant(0.05);

    [Fact]
    public void Steps_OutOfOrder_AreRefusedWithTheRightOrder()
    {
        using var net = new ToyNet(3, 4);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        using var session = new Session(Sparse(0.5).On(net, 5), net, optimizer);
        Assert.Contains("BeginStep, backward, MaskGradients", Assert.Throws<InvalidOperationException>(session.MaskGradients).Message);
        Assert.Throws<InvalidOperationException>(session.EndStep);
        Assert.True(session.BeginStep());
        Assert.Throws<InvalidOperationException>(() => session.BeginStep());
        Assert.Throws<InvalidOperationException>(session.EndStep);
    }

    [Fact]
    public void Steps_OfAnOptimizerThatMasks_MayLeaveMaskGradientsOutAndNothingElse()
    {
        using var net = new ToyNet(3, 4);
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        using var session = new Session(Sparse(0.5).On(net, 5), net, optimizer);
        Assert.Throws<InvalidOperationException>(session.EndStep);
        Assert.True(session.BeginStep());
        Assert.Throws<InvalidOperationException>(() => session.BeginStep());
        session.EndStep();
        Assert.Throws<InvalidOperationException>(session.EndStep);
    }

    [Fact]
    public void Steps_AfterDispose_AreRefused()
    {
        using var net = new ToyNet(3, 4);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        var session = new Session(Sparse(0.5).On(net, 5), net, optimizer);
        Assert.True(session.BeginStep());
        session.Dispose();
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(session.MaskGradients);
        Assert.Throws<ObjectDisposedException>(session.EndStep);
        Assert.Throws<ObjectDisposedException>(() => session.BeginStep());
        using var next = new Session(Sparse(0.5).On(net, 5), net, optimizer);
        Assert.True(next.BeginStep());
    }

    [Fact]
    public void Constructor_PlanOfAnotherModel_NamesTheDifference()
    {
        using var net = new ToyNet(3, 4);
        using var other = new ToyNet(3, 5);
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        var e = Assert.Throws<DsdException>(() => new Session(Sparse(0.5).On(other, 5), net, optimizer));
        Assert.Contains("net.fc1.weight (5×3)", e.Message);
        Assert.Contains("net.fc1.weight (4×3)", e.Message);
    }

    [Fact]
    public void Constructor_TensorOfMoreWeightsThanASpanHolds_IsRefusedByName()
    {
        // On the meta device a tensor has a shape and no memory.
        using var huge = nn.Linear(1 << 15, 1 << 15, hasBias: false, device: META);
        var plan = Schedule.Start().Sparse(1, 0.1, 0.5).Build().On(huge, 1);
        using var optimizer = optim.SGD(huge.parameters(), 0.1);
        var error = Assert.Throws<DsdException>(() => new Session(plan, huge, optimizer));
        Assert.Contains("weight holds 1,073,741,824 weights; a single tensor may hold at most 268,435,455", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Constructor_PrunedParameterIsNotTrained_IsRefusedByName(bool frozen)
    {
        using var net = new ToyNet(3, 4, norm: false);
        net.get_parameter("net.fc1.weight")!.requires_grad = !frozen;
        using var optimizer = OptimizerSettings.Default.Create(net.named_parameters().Where(p => frozen || p.name != "net.fc1.weight").Select(p => p.parameter), 0.1);
        var e = Assert.Throws<DsdException>(() => new Session(Sparse(0.5).On(net, 5), net, optimizer));
        Assert.Contains("The plan prunes net.fc1.weight, which is not trained", e.Message, StringComparison.Ordinal);
        using var kept = new Session(new Schedule([Sparse(0.5).Phases[0].WithLayers(LayerScope.Default.Keep("net.fc1"))]).On(net, 5), net, optimizer);
        Assert.True(kept.BeginStep());
    }

    [Fact]
    public void Constructor_SameLayersInAnotherOrder_SaysSo()
    {
        using var net = nn.Sequential(("a", nn.Linear(2, 2)), ("b", nn.Linear(2, 2)));
        using var other = nn.Sequential(("b", nn.Linear(2, 2)), ("a", nn.Linear(2, 2)));
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        var e = Assert.Throws<DsdException>(() => new Session(Sparse(0.5).On(other, 5), net, optimizer));
        Assert.Contains("the same layers stand in another order", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RedrawnWeights_OfTwoRounds_AreOtherDraws()
    {
        using var net = new ToyNet(3, 4, norm: false);
        using var optimizer = OptimizerSettings.Sgd(0, 0).Create(net.parameters(), 1e-12);
        var sparse = new Phase("sparse", Duration.Steps(1), LearningRate.Constant(1e-12), SparsityCurve.Constant(0.9), regrownWeights: RegrownWeights.Redrawn);
        var draws = new List<float[]>();
        using var session = new Session(new Schedule([sparse, sparse.AsDense()]).Repeat(2).On(net, 5), net, optimizer, e =>
        {
            if (e is PhaseStarted { Phase: 1 or 3 })
            {
                draws.Add(ToyCase.Values(net.get_parameter("net.fc2.weight")!));
            }
        });
        ToyCase.Drive(session, net, optimizer, new ToyTask(3));
        Assert.InRange(draws[0].Intersect(draws[1]).Count(), 0, 2);
    }

    [Theory]
    [InlineData(RegrownState.Zero, true)]
    [InlineData(RegrownState.Reset, true)]
    [InlineData(RegrownState.Kept, false)]
    public void WeightThatComesBackWithinAPhase_ItsMomentum_IsZeroUnlessKept(RegrownState state, bool zero)
    {
        using var net = new ToyNet(3, 4, norm: false);
        using var optimizer = (TorchSharp.Modules.OptimizerHelper)OptimizerSettings.Sgd(0.9, 0).Create(net.parameters(), 0.1);
        var ramp = new Phase("ramp", Duration.Steps(4), s_rate, SparsityCurve.Linear(0.9, 0.1), new MaskRule(update: MaskUpdate.Every(2)), regrownState: state);
        using var session = new Session(new Schedule([new Phase("dense", Duration.Steps(2), s_rate), ramp]).On(net, 5), net, optimizer);
        var task = new ToyTask(3);
        BitMask? before = null;
        while (session.BeginStep())
        {
            using var scope = NewDisposeScope();
            var mask = session.Masks.Masks.GetValueOrDefault("net.fc1.weight");
            if (session.Step == 4)
            {
                var momentum = ToyCase.Values(((TorchSharp.Modules.SGD.State)optimizer.state_dict().State[0]).momentum_buffer!);
                var back = Enumerable.Range(0, momentum.Length).Where(i => mask![i] && !before![i]).ToList();
                Assert.NotEmpty(back);
                Assert.All(back, i => Assert.Equal(zero, momentum[i] == 0));
            }

            before = mask;
            optimizer.zero_grad();
            task.Loss(net, session.Step).backward();
            session.MaskGradients();
            optimizer.step();
            session.EndStep();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Calls_ModelWasConvertedWithinAPhase_AreRefusedByName(bool isOurs)
    {
        Action<Session, optim.Optimizer>[] calls =
        [
            (session, _) => session.MaskGradients(),
            (session, optimizer) => optimizer.step(),
            (session, optimizer) => optimizer.zero_grad(),
            (session, _) => session.EndStep(),
            (session, _) => session.BeginStep(),
        ];
        for (var call = 0; call < calls.Length; call++)
        {
            if (!isOurs && call is 1 or 2)
            {
                // The code of TorchSharp's own optimisers.
                continue;
            }

            using var net = new ToyNet(3, 4);
            using var optimizer = isOurs ? OptimizerSettings.Default.Create(net.parameters(), 0.1) : optim.SGD(net.parameters(), 0.1);
            using var session = new Session(Sparse(0.5).On(net, 5), net, optimizer);
            Assert.True(session.BeginStep());
            new ToyTask(3).Loss(net, 0).backward();
            if (call > 2)
            {
                session.MaskGradients();
                optimizer.step();
            }

            if (call > 3)
            {
                session.EndStep();
            }

            net.to(ScalarType.Float64);
            var error = Assert.Throws<DsdException>(() => calls[call](session, optimizer));
            Assert.Contains("Move or convert the model first", error.Message, StringComparison.Ordinal);
            Assert.Contains(call is 1 or 2 ? "Parameter 1 of the optimiser does not exist any more" : "The parameter net.fc1.weight is not the tensor", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Constructor_OptimizerWasMadeBeforeTheModelWasConverted_SaysSo()
    {
        using var net = new ToyNet(3, 4);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        net.to(ScalarType.Float64);
        var error = Assert.Throws<DsdException>(() => new Session(Sparse(0.5).On(net, 5), net, optimizer));
        Assert.Contains("Parameter 1 of the optimiser does not exist any more", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, 1f)]
    [InlineData(true, -0f)]
    [InlineData(false, 1f)]
    public void PhaseEnd_AMaskedWeightIsNotZero_IsAnErrorByName(bool isOurs, float value)
    {
        using var net = new ToyNet(4, 8, norm: false);
        using var optimizer = isOurs ? OptimizerSettings.Default.Create(net.parameters(), 0.1) : optim.SGD(net.parameters(), 0.1);
        var ended = 0;
        using var session = new Session(Sparse(0.5).On(net, 5), net, optimizer, e => ended += e is PhaseEnded ? 1 : 0);
        var place = -1;
        var error = Assert.Throws<DsdException>(() => ToyCase.Drive(session, net, optimizer, new ToyTask(4), after: _ =>
        {
            if (session.IsPhaseDone)
            {
                var mask = session.Masks.Masks["net.fc2.weight"];
                place = Enumerable.Range(0, (int)mask.Count).Last(i => !mask[i]);
                using var guard = no_grad();
                net.get_parameter("net.fc2.weight")!.view(-1)[place] = value;
            }
        }));
        Assert.Contains($"net.fc2.weight is pruned at weight {place} of 64 (row by row, from 0), but its value there is not 0", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, ended);
    }

    [Fact]
    public void Verify_MasksOfAnotherPlan_NamesTheParameterAndBothCounts()
    {
        using ToyNet net = new(4, 8, norm: false), other = new(4, 8, norm: false);
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        using var session = new Session(Sparse(0.5).On(net, 5), net, optimizer);
        Assert.True(session.BeginStep());
        var phase = session.Plan.Phases[0];
        session.Masks.Verify(phase, 1);

        Says("The mask of net.fc1.weight keeps 16 of 32 weights; by the plan of phase sparse it must keep 8 of 32", Sparse(0.75));
        Says("net.fc1.weight has a mask, but phase sparse does not prune it", new Schedule([Sparse(0.5).Phases[0].WithLayers(LayerScope.Default.Keep("net.fc1"))]));
        using var state = session.Masks.Capture();
        state.Masks.Remove("net.fc3.weight");
        session.Masks.Restore(state);
        Says("net.fc3.weight has no mask, but phase sparse prunes it", Sparse(0.5));

        void Says(string expected, Schedule schedule) =>
            Assert.Contains(expected, Assert.Throws<DsdException>(() => session.Masks.Verify(schedule.On(other, 5).Phases[0], 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BeginStep_ModelWasConverted_IsRefused()
    {
        using var net = new ToyNet(3, 4);
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        using var session = new Session(Sparse(0.5).On(net, 5), net, optimizer);
        net.to(ScalarType.Float64);
        Assert.Contains("Move or convert the model first", Assert.Throws<DsdException>(() => session.BeginStep()).Message);
    }

    [Fact]
    public void MaskGradients_BeforeClipping_ClipSeesOnlyWhatTrains()
    {
        using var net = new ToyNet(4, 16, norm: false);
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        using var session = new Session(Sparse(0.8).On(net, 5), net, optimizer);
        var task = new ToyTask(4);
        ToyCase.Drive(session, net, optimizer, task, beforeOptimizer: () =>
        {
            foreach (var (name, mask) in session.Masks.Masks)
            {
                using var gradient = net.get_parameter(name)!.grad!;
                var values = ToyCase.Values(gradient);
                Assert.All(Enumerable.Range(0, values.Length), i => Assert.True(mask[i] || values[i] == 0));
                Assert.Contains(values, v => v != 0);
            }
        });
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void BeginStep_WeightIsNotFinite_IsRefusedByName(float value)
    {
        using var net = new ToyNet(3, 4);
        using (no_grad())
        {
            net.get_parameter("net.fc2.weight")![1, 2] = value;
        }

        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        using var session = new Session(Sparse(0.5).On(net, 5), net, optimizer);
        var e = Assert.Throws<DsdException>(() => session.BeginStep());
        Assert.Contains("net.fc2.weight holds", e.Message, StringComparison.Ordinal);
        Assert.Contains("at [1, 2] before the first step", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ScoreFunction_OfTheUsers_DecidesWhatStays()
    {
        using var net = new ToyNet(3, 4, norm: false);
        var schedule = new Schedule([new Phase("sparse", Duration.Steps(2), s_rate, SparsityCurve.Constant(0.5), new MaskRule(MaskCriterion.Custom("smallest")))]);
        var methods = MaskMethods.None.WithCriterion("smallest", w => w.Weight.abs().neg());
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        var before = ToyCase.Values(net.get_parameter("net.fc1.weight")!);
        using var session = new Session(schedule.On(net, 5), net, optimizer, methods: methods);
        session.BeginStep();
        var mask = session.Masks.Masks["net.fc1.weight"];
        var smallest = Enumerable.Range(0, 12).OrderBy(i => Math.Abs(before[i])).ThenBy(i => i).Take(6).ToHashSet();
        Assert.All(Enumerable.Range(0, 12), i => Assert.Equal(smallest.Contains(i), mask[i]));
    }

    [Fact]
    public void ScoreFunction_MissingOrWrong_IsNamed()
    {
        using var net = new ToyNet(3, 4, norm: false);
        var schedule = new Schedule([new Phase("sparse", Duration.Steps(2), s_rate, SparsityCurve.Constant(0.5), new MaskRule(MaskCriterion.Custom("mine")))]);
        var plan = schedule.On(net, 5);
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        Assert.Contains("'mine', but none was given. Pass it under that name, with MaskMethods.WithCriterion, in the MaskMethods of the session, or of TrainerSettings(methods: …).", Assert.Throws<DsdException>(() => new Session(plan, net, optimizer)).Message);
        Assert.Contains("must return one score for each weight, shape (4, 3)", First(w => w.Weight.sum()));
        Assert.Contains("returned null", First(_ => null!));
        Assert.Contains("NaN or infinite", First(w => w.Weight.log()));

        string First(Func<MaskContext, Tensor> score)
        {
            using var session = new Session(plan, net, optimizer, methods: MaskMethods.None.WithCriterion("mine", score));
            return Assert.Throws<DsdException>(() => session.BeginStep()).Message;
        }
    }

    [Fact]
    public void Ramp_UpAndDown_HasThePlannedCountAtEveryUpdateAndLandsOnTarget()
    {
        using var net = new ToyNet(10, 20, norm: false);
        var schedule = Schedule.Start()
            .Sparse(Duration.Steps(25), s_rate, SparsityCurve.Cubic(0, 0.9), mask: new MaskRule(update: MaskUpdate.Every(10)))
            .Sparse(Duration.Steps(9), s_rate, SparsityCurve.Linear(0.9, 0.2), mask: new MaskRule(update: MaskUpdate.Every(2)))
            .Build();
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        var computed = new List<MaskComputed>();
        var plan = schedule.On(net, 5);
        using var session = new Session(plan, net, optimizer, e => computed.AddRange(e is MaskComputed m ? [m] : []));
        var task = new ToyTask(10);
        ToyCase.Drive(session, net, optimizer, task);
        Assert.Equal([0, 10, 20, 25, 27, 29, 31, 33], computed.Select(m => m.Step));
        foreach (var (m, update) in computed.Select((m, i) => (m, i < 3 ? i : i - 3)))
        {
            Assert.All(m.Layers, l => Assert.Equal(plan.Phases[m.Phase].KeptAt(plan.Phases[m.Phase].Layers.Single(p => p.Parameter == l.Parameter), update), l.Kept));
        }

        Assert.All(computed[2].Layers, l => Assert.Equal(new Sparsity(0.9).Kept(l.Weights), l.Kept));
        Assert.All(computed[7].Layers, l => Assert.Equal(new Sparsity(0.2).Kept(l.Weights), l.Kept));
        Assert.All(computed[1].Layers.Concat(computed[2].Layers), l => Assert.Equal(0, l.Regrown));
    }

    [Fact]
    public void SrSte_OfManySteps_RecordsTheFirstAndLastMasksAndSomeBetween()
    {
        using var net = new ToyNet(4, 8, norm: false);
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        var plan = Methods.SrSte(Duration.Steps(1203), s_rate, layers: LayerScope.Default.Keep("*").Prune("net.fc2")).On(net, 5);
        var (events, kept) = (new List<TrainingEvent>(), new Dictionary<long, (long Kept, long Pruned)>());
        using var session = new Session(plan, net, optimizer, events.Add);
        BitMask? before = null;
        ToyCase.Drive(session, net, optimizer, new ToyTask(4), beforeOptimizer: () =>
        {
            var mask = session.Masks.Masks["net.fc2.weight"];
            kept[session.Step] = (mask.Kept, before?.CountKeptOnlyHere(mask) ?? mask.Count - mask.Kept);
            before = mask;
        });

        var masks = events.OfType<MaskComputed>().ToList();
        Assert.Equal(402, masks.Count);
        Assert.Equal((0L, 1202L), (masks[0].Step, masks[^1].Step));
        Assert.Equal(1203, masks.Count + masks.Sum(m => m.Unrecorded));
        Assert.All(masks.SkipLast(1).Skip(1), m => Assert.Equal(2, m.Unrecorded));

        // The counts are of the one update that each event is of.
        Assert.All(masks, m => Assert.Equal(kept[m.Step], (m.Layers.Single().Kept, m.Layers.Single().NewlyPruned)));
        Assert.Contains(masks, m => m.Layers.Single().Regrown > 0);
        Assert.Equal(RunRecord.Fold(events), RunRecord.Fold(events.Select(e => EventLog.FromLine(EventLog.ToLine(e)))));
        Assert.Equal(masks, RunRecord.Fold(events).Phases.Single().Masks);
    }

    [Fact]
    public void ConsecutiveSparsePhases_SecondIsLooser_RegrownWeightsTrain()
    {
        using var net = new ToyNet(10, 20, norm: false);
        var schedule = Schedule.Start()
            .Sparse(Duration.Steps(4), s_rate, SparsityCurve.Constant(0.5))
            .Sparse(Duration.Steps(4), s_rate, SparsityCurve.Constant(0.25))
            .Build();
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        using var session = new Session(schedule.On(net, 5), net, optimizer);
        ToyCase.Drive(session, net, optimizer, new ToyTask(10));
        Assert.Equal(150, session.Masks.Masks["net.fc1.weight"].Kept);
        Assert.True(net.get_parameter("net.fc1.weight")!.count_nonzero().item<long>() > 100);
    }

    [Fact]
    public void HalfPrecisionWeights_UnderAMask_StayHalf()
    {
        using var linear = nn.Linear(8, 8);
        linear.to(ScalarType.BFloat16);
        using var optimizer = OptimizerSettings.Sgd(weightDecay: 0).Create(linear.parameters(), 0.1);
        using var session = new Session(Sparse(0.5).On(linear, 5), linear, optimizer);
        while (session.BeginStep())
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            linear.call(ones(2, 8, dtype: ScalarType.BFloat16)).sum().backward();
            session.MaskGradients();
            optimizer.step();
            session.EndStep();
            Assert.Equal(ScalarType.BFloat16, linear.weight!.dtype);
            Assert.Equal(32, session.Masks.Masks["weight"].Kept);
            Assert.True(linear.weight.count_nonzero().item<long>() <= 32);
        }
    }

    [Fact]
    public void Model_SavedInTheSparsePhase_HoldsItsZeros()
    {
        // A mask folded into weights by a wrapper would be lost or doubled on saving; here there is nothing to lose.
        using var net = new ToyNet(6, 10);
        net.register_buffer("user_mask", ones(3));
        using var optimizer = OptimizerSettings.Default.Create(net.parameters(), 0.1);
        using var session = new Session(Sparse(0.5).On(net, 5), net, optimizer);
        ToyCase.Drive(session, net, optimizer, new ToyTask(6));
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        try
        {
            WeightFile.Save(net, path);
            using var copy = new ToyNet(6, 10);
            copy.register_buffer("user_mask", zeros(3));
            WeightFile.Load(copy, path);
            ToyCase.AssertSameBits(ToyCase.Weights(net), ToyCase.Weights(copy));
            Assert.Equal(30, copy.get_parameter("net.fc1.weight")!.count_nonzero().item<long>());
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Schedule Sparse(double sparsity) => Schedule.Start().Sparse(Duration.Steps(3), s_rate, SparsityCurve.Constant(sparsity)).Build();
}
