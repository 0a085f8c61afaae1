using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Testing;
using FsCheck.Xunit;

namespace Dsd.Tests.Runs;

/// <summary>A run as data: JSON both ways, strictly, and single values by path.</summary>
[Properties(Arbitrary = [typeof(Generators)])]
public sealed class RunConfigTests
{
    private static readonly Schedule s_schedule = Schedule.Dsd(Duration.Steps(4), Duration.Steps(3), Duration.Steps(2), 0.3, 0.02);

    private static readonly RunConfig s_config = new(new TrainingConfig("n", "d"), s_schedule);

    public static TheoryData<int> Optimizers => [0, 1, 2, 3];

    /// <summary>What a later path meets may be anything that an earlier value put there.</summary>
    [Fact]
    public void Set_AnyTwoOddAssignments_AreAppliedOrRefused()
    {
        string[] odd =
        [
            "schedule={}", "schedule=1", "schedule=null", "schedule=", "schedule={\"phases\":[],\"phases\":[]}", "schedule.phases={}", "phases=[]", "phases=[1]", "phases=[{}]",
            "phases=[null]", "phases=[{\"name\":null}]", "phases=[{\"name\":1,\"duration\":\"1ep\",\"rate\":1}]", "phases.0=2", "phases.0.name=", "phases.0.name=[]", "phases.-1.rate=1", "phases[0].rate=1",
            "dense.rate=2", "dense=1", "sparse.mask.update=[[]]", "optimizer=1", "optimizer=null", "optimizer.kind=adam", "optimizer.kind=[]", "optimizer.kind.x=1", "arms=[{}]", "arms=1", "arms.0=x", "arms.0.name=y",
            "seed={\"a\":1,\"a\":2}", "seed.a=1", "seed=1e400", "..=1", ".=", "[]=1", "x=[[[", "version=0", "nothing.at.all=1",
        ];
        foreach (var (first, second) in odd.SelectMany(a => odd.Append("seed=2").Select(b => (a, b))))
        {
            var error = Record.Exception(() => s_config.Set(first, second));
            Assert.True(error is null or DsdException { Message: not "" }, $"{first} {second}: {error}");
        }
    }

    [Fact]
    public void Set_OneValueTwice_BlamesTheAssignmentWhoseValueItIs() => Assert.Equal(
        [
            "sparse.sparsity=-0.1: schedule.phases[1].sparsity: A sparsity is a fraction, at least 0 and below 1; got -0.1.",
            "sparse.sparsity=1: schedule.phases[1].sparsity: A sparsity is a fraction, at least 0 and below 1; got 1.",
        ],
        Assert.Throws<DsdException>(() => s_config.Set("sparse.sparsity=1", "sparse.sparsity=-0.1")).Message.Split('\n'));

    [Property]
    public void FromJson_OfToJson_IsEqual(Schedule a, Schedule b, FsCheck.PositiveInt count, bool flag, long seed)
    {
        var training = new TrainingConfig(
            "n", "imagenet:/p", count.Get, flag ? null : 5, flag, Optimizer(count.Get % 4), flag ? 0.5 : null, flag ? 0.25 : 1, flag ? 32 : null, flag ? new(0.5, seed) : seed % 2 == 0 ? new(1) : null, (Redraw)(count.Get % 3));
        var config = new RunConfig(
            training,
            a,
            flag ? [Arm.Control(a), new Arm("other", b)] : null,
            seed,
            flag ? count.Get : null,
            flag,
            flag ? Precision.Bf16 : Precision.Fp32,
            (MemoryLayout)(count.Get % 3),
            flag ? "cuda:1" : "auto",
            flag ? 2 : null,
            flag ? "/data" : null,
            flag ? "w.safetensors" : null,
            flag ? ["fc*", "b"] : null);

        Assert.Equal(config, RunConfig.FromJson(config.ToJson()));
        Assert.Equal(config.ToJson(), RunConfig.FromJson(config.ToJson()).ToJson());
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void ToJson_OfAnyOptimizer_SaysEveryConstantThatItHas(int which)
    {
        var text = s_config.WithTraining(s_config.Training.WithOptimizer(OptimizerSettings.Of((OptimizerKind)which))).ToJson();

        string[] own = (OptimizerKind)which switch
        {
            OptimizerKind.Sgd => ["momentum", "dampening", "nesterov", "weightDecay"],
            OptimizerKind.RmsProp => ["momentum", "weightDecay", "alpha", "epsilon", "centered"],
            _ => ["weightDecay", "beta1", "beta2", "epsilon"],
        };
        string[] all = ["momentum", "dampening", "nesterov", "weightDecay", "beta1", "beta2", "alpha", "epsilon", "centered"];
        Assert.Equal(own.Order(), all.Where(c => text.Contains($"\"{c}\"", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public void FromJson_ShortText_HasTheDefaults()
    {
        var config = RunConfig.FromJson("""{ "network": "n", "data": "d", "schedule": """ + s_schedule.ToJson() + " }");

        Assert.Equal(s_config, config);
        Assert.Equal((1L, true, "auto", null), (config.Seed, config.ReadTest, config.Device, config.Threads));
        Assert.Equal(["dsd", "control"], config.Arms.Select(a => a.Name));
    }

    [Fact]
    public void FromJson_WeightsOfEarlierVersions_IsInit()
    {
        var old = RunConfig.FromJson($$"""{ "network": "n", "data": "d", "schedule": {{s_schedule.ToJson()}}, "weights": "w.safetensors" }""");

        Assert.Equal(s_config.WithInit("w.safetensors"), old);
        Assert.Contains("\"init\": \"w.safetensors\"", old.ToJson(), StringComparison.Ordinal);
        Assert.Equal(s_config.WithInit("v", ["fc*"]), old.Set("init=v", "initExcept=[\"fc*\"]"));
        Assert.Throws<ArgumentException>(() => s_config.WithInit(null, ["fc*"]));
    }

    [Theory]
    [InlineData("", "it is empty; the config of a run is an object")]
    [InlineData("""{ "version": 2, "network": "n", "data": "d" }""", "version: this program reads version 1")]
    [InlineData("""{ "netwerk": "n", "sede": 1 }""", "unknown fields 'netwerk', 'sede'; allowed are ")]
    [InlineData("""{ "netwerk": "n", "sede": 1 }""", "; nearest to 'netwerk' is 'network'; nearest to 'sede' is 'seed'")]
    [InlineData("""{ "network": "n", "data": "d" }""", "the field 'schedule' is missing")]
    [InlineData("""{ "network": "n", "data": "d", "batch": 0 }""", "batch: A batch holds at least 1 example; got 0")]
    [InlineData("""{ "network": "n", "data": "d", "augment": 1 }""", "augment: expected true or false, got 1")]
    [InlineData("""{ "network": "n", "data": "d", "optimizer": { "kind": "adam", "beta2": 1 } }""", "optimizer.beta2: The beta2 must be at least 0 and below 1; got 1")]
    [InlineData("""{ "network": "n", "data": "d", "optimizer": { "kind": "sgd", "beta2": 0.9, "alpha": 0.5 } }""", "optimizer: sgd has no such beta2 and no alpha")]
    public void FromJson_WrongText_IsAnErrorThatSaysWhere(string json, string expected)
    {
        Assert.Contains(expected, Assert.Throws<JsonFormatException>(() => RunConfig.FromJson(json)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"device\": \"tpu\"", "device: 'tpu' is no device; allowed are auto, cpu, cuda and cuda:N")]
    [InlineData("\"threads\": 0", "threads: A run has at least 1 thread")]
    [InlineData("\"arms\": []", "arms: A run needs at least one arm")]
    [InlineData("\"arms\": [\"dsd\", \"plain\"]", "arms[1]: expected 'dsd' or 'control', got \"plain\"")]
    [InlineData("\"initExcept\": [\"fc*\"]", "fc* cannot be excepted from initial weights, since none are given")]
    [InlineData("\"init\": \"a\", \"initExcept\": [\"\"]", "A pattern of names that start at random is empty")]
    [InlineData("\"init\": \"a\", \"weights\": \"b\"", "unknown field 'init'")]
    [InlineData("\"layout\": \"nchw\"", "layout: expected 'auto', 'channelsFirst' or 'channelsLast'")]
    public void FromJson_WrongValue_IsAnErrorThatSaysWhere(string field, string expected) => Assert.Contains(
        expected,
        Assert.Throws<JsonFormatException>(() => RunConfig.FromJson($$"""{ "network": "n", "data": "d", "schedule": {{s_schedule.ToJson()}}, {{field}} }""")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Set_PathsOfEveryForm_ChangeThatValueAlone()
    {
        var changed = s_config.Set(
            "seed=2", "sparse.sparsity=0.4", "phases.0.rate=0.5", "phases[2].duration=7ep", "optimizer.kind=adam", "optimizer.beta2=0.99", "imageSize=16", "sparse.mask.update.everySteps=2", "data=e");

        var phases = s_schedule.Phases;
        var expected = new RunConfig(
            new TrainingConfig("n", "e", optimizer: OptimizerSettings.Adam(beta2: 0.99), imageSize: 16),
            new Schedule([
                phases[0].WithRate(LearningRate.Constant(0.5)),
                phases[1].WithSparsity(SparsityCurve.Constant(0.4)).WithMask(new MaskRule(update: MaskUpdate.Every(2))),
                phases[2].WithDuration(Duration.Epochs(7))]),
            seed: 2);
        Assert.Equal(expected, changed);
        Assert.Equal(s_config, s_config.Set());
        Assert.Equal(s_config, changed.Set("seed=1", "data=d", "imageSize=null", "optimizer=sgd", $"schedule={s_schedule.ToJson()}"));
    }

    [Theory]
    [InlineData("sed=2", "sed=2: there is no 'sed'; did you mean seed? A run has network, data, ")]
    [InlineData("sed=2", "its phases are dense, sparse, redense, or phases.0 to phases.2")]
    [InlineData("sparsity=0.3", "did you mean sparse or sparse.sparsity?")]
    [InlineData("sparse.sparsty=0.3", "schedule.phases[1]: unknown field 'sparsty'; allowed are 'name', ")]
    [InlineData("phases.3.rate=1", "there is no '3' in schedule.phases; its entries are 0 to 2")]
    [InlineData("phases.1.rate=-1", "phases.1.rate=-1: schedule.phases[1].rate: ")]
    [InlineData("seed", "write a path, '=' and a value, such as sparse.sparsity=0.4")]
    [InlineData("schedule={\"phases\":[],\"phases\":[]}", "schedule={\"phases\":[],\"phases\":[]}: the value has the field 'phases' twice.")]
    [InlineData("phases.1.mask={\"update\":[{\"a\":{},\"\\u0061\":1}]}", "the value has the field 'a' twice.")]
    [InlineData("phases.1.mask={\"\\ud800\":1}", "a text in the value holds half of a character (an unpaired surrogate).")]
    [InlineData("data=\"\\udc00\"", "a text in the value holds half of a character (an unpaired surrogate).")]
    [InlineData("seed=two", "seed: expected a whole number, got \"two\"")]
    public void Set_WhatCannotBe_IsAnErrorThatSaysWhatThereIs(string assignment, string expected) =>
        Assert.Contains(expected, Assert.Throws<DsdException>(() => s_config.Set(assignment)).Message, StringComparison.Ordinal);

    [Fact]
    public void Set_SeveralThatCannotBe_AreAllTold()
    {
        var message = Assert.Throws<DsdException>(() => s_config.Set("sed=2", "batch=0", "seed=3", "sparse.sparsity=2", "optimizer.alpha=1")).Message;

        Assert.Equal(["batch=0", "optimizer.alpha=1", "sed=2", "sparse.sparsity=2"], message.Split('\n').Select(line => line.Split(':')[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Set_TwoPhasesOfOneName_AsksWhich()
    {
        var twice = s_config.WithSchedule(new Schedule([s_schedule.Phases[0], s_schedule.Phases[1].WithName("x.y"), s_schedule.Phases[2].WithName("dense")]));

        Assert.Contains("2 phases are named dense; say which by its place: phases.0, phases.2", Assert.Throws<DsdException>(() => twice.Set("dense.rate=1")).Message, StringComparison.Ordinal);
        Assert.Equal(0.6, twice.Set("x.y.sparsity=0.6").Schedule.Phases[1].Sparsity.To.Value);
    }

    /// <summary>A value that only one arm would take must not look as if all had.</summary>
    [Fact]
    public void Set_APhaseThatSeveralArmsHave_AsksWhose()
    {
        var (other, longer) = (s_schedule.Repeat(2), Schedule.Start().Dense(1, 0.1).Sparse(1, 0.1, 0.5).Build());
        var three = s_config.WithArms([Arm.Dsd(s_schedule), new Arm("longer", longer), new Arm("twice", new Schedule([.. other.Phases.Select(p => p.WithName("t-" + p.Name))])), Arm.Control(s_schedule)]);

        Assert.Contains("2 arms have such a phase, each in a schedule of its own; say whose it is: dsd.sparse.sparsity or longer.sparse.sparsity.", Assert.Throws<DsdException>(() => three.Set("sparse.sparsity=0.7")).Message, StringComparison.Ordinal);
        Assert.Contains("3 arms have such a phase", Assert.Throws<DsdException>(() => three.Set("phases.1.sparsity=0.7")).Message, StringComparison.Ordinal);
        var changed = three.Set("dsd.sparse.sparsity=0.7", "longer.phases.1.sparsity=0.8", "redense.rate=0.3", "t-sparse.sparsity=0.9");
        Assert.Equal(0.7, changed.Schedule.Phases[1].Sparsity.To.Value);
        Assert.Equal(changed.Schedule, changed.Arms[0].Schedule);
        Assert.Equal(0.8, changed.Arms[1].Schedule.Phases[1].Sparsity.To.Value);
        Assert.Equal(LearningRate.Constant(0.3), changed.Schedule.Phases[2].Rate);
        Assert.Equal(0.9, changed.Arms[2].Schedule.Phases[1].Sparsity.To.Value);
        Assert.Equal(Arm.Control(changed.Schedule), changed.Arms[3]);
        Assert.Contains("there is no '9' in arms[1].schedule.phases; its entries are 0 to 1", Assert.Throws<DsdException>(() => three.Set("longer.phases.9.rate=1")).Message, StringComparison.Ordinal);

        // Where no arm trains the schedule under test, its phases are not meant; where the control alone follows it, it has no arm's name.
        Assert.Equal(0.7, s_config.WithArms([new Arm("longer", longer)]).Set("sparse.sparsity=0.7").Arms[0].Schedule.Phases[1].Sparsity.To.Value);
        var either = s_config.WithArms([new Arm("longer", longer), Arm.Control(s_schedule)]);
        Assert.Contains("say whose it is: schedule.phases.1.sparsity or longer.sparse.sparsity.", Assert.Throws<DsdException>(() => either.Set("sparse.sparsity=0.7")).Message, StringComparison.Ordinal);
        Assert.Contains("2 phases are named sparse; say which by its place: twins.phases.1, twins.phases.2", Assert.Throws<DsdException>(() => s_config.WithArms([Arm.Dsd(s_schedule), new Arm("twins", new Schedule([longer.Phases[0], longer.Phases[1], longer.Phases[1]]))]).Set("twins.sparse.sparsity=0.7")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WithSchedule_ArmsThatFollowIt_Follow()
    {
        var other = Schedule.Start().Dense(1, 0.1).Build();
        var (mine, own) = (new Arm("mine", s_schedule), new Arm("own", s_schedule.Repeat(2)));

        Assert.Equal([Arm.Control(other), new Arm("mine", other), own, Arm.Dsd(other)], s_config.WithArms([Arm.Control(s_schedule), mine, own, Arm.Dsd(s_schedule)]).WithSchedule(other).Arms);
    }

    private static OptimizerSettings Optimizer(int which) => which switch
    {
        0 => OptimizerSettings.Sgd(0.5, 0.1, nesterov: true),
        1 => OptimizerSettings.Adam(0.1, 0.8, 0.99, 1e-6),
        2 => OptimizerSettings.AdamW(epsilon: 1e-7),
        _ => OptimizerSettings.RmsProp(0.5, 0.1, 0.9, 1e-5, centered: true),
    };
}
