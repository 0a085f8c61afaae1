using Dsd.Schedules;
using Dsd.Testing;
using FsCheck.Xunit;

namespace Dsd.Tests.Schedules;

[Properties(Arbitrary = [typeof(Generators)])]
public class ScheduleTests
{
    [Fact]
    public void Dsd_Defaults_FallByTenthsWithinADenseAndASparsePhase()
    {
        var schedule = Schedule.Dsd(Duration.Epochs(6), Duration.Epochs(3), Duration.Steps(500), 0.3, 0.07);

        Assert.Equal(
        [
            new Phase("dense", Duration.Epochs(6), LearningRate.Cosine(0.07, 0.007)),
            new Phase("sparse", Duration.Epochs(3), LearningRate.Constant(0.007), SparsityCurve.Constant(0.3)),
            new Phase("redense", Duration.Steps(500), LearningRate.Constant(0.0007)),
        ],
        schedule.Phases);
        Assert.Equal([true, false, true], schedule.Phases.Select(p => p.IsDense));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Dsd_ABadRate_IsRefused(double rate) => Assert.Throws<ArgumentOutOfRangeException>(
        () => Schedule.Dsd(Duration.Epochs(1), Duration.Epochs(1), Duration.Epochs(1), 0.3, rate));

    [Theory]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void Dsd_ABadSparsity_IsRefused(double sparsity) => Assert.Throws<ArgumentOutOfRangeException>(
        () => Schedule.Dsd(Duration.Epochs(1), Duration.Epochs(1), Duration.Epochs(1), sparsity, 0.1));

    [Fact]
    public void New_NoPhase_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new Schedule([]));
        Assert.Throws<InvalidOperationException>(() => Schedule.Start().Build());
    }

    [Fact]
    public void Build_PhasesWithoutNames_AreNamedAfterTheirPlace()
    {
        var schedule = Schedule.Start()
            .Dense(1, 0.1).Sparse(1, 0.1, 0.5).Dense(1, 0.1)
            .Sparse(1, 0.1, 0.5).Dense(1, 0.1)
            .Build();

        Assert.Equal(["dense", "sparse", "redense", "sparse 2", "redense 2"], schedule.Phases.Select(p => p.Name));
    }

    [Fact]
    public void Build_ANameAlreadyTaken_IsNotGivenTwice()
    {
        var schedule = Schedule.Start().Sparse(1, 0.1, 0.5, name: "sparse 2").Sparse(1, 0.1, 0.5).Sparse(1, 0.1, 0.5).Build();

        Assert.Equal(["sparse 2", "sparse", "sparse 3"], schedule.Phases.Select(p => p.Name));
    }

    [Fact]
    public void Build_AsInTheDocumentation_GivesThoseValues()
    {
        var schedule = Schedule.Start()
            .Dense(epochs: 6, rate: LearningRate.Cosine(0.05))
            .Sparse(epochs: 3, rate: 0.005, sparsity: 0.30, layers => layers.Keep("conv1").Set("fc*", 0.50))
            .Dense(epochs: 3, rate: 0.0005)
            .Build();

        var sparse = schedule.Phases[1];
        Assert.Equal(LayerScope.Of([LayerRule.Keep(LayerSelector.Named("conv1")), LayerRule.Set(LayerSelector.Named("fc*"), new Sparsity(0.5))]), sparse.Layers);
        Assert.Equal((MaskRule.Default, RegrownWeights.Zero, RegrownState.Zero), (sparse.Mask, sparse.RegrownWeights, sparse.RegrownState));
        Assert.Equal(["keep conv1", "set fc* = 0.5"], sparse.Layers.Rules.Select(r => r.ToString()));
    }

    [Fact]
    public void Builder_Continued_LeavesTheOldOneAsItWas()
    {
        var one = Schedule.Start().Dense(1, 0.1);
        _ = one.Sparse(1, 0.1, 0.5);

        Assert.Single(one.Build().Phases);
    }

    [Property]
    public bool Repeat_AnyTimes_IsThatManyConcatenations(Schedule schedule) =>
        schedule.Repeat(3) == schedule.Then(schedule).Then(schedule) && schedule.Repeat(1) == schedule;

    [Property]
    public bool Repeat_OfPhasesSomeOfWhichHaveNames_NamesThemAsIfWrittenOneAfterAnother(bool[] dense, int[] names, byte more)
    {
        // Names of places and others, so that some are taken before their place comes.
        string?[] words = [null, null, null, "warm", "sparse 2", "redense 3", "sparse"];
        var phases = Given();
        var times = 1 + (more % 3);
        var explicitly = phases.Any(p => p.Name.StartsWith("sparse", StringComparison.Ordinal) || p.Name.StartsWith("redense", StringComparison.Ordinal));
        var schedule = new Schedule(phases.ToValueList());
        var written = new Schedule(Enumerable.Repeat(phases, times).SelectMany(p => p).ToValueList());
        var again = new Schedule(schedule.PhasesAsGiven);

        // A name of a place that was given by hand may be the very one that the place would get; all others come out alike.
        return again == schedule && (explicitly || schedule.Repeat(times) == written);

        List<Phase> Given() => [.. dense.Prepend(true).Select((isDense, i) => new Phase(
            words[names.Length == 0 ? 0 : Math.Abs(names[i % names.Length] % words.Length)],
            Duration.Epochs(i + 1),
            LearningRate.Constant(0.1),
            isDense ? null : SparsityCurve.Constant(0.5)))];
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Repeat_BelowOne_IsRefused(int times) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.Start().Dense(1, 0.1).Build().Repeat(times));

    [Property]
    public bool AsDenseControl_AnySchedule_KeepsNamesDurationsAndRatesWithoutMasks(Schedule schedule)
    {
        var control = schedule.AsDenseControl();
        return control.Phases.Select(p => (p.Name, p.Duration, p.Rate)).SequenceEqual(schedule.Phases.Select(p => (p.Name, p.Duration, p.Rate)))
            && control.Phases.All(p => p.IsDense && p.Mask == MaskRule.Default && p.Layers == LayerScope.Default)
            && control.AsDenseControl() == control;
    }

    [Property]
    public bool Equals_AnEqualCopy_IsTrueWithTheSameHashCode(Schedule schedule)
    {
        var copy = Copy(schedule);
        return !ReferenceEquals(copy, schedule) && copy == schedule && copy.GetHashCode() == schedule.GetHashCode();
    }

    [Property]
    public bool Equals_OnePhaseChanged_IsFalse(Schedule schedule, Phase other)
    {
        var first = schedule.Phases[0];
        return schedule != new Schedule(schedule.Phases.SetItem(0, first.WithName(first.Name + "!")))
            && schedule != schedule.Then(schedule)
            && (schedule == new Schedule(schedule.Phases.SetItem(0, other))) == (first == other);
    }

    [Property]
    public bool With_EachPart_ChangesThatPartAlone(Phase phase, Phase other)
    {
        var all = phase.WithName(other.Name).WithDuration(other.Duration).WithRate(other.Rate).WithSparsity(other.Sparsity)
            .WithMask(other.Mask).WithLayers(other.Layers).WithRegrown(other.RegrownWeights, other.RegrownState);
        return all == other
            && phase.WithName(other.Name).WithName(phase.Name) == phase
            && phase.WithDuration(other.Duration).WithDuration(phase.Duration) == phase
            && phase.WithRate(other.Rate).WithRate(phase.Rate) == phase
            && phase.WithSparsity(other.Sparsity).WithSparsity(phase.Sparsity) == phase
            && phase.WithMask(other.Mask).WithMask(phase.Mask) == phase
            && phase.WithLayers(other.Layers).WithLayers(phase.Layers) == phase
            && phase.WithRegrown(other.RegrownWeights, other.RegrownState).WithRegrown(phase.RegrownWeights, phase.RegrownState) == phase;
    }

    [Property]
    public bool With_MaskRuleParts_ChangeThatPartAlone(MaskRule rule, MaskRule other) =>
        rule.WithCriterion(other.Criterion).WithDistribution(other.Distribution).WithPattern(other.Pattern).WithUpdate(other.Update).WithWithin(other.Within) == other
        && rule.WithCriterion(other.Criterion).WithCriterion(rule.Criterion) == rule
        && rule.WithDistribution(other.Distribution).WithDistribution(rule.Distribution) == rule
        && rule.WithPattern(other.Pattern).WithPattern(rule.Pattern) == rule
        && rule.WithUpdate(other.Update).WithUpdate(rule.Update) == rule
        && rule.WithWithin(other.Within).WithWithin(rule.Within) == rule;

    [Theory]
    [InlineData(0.0, null, true)]
    [InlineData(0.3, null, false)]
    [InlineData(0.0, 0.5, false)] // a level of its own makes a phase of sparsity 0 sparse
    [InlineData(0.0, 0.0, true)]
    public void IsDense_ByTable_LooksAtTheRulesToo(double sparsity, double? level, bool dense)
    {
        var layers = level is { } own ? LayerScope.Default.Set("fc1", own) : LayerScope.Default;
        Assert.Equal(dense, new Phase("p", Duration.Steps(1), LearningRate.Constant(1), SparsityCurve.Constant(sparsity), layers: layers).IsDense);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void New_EmptyNames_AreRefused(string name)
    {
        Assert.Throws<ArgumentException>(() => new Phase(name, Duration.Steps(1), LearningRate.Constant(1)));
        Assert.Throws<ArgumentException>(() => LayerSelector.Named(name));
        Assert.Throws<ArgumentException>(() => MaskCriterion.Custom(name));
        Assert.Throws<ArgumentException>(() => SparsityDistribution.Custom(name));
        Assert.Throws<ArgumentException>(() => MaskPattern.Custom(name));
        Assert.Throws<ArgumentException>(() => MaskUpdate.Custom(name, 1));
    }

    [Theory]
    [InlineData("magnitude")]
    [InlineData("random")]
    [InlineData("weightTimesGradient")]
    public void Criterion_ANameThatIsBuiltIn_IsRefused(string name) => IsBuiltIn(name, () => MaskCriterion.Custom(name));

    [Theory]
    [InlineData("uniform")]
    [InlineData("perLayer")]
    [InlineData("global")]
    [InlineData("erk")]
    [InlineData("er")]
    public void Distribution_ANameThatIsBuiltIn_IsRefused(string name) => IsBuiltIn(name, () => SparsityDistribution.Custom(name));

    [Theory]
    [InlineData("element")]
    [InlineData("nOfM")]
    public void Pattern_ANameThatIsBuiltIn_IsRefused(string name) => IsBuiltIn(name, () => MaskPattern.Custom(name));

    [Theory]
    [InlineData("once")]
    [InlineData("set")]
    public void Update_ANameThatIsBuiltIn_IsRefused(string name) => IsBuiltIn(name, () => MaskUpdate.Custom(name, 5));

    private static void IsBuiltIn(string name, Action custom) =>
        Assert.Contains($"'{name}' is built in", Assert.Throws<ArgumentException>(custom).Message, StringComparison.Ordinal);

    [Fact]
    public void New_EnumValuesWithoutAName_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => LayerSelector.OfKind((LayerKind)7));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Phase("p", Duration.Steps(1), LearningRate.Constant(1), regrownWeights: (RegrownWeights)7));
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new Phase("p", Duration.Steps(1), LearningRate.Constant(1), regrownState: (RegrownState)7));
        Assert.StartsWith("RegrownState is one of Zero, Kept, Reset.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_RulesAndSelectors_ReadAsEnglish()
    {
        Assert.Equal("set linear layers = 0.5", Cultures.In(Cultures.Comma, LayerRule.Set(LayerSelector.OfKind(LayerKind.Linear), new Sparsity(0.5)).ToString));
        Assert.Equal("keep first convolution", LayerRule.Keep(LayerSelector.First(LayerKind.Convolution)).ToString());
        Assert.Equal("prune last layer", LayerRule.Prune(LayerSelector.Last()).ToString());
        Assert.Equal("random (seed -3), global, every 100 steps", new MaskRule(MaskCriterion.Random(-3), SparsityDistribution.Global, update: MaskUpdate.Every(100)).ToString());
        Assert.Equal(
            "weight × gradient, ERK, 2:4 along inputs, SET of 0.3 every 100 steps until 0.75 of the phase",
            new MaskRule(MaskCriterion.WeightTimesGradient, SparsityDistribution.Erk, MaskPattern.NOfM(2, 4), MaskUpdate.SparseEvolution(100)).ToString());
        Assert.Equal("magnitude, custom 'a', custom 'b', custom 'c' every step", new MaskRule(null, SparsityDistribution.Custom("a"), MaskPattern.Custom("b"), MaskUpdate.Custom("c", 1)).ToString());
        Assert.Equal("custom 'taylor', per layer, once", new MaskRule(MaskCriterion.Custom("taylor")).ToString());
    }

    private static Schedule Copy(Schedule schedule) => new(schedule.Phases.Select(p => new Phase(
        new string(p.Name),
        Duration.Parse(p.Duration.ToString()),
        p.Rate.WithWarmUp(p.Rate.WarmUp),
        p.Sparsity.WithTarget(p.Sparsity.To),
        new MaskRule(p.Mask.Criterion, p.Mask.Distribution, p.Mask.Pattern, p.Mask.Update, p.Mask.Within),
        LayerScope.Of(p.Layers.Rules),
        p.RegrownWeights,
        p.RegrownState)).ToValueList());

    [Fact]
    public void ScaledTo_ATotal_KeepsEachPhasesPart()
    {
        var schedule = Schedule.Start().Dense(60, 1e-2).Sparse(11, 1e-3, 0.3).Dense(22, 1e-4).Build();

        var scaled = schedule.ScaledTo(Duration.Epochs(12));

        Assert.Equal(["7.74ep", "1.42ep", "2.84ep"], scaled.Phases.Select(p => p.Duration.ToString()));
        Assert.Equal(schedule, schedule.ScaledTo(Duration.Epochs(93)));
    }

    [Property]
    public void ScaledTo_AnyTotal_IsReachedExactlyAndNoPhaseIsFarFromItsPart(int[] lengths, int total)
    {
        var parts = lengths.Select(l => 1 + (Math.Abs(l) % 50)).Append(3).ToList();
        var wanted = Duration.Epochs((Math.Abs(total) % 100_000 / 100.0) + parts.Count);
        var schedule = new Schedule(parts.Select(l => new Phase(null, Duration.Epochs(l), LearningRate.Constant(0.1))).ToValueList());

        var scaled = schedule.ScaledTo(wanted);

        Assert.Equal((decimal)wanted.Amount, scaled.Phases.Sum(p => (decimal)p.Duration.Amount));
        Assert.All(scaled.Phases.Zip(parts), p => Assert.InRange(p.First.Duration.Amount - (wanted.Amount * p.Second / parts.Sum()), -0.0101, 0.0101));
        Assert.Equal(schedule.Phases.Select(p => (p.Name, p.Rate)), scaled.Phases.Select(p => (p.Name, p.Rate)));
    }

    [Fact]
    public void ScaledTo_TooShortOrAnotherUnit_IsRefused()
    {
        var schedule = Schedule.Start().Dense(74, 0.1).Sparse(1.25, 0.1, 0.3).Dense(18, 0.1).Build();

        Assert.Contains("phase 'sparse', 1.25ep of 93.25ep, would have no length", Assert.Throws<ArgumentOutOfRangeException>(() => schedule.ScaledTo(Duration.Epochs(0.1))).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => schedule.ScaledTo(Duration.Steps(100)));
    }

    [Fact]
    public void WithRatesTimes_AFactor_LeavesTheRatios()
    {
        var schedule = Schedule.Start().Dense(2, LearningRate.Cosine(0.5, 0.25)).Sparse(1, 0.125, 0.3).Build();

        Assert.Equal([LearningRate.Cosine(1, 0.5), LearningRate.Constant(0.25)], schedule.WithRatesTimes(2).Phases.Select(p => p.Rate));
        Assert.Equal(schedule, schedule.WithRatesTimes(2).WithRatesTimes(0.5));
    }
}
