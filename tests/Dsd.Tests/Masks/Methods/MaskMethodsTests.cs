using Dsd.Execution;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Tests.Training;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Tests.Masks.Methods;

/// <summary>Mask methods of a user's, and what is said where they are missing or break their word.</summary>
public sealed class MaskMethodsTests
{
    private static readonly LearningRate s_rate = LearningRate.Constant(0.1);

    [Fact]
    public void With_ANameThatIsTakenBuiltInOrEmpty_IsRefused()
    {
        var methods = MaskMethods.None.WithCriterion("mine", w => w.Weight).WithDistribution("mine", (_, _) => []).WithPattern("mine", ToyCase.Rows).WithUpdate("mine", ToyCase.Turn);

        Assert.Equal(["mine"], methods.Criteria.Keys);
        Assert.Empty(MaskMethods.None.Criteria);
        Assert.Contains("'mine' already", Assert.Throws<ArgumentException>(() => methods.WithUpdate("mine", ToyCase.Turn)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => methods.WithCriterion("mine", w => w.Weight));
        Assert.Throws<ArgumentException>(() => methods.WithDistribution("erk", (_, _) => []));
        Assert.Throws<ArgumentException>(() => methods.WithUpdate("set", ToyCase.Turn));
        Assert.Throws<ArgumentException>(() => methods.WithCriterion("weightTimesGradient", w => w.Weight));
        Assert.Throws<ArgumentException>(() => methods.WithPattern(" ", ToyCase.Rows));
        Assert.Throws<ArgumentNullException>(() => methods.WithPattern("null", null!));
    }

    [Fact]
    public void New_AnUpdateIsMissing_IsNamed()
    {
        using var net = new ToyNet(4, 6);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        var plan = Sparse(new MaskRule(update: MaskUpdate.Custom("mine", 2))).On(net, 5);
        Assert.Contains("the policy 'mine', but none was given. Pass it under that name, with MaskMethods.WithUpdate, in the MaskMethods of the session, or of TrainerSettings(methods: …).", Assert.Throws<DsdException>(() => new Session(plan, net, optimizer)).Message, StringComparison.Ordinal);
        Assert.Contains("given are 'other'", Assert.Throws<DsdException>(() => new Session(plan, net, optimizer, methods: MaskMethods.None.WithUpdate("other", ToyCase.Turn))).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, Func<MaskContext, long, BitMask?>> BrokenUpdates => new()
    {
        { "returned null for net.fc1.weight at step 2; by the plan it must keep 12 of 24 weights.", (_, _) => null },
        { "returned a mask that keeps 24 weights for net.fc1.weight at step 2; by the plan it must keep 12 of 24 weights.", (c, _) => BitMask.All(c.Weight.numel()) },
        { "returned a mask for 7 weights", (_, _) => BitMask.All(7) },
    };

    [Theory]
    [MemberData(nameof(BrokenUpdates))]
    public void Choose_AnUpdateThatBreaksTheCount_IsRefused(string problem, Func<MaskContext, long, BitMask?> next) =>
        Assert.Contains($"The update custom 'mine' every 2 steps {problem}", Fail(new MaskRule(update: MaskUpdate.Custom("mine", 2)), next), StringComparison.Ordinal);

    [Fact]
    public void Choose_AnUpdateThatBreaksThePattern_IsRefused() => Assert.Contains(
        "returned a mask that breaks the pattern 1:2 along inputs for net.fc1.weight",
        Fail(new MaskRule(pattern: MaskPattern.NOfM(1, 2), update: MaskUpdate.Custom("mine", 2)), (c, keep) => c.Top(arange(c.Weight.numel()).view(c.Weight.shape).to(float32), keep)),
        StringComparison.Ordinal);

    [Fact]
    public void WeightTimesGradient_InTheFirstPhaseOfALoopWithoutGradients_SaysWhatToDo()
    {
        using var net = new ToyNet(4, 6);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        using var session = new Session(Sparse(new MaskRule(MaskCriterion.WeightTimesGradient)).On(net, 5), net, optimizer);
        Assert.Equal(
            "net.fc1.weight is to be ranked by weight × gradient, but there is none before the first step: begin with a dense phase, run a backward pass before training, or rank by magnitude.",
            Assert.Throws<DsdException>(() => session.BeginStep()).Message);
    }

    /// <summary>SNIP: the gradients of the first batch, after which buffers and random numbers are as if it had not been computed.</summary>
    [Fact]
    public void WeightTimesGradient_InTheFirstPhaseOfATrainer_RanksByTheFirstBatch()
    {
        var task = new ToyTask(4);
        using var net = new ToyNet(4, 6, dropout: 0.5);
        var plan = Sparse(new MaskRule(MaskCriterion.WeightTimesGradient)).On(net, 5);
        var pruned = plan.Phases[0].Layers.Where(l => l.IsPruned).ToList();
        var start = net.state_dict().ToDictionary(t => t.Key, t => t.Value.detach().clone());
        manual_seed(1);
        net.train();
        task.Loss(net, 0).backward();
        var expected = pruned.ToDictionary(
            l => l.Parameter,
            l => net.get_parameter(l.Parameter)! is var w ? MaskSet.Choose(new MaskContext(l.Parameter, w.detach(), w.grad), l.Sparsity!.To, c => (c.Weight * c.Gradient!).abs()) : null);
        using (no_grad())
        {
            net.state_dict().ToList().ForEach(t => t.Value.copy_(start[t.Key]));
        }

        var seen = new FirstUpdate();
        Trainer.Run(plan, net, task, new TrainerSettings(seed: 1, stepHook: seen, readTest: false));

        Assert.Equal([0, 0, 0, 1], task.Steps.Take(4));
        Assert.Equal(1, seen.Batches);
        Assert.All(expected, e => Assert.Equal(e.Value!.Kept, e.Value.Count - seen.Zeros[e.Key].Count));
        Assert.All(expected, e => Assert.All(seen.Zeros[e.Key], i => Assert.False(e.Value![i])));
    }

    [Fact]
    public void Custom_ThatReadsGradientsBeforeTheFirstStep_SaysWhatToDo()
    {
        using var net = new ToyNet(4, 6);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        var rule = new MaskRule(MaskCriterion.Custom("mine"));
        foreach (var score in new Func<MaskContext, Tensor>[] { w => w.Gradient!.abs(), w => w.Weight * w.Gradient!, w => w.Weight.mul(w.Gradient!) })
        {
            using var session = new Session(Sparse(rule).On(net, 5), net, optimizer, methods: MaskMethods.None.WithCriterion("mine", score));
            Assert.Equal(
                "The score function 'mine' failed for net.fc1.weight: Object reference not set to an instance of an object. If it reads Gradient, there is none before the first step: begin with a dense phase, run a backward pass before training, or let the function accept null.",
                Assert.Throws<DsdException>(() => session.BeginStep()).Message);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Gradient_OfALayerThatTheLossDoesNotReach_IsZero(bool builtIn)
    {
        using var net = new ToyNet(4, 6);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        var rule = new MaskRule(builtIn ? MaskCriterion.WeightTimesGradient : MaskCriterion.Custom("mine"));
        var schedule = new Schedule([new Phase("dense", Duration.Steps(2), s_rate), .. Sparse(rule).Phases]);
        var seen = new List<float>();
        using var session = new Session(schedule.On(net, 5), net, optimizer, methods: MaskMethods.None.WithCriterion("mine", w =>
        {
            seen.Add(w.Gradient!.abs().sum().item<float>());
            return w.Gradient!.abs();
        }));
        while (session.Step < 2 && session.BeginStep())
        {
            optimizer.zero_grad();
            net.named_parameters().Single(p => p.name == "net.fc3.weight").parameter.sum().backward();
            session.MaskGradients();
            optimizer.step();
            session.EndStep();
        }

        Assert.True(session.BeginStep());
        Assert.Equal(builtIn ? [] : [0f, 0], seen);
    }

    [Fact]
    public void Choose_AnUpdateThatReadsGradientsThoughItSaysItDoesNot_SaysWhatToDo()
    {
        Assert.Equal(
            "The update custom 'mine' every 2 steps failed for net.fc1.weight: Object reference not set to an instance of an object. If it reads Gradient, none was kept before step 2: return true from ReadsGradients of the mask update, or let the function accept null.",
            Fail(new MaskRule(update: MaskUpdate.Custom("mine", 2)), new Blind()));
    }

    [Fact]
    public void Choose_WithoutAGradient_SaysHowToPassIt()
    {
        using var scope = NewDisposeScope();
        var layer = new MaskContext("w", ones(3));
        Assert.Equal(
            "The score function 'score' failed for w: Object reference not set to an instance of an object. If it reads Gradient, none was given: pass it to MaskContext as gradient, or let the function accept null.",
            Assert.Throws<DsdException>(() => MaskSet.Choose(layer, new Sparsity(0.5), w => w.Gradient!.abs())).Message);
    }

    [Fact]
    public void Choose_AnotherNullOfTheFunction_KeepsItsMessage()
    {
        using var scope = NewDisposeScope();
        var mine = new MissingTable();
        var error = Assert.Throws<DsdException>(() => MaskSet.Choose(new MaskContext("w", ones(3)), new Sparsity(0.5), _ => throw mine));
        Assert.StartsWith("The score function 'score' failed for w: my table is missing. If it reads Gradient, ", error.Message, StringComparison.Ordinal);
        Assert.Same(mine, error.InnerException);
        error = Assert.ThrowsAny<DsdException>(() => MaskSet.Choose(new MaskContext("w", ones(3), ones(3)), new Sparsity(0.5), _ => throw mine));
        Assert.Equal("The score function 'score' failed for w at step 0: my table is missing (MissingTable)", error.Message);
        Assert.Same(mine, error.InnerException);
    }

    [Fact]
    public void Custom_GradientsThatCameWithTheModel_RankInTheFirstPhase()
    {
        using var net = new ToyNet(4, 6);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        new ToyTask(4).Loss(net, 0).backward();
        using var session = new Session(Sparse(new MaskRule(MaskCriterion.Custom("mine"))).On(net, 5), net, optimizer, methods: MaskMethods.None.WithCriterion("mine", layer => (layer.Weight * layer.Gradient!).abs()));
        Assert.True(session.BeginStep());
    }

    /// <summary>The built-in criterion is what a user would write, also in an arm that goes on from one which needs no gradients.</summary>
    [Fact]
    public void WeightTimesGradient_InASecondArm_IsThatOfAUsersFunction()
    {
        Schedule With(MaskCriterion criterion) => Schedule.Start().Dense(Duration.Steps(3), s_rate)
            .Sparse(Duration.Steps(4), s_rate, SparsityCurve.Constant(0.5), mask: new MaskRule(criterion, update: MaskUpdate.Every(2, mayRegrow: true))).Build();
        Dictionary<string, float[]> Second(MaskCriterion criterion, MaskMethods methods)
        {
            using var net = new ToyCase(5).Net();
            FairComparison.Run([new Arm("first", With(MaskCriterion.Magnitude)), new Arm("second", With(criterion))], net, new ToyCase(5).Task(), new TrainerSettings(1, methods: methods));
            return ToyCase.Weights(net);
        }

        var own = MaskMethods.None.WithCriterion("own", w => w.Weight.mul(w.Gradient!).abs());
        ToyCase.AssertSameBits(Second(MaskCriterion.Custom("own"), own), Second(MaskCriterion.WeightTimesGradient, MaskMethods.None));
        Assert.NotEqual(Second(MaskCriterion.Magnitude, own)["net.fc2.weight"], Second(MaskCriterion.WeightTimesGradient, own)["net.fc2.weight"]);
    }

    [Fact]
    public void Choose_APatternThatOverlapsBetweenTheEndsOfARamp_IsRefused()
    {
        using var net = new ToyNet(4, 6);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        var phase = new Phase("sparse", Duration.Steps(6), s_rate, SparsityCurve.Linear(0.2, 0.6), new MaskRule(pattern: MaskPattern.Custom("mine"), update: MaskUpdate.Every(2, mayRegrow: true)), LayerScope.Default.Keep("net.fc3"));
        var methods = MaskMethods.None.WithPattern("mine", new Between());
        using var session = new Session(new Schedule([phase]).On(net, 5, methods), net, optimizer, methods: methods);
        Assert.Contains(
            "At a sparsity of 0.4, net.fc1.weight has 24 weights, and the pattern custom 'mine' puts the index 0 in two places",
            Assert.Throws<DsdException>(() => ToyCase.Drive(session, net, optimizer, new ToyTask(4))).Message,
            StringComparison.Ordinal);
        Assert.Equal(2, session.Step);
    }

    [Fact]
    public void State_OfACriterion_IsEmptyAtEachPhaseAndItsOwn()
    {
        var seen = new List<(string Name, long Update, float? Before)>();
        var methods = MaskMethods.None.WithCriterion("count", c =>
        {
            var before = c.State["n"]?.item<float>();
            seen.Add((c.Name, c.Update, before));
            c.State["n"] = tensor((before ?? 0) + 1);
            return c.Weight.abs();
        });
        using var net = new ToyNet(4, 6);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        var phase = new Phase("a", Duration.Steps(5), s_rate, SparsityCurve.Constant(0.5), new MaskRule(MaskCriterion.Custom("count"), update: MaskUpdate.Every(2)));
        using var session = new Session(new Schedule([phase, phase.WithName("b")]).On(net, 5), net, optimizer, methods: methods);
        ToyCase.Drive(session, net, optimizer, new ToyTask(4));

        Assert.Equal(18, seen.Count);
        Assert.All(seen, s => Assert.Equal(s.Update == 0 ? null : s.Update, s.Before));
    }

    [Fact]
    public void State_OfACriterionAndAnUpdate_AreApart()
    {
        using var net = new ToyNet(4, 6);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        var rule = new MaskRule(MaskCriterion.Custom("marks"), update: MaskUpdate.Custom("looks", 2));
        var methods = MaskMethods.None
            .WithCriterion("marks", c =>
            {
                c.State["mark"] = tensor(1f);
                return c.Weight.abs();
            })
            .WithUpdate("looks", new Given((c, _) => c.State["mark"] is null ? c.Mask : null));
        using var session = new Session(Sparse(rule).On(net, 5), net, optimizer, methods: methods);
        ToyCase.Drive(session, net, optimizer, new ToyTask(4));
        Assert.Equal(6, session.Step);
    }

    public static TheoryData<string, Action<MaskContext>> InPlace => new()
    {
        { "weights", c => c.Weight.zero_() },
        { "weights", c => c.Weight.abs_() },
        { "weights", c => c.Weight.mul_(tensor(float.NaN)) },
        { "weights", c => c.Weight.t().neg_() },
        { "gradient", c => c.Gradient!.zero_() },
        { "gradient", c => c.Gradient!.mul_(tensor(float.NaN)) },
    };

    [Theory]
    [MemberData(nameof(InPlace))]
    public void Choose_ACriterionThatWorksInPlace_IsRefusedAndUndone(string what, Action<MaskContext> change) => IsUndone(
        new MaskRule(MaskCriterion.Custom("mine")),
        MaskMethods.None.WithCriterion("mine", c =>
        {
            change(c);
            return c.Weight;
        }),
        0,
        "The score function 'mine'",
        what);

    [Theory]
    [MemberData(nameof(InPlace))]
    public void Choose_AnUpdateThatWorksInPlace_IsRefusedAndUndone(string what, Action<MaskContext> change) => IsUndone(
        new MaskRule(update: MaskUpdate.Custom("mine", 2)),
        MaskMethods.None.WithUpdate("mine", new Given((c, _) =>
        {
            change(c);
            return c.Mask;
        })),
        2,
        "The update custom 'mine' every 2 steps",
        what);

    [Fact]
    public void Choose_ACriterionThatThrowsAfterAChange_IsUndone()
    {
        using var net = new ToyNet(4, 6);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        var before = ToyCase.Values(net.get_parameter("net.fc1.weight")!);
        var methods = MaskMethods.None.WithCriterion("mine", c => throw new InvalidOperationException($"{c.Weight.zero_().numel()}"));
        using var session = new Session(Sparse(new MaskRule(MaskCriterion.Custom("mine"))).On(net, 5), net, optimizer, methods: methods);
        var error = Assert.ThrowsAny<DsdException>(() => session.BeginStep());
        Assert.Equal("The score function 'mine' failed for net.fc1.weight at step 0: 24 (InvalidOperationException)", error.Message);
        Assert.IsType<InvalidOperationException>(error.InnerException);
        Assert.Equal(before, ToyCase.Values(net.get_parameter("net.fc1.weight")!));
    }

    [Fact]
    public void Choose_OfOneTensorWithAScoreThatWorksInPlace_IsRefusedAndUndone()
    {
        using var weight = tensor(new[] { -1f, 2, -0f, 3 });
        Assert.StartsWith("The score function 'score' changed the weights of w in place", Assert.Throws<DsdException>(() => MaskSet.Choose(new("w", weight), new Sparsity(0.5), c => c.Weight.abs_())).Message, StringComparison.Ordinal);
        Assert.Equal([BitConverter.SingleToInt32Bits(-1f), BitConverter.SingleToInt32Bits(-0f)], new[] { 0, 2 }.Select(i => BitConverter.SingleToInt32Bits(weight[i].item<float>())));
    }

    [Fact]
    public void Choose_APatternThatAnswersOtherwiseTheSecondTime_IsNamed()
    {
        using var net = new ToyNet(4, 6);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        var asked = 0;
        var methods = MaskMethods.None.WithPattern("mine", new Pairs((group, place) => Interlocked.Increment(ref asked) <= 24 + 36 ? (2 * group) + place : 99));
        using var session = new Session(Sparse(new MaskRule(pattern: MaskPattern.Custom("mine"))).On(net, 5, methods), net, optimizer, methods: methods);
        Assert.StartsWith("The pattern custom 'mine' puts the index 99 in group 0, place 0 of net.fc1.weight, which has 24 weights.", Assert.Throws<DsdException>(() => session.BeginStep()).Message, StringComparison.Ordinal);
    }

    private static void IsUndone(MaskRule rule, MaskMethods methods, long step, string function, string what)
    {
        using var net = new ToyNet(4, 6);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        new ToyTask(4).Loss(net, 0).backward();
        var weight = net.get_parameter("net.fc1.weight")!;
        using var session = new Session(Sparse(rule).On(net, 5), net, optimizer, methods: methods);
        var task = new ToyTask(4);
        while (session.Step < step)
        {
            session.BeginStep();
            optimizer.zero_grad();
            task.Loss(net, session.Step).backward();
            session.MaskGradients();
            optimizer.step();
            session.EndStep();
        }

        var (before, gradient) = (ToyCase.Values(weight), ToyCase.Values(weight.grad!));
        var message = Assert.Throws<DsdException>(() => session.BeginStep()).Message;
        var name = what == "weights" ? "Weight" : "Gradient";
        Assert.Equal($"{function} changed the {what} of net.fc1.weight in place; the values before are restored. It must work on a copy: layer.{name}.abs() instead of layer.{name}.abs_(), or layer.{name}.clone().", message);
        Assert.Equal(before, ToyCase.Values(weight));
        Assert.Equal(gradient, ToyCase.Values(weight.grad!));
    }

    private static Schedule Sparse(MaskRule rule) => new([new Phase("sparse", Duration.Steps(6), s_rate, SparsityCurve.Constant(0.5), rule, LayerScope.Default.Keep("net.fc3"))]);

    private static string Fail(MaskRule rule, Func<MaskContext, long, BitMask?> next) => Fail(rule, new Given(next));

    private static string Fail(MaskRule rule, IMaskUpdate update)
    {
        using var net = new ToyNet(4, 6);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        using var session = new Session(Sparse(rule).On(net, 5), net, optimizer, methods: MaskMethods.None.WithUpdate("mine", update));
        return Assert.Throws<DsdException>(() => ToyCase.Drive(session, net, optimizer, new ToyTask(4))).Message;
    }

    private sealed class Pairs(Func<long, long, long> index) : IMaskPattern
    {
        public string? Refuse(ValueList<long> dims, Sparsity sparsity) => null;

        public PatternGroups Divide(ValueList<long> dims, Sparsity sparsity) => new(dims.Aggregate((a, b) => a * b) / 2, 2, 1, index);
    }

    private sealed class MissingTable() : NullReferenceException("my table is missing");

    private sealed class Given(Func<MaskContext, long, BitMask?> next) : IMaskUpdate
    {
        public BitMask Choose(MaskContext context, MaskUpdate update, long keep) => next(context, keep)!;
    }

    private sealed class Blind : IMaskUpdate
    {
        public bool ReadsGradients => false;

        public BitMask Choose(MaskContext context, MaskUpdate update, long keep) => context.Top(context.Gradient!.abs(), keep);
    }

    /// <summary>One group, which holds every weight once at the ends of a ramp alone; in between it holds the first twice, where it is pruned.</summary>
    private sealed class Between : IMaskPattern
    {
        public string? Refuse(ValueList<long> dims, Sparsity sparsity) => null;

        public PatternGroups Divide(ValueList<long> dims, Sparsity sparsity)
        {
            var (count, isEnd) = ((int)dims.Aggregate((a, b) => a * b), sparsity.Value is 0.2 or 0.6);
            return new(1, count, (int)sparsity.Kept(count), (_, place) => isEnd || place < count - 1 ? place : 0);
        }
    }

    /// <summary>Sees the weights that are 0 and the batches that a norm has counted, before the first update.</summary>
    private sealed class FirstUpdate : IStepHook
    {
        public Dictionary<string, List<int>> Zeros { get; } = [];

        public long Batches { get; private set; }

        public void BeforeUpdate(nn.Module model, long step)
        {
            if (step == 0)
            {
                Batches = model.state_dict()["net.bn.num_batches_tracked"].item<long>();
                model.named_parameters().ToList().ForEach(p => Zeros[p.name] = [.. ToyCase.Values(p.parameter).Select((v, i) => (v, i)).Where(v => v.v == 0).Select(v => v.i)]);
            }
        }
    }
}
