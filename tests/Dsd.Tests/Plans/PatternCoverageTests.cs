using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;

namespace Dsd.Tests.Plans;

/// <summary>Custom patterns whose groups do not hold every weight once: refused where they are to train, read where they have trained.</summary>
public sealed class PatternCoverageTests
{
    [Fact]
    public void Check_APatternThatMissesWeights_IsRefused()
    {
        var issue = Plan.Check(Patterned("half"), Shapes.LeNet5, 469, MaskMethods.None.WithPattern("half", new HalfPattern()))[0];
        Assert.Equal("DSD012: phase 1 'sparse': conv2.weight has 25,000 weights, but the pattern custom 'half' divides it into 12,500 groups of 1. The groups of a pattern hold every weight once.", issue.ToString());
    }

    public static TheoryData<Func<long, long, long>, string> BadIndices => new()
    {
        // The second place of each group is that of the next: kept ones never overlap where each group keeps its first.
        { (group, place) => (2 * group) + (2 * place), "and the pattern custom 'pairs' puts the index 2 in two places, the second of them group 1, place 0" },
        { (group, place) => place == 0 ? 2 * group : 1, "and the pattern custom 'pairs' puts the index 1 in two places, the second of them group 1, place 1" },
        { (group, place) => (2 * group) + place + 1, "but the pattern custom 'pairs' puts the index 25000 in group 12499, place 1; indices count from 0 to 24999" },
        { (group, place) => (2 * group) + place - 1, "but the pattern custom 'pairs' puts the index -1 in group 0, place 0; indices count from 0 to 24999" },
    };

    [Theory]
    [MemberData(nameof(BadIndices))]
    public void Check_APatternWhoseGroupsOverlapOrReachBeyond_IsRefused(Func<long, long, long> index, string problem)
    {
        var issue = Assert.Single(Plan.Check(Patterned("pairs"), Shapes.LeNet5, 469, MaskMethods.None.WithPattern("pairs", new PairPattern(index))));
        Assert.Equal($"DSD012: phase 1 'sparse': conv2.weight has 25,000 weights, {problem}. The groups of a pattern hold every weight once.", issue.ToString());
    }

    [Fact]
    public void Check_APattern_IsLookedThroughOncePerShape()
    {
        var asked = 0;
        var methods = MaskMethods.None.WithPattern("pairs", new PairPattern((group, place) =>
        {
            asked++;
            return (2 * group) + place;
        }));
        var schedule = Patterned("pairs");
        Assert.Empty(Plan.Check(new Schedule([schedule.Phases[0], schedule.Phases[0]]), Shapes.LeNet5, 469, methods));
        Assert.Empty(Plan.Check(schedule, Shapes.LeNet5, 10, methods));
        Assert.Equal(25_000, asked);
    }

    /// <summary>Groups that overlap in pruned places have trained before; a count that is wrong never has.</summary>
    [Theory]
    [MemberData(nameof(BadIndices))]
    public void OfRecord_APatternWhoseGroupsOverlapOrReachBeyond_IsRead(Func<long, long, long> index, string problem)
    {
        Assert.NotEmpty(problem);
        var pattern = new PairPattern(index);
        var plan = Plan.OfRecord(Patterned("pairs"), Shapes.LeNet5, 469, MaskMethods.None.WithPattern("pairs", pattern));
        Assert.Same(pattern, plan.Phases[0].Layers.Single(l => l.IsPruned).Pattern!.Pattern);
    }

    [Fact]
    public void OfRecord_APatternThatMissesWeights_IsRefused() => Assert.Equal(
        "DSD012",
        Assert.Single(Assert.Throws<PlanException>(() => Plan.OfRecord(Patterned("half"), Shapes.LeNet5, 469, MaskMethods.None.WithPattern("half", new HalfPattern()))).Issues).Code);

    public static TheoryData<int, int, double, string> MissedSparsities => new()
    {
        { 4, 1, 0.5, "has a sparsity of 0.5, but the pattern custom 'mine' keeps 1 of every 4 weights, which is a sparsity of 0.75. Keep 2 of 4, or write 0.75." },
        { 4, 3, 0.5, "has a sparsity of 0.5, but the pattern custom 'mine' keeps 3 of every 4 weights, which is a sparsity of 0.25. Keep 2 of 4, or write 0.25." },
        { 5, 4, 0.5, "has a sparsity of 0.5, but the pattern custom 'mine' keeps 4 of every 5 weights, which is a sparsity of 0.2. Keep 2 or 3 of 5, or write 0.2." },
        { 4, 4, 0.5, "has a sparsity of 0.5, but the pattern custom 'mine' keeps every weight. Keep 2 of 4, or leave the layer dense." },
        { 4, 2, 0.95, "has a sparsity of 0.95, but the pattern custom 'mine' keeps 2 of every 4 weights, which is a sparsity of 0.5. Keep 1 of 4, or write 0.5." },
    };

    [Theory]
    [MemberData(nameof(MissedSparsities))]
    public void Check_APatternThatMissesTheSparsity_IsRefused(int size, int keep, double sparsity, string problem)
    {
        var issue = Assert.Single(Plan.Check(Patterned("mine", sparsity), Shapes.LeNet5, 469, MaskMethods.None.WithPattern("mine", new FixedPattern(size, keep))));
        Assert.Equal($"DSD012: phase 1 'sparse': conv2.weight {problem}", issue.ToString());
    }

    /// <summary>What groups of a size can reach: the number below and the one above, and never none.</summary>
    [Theory]
    [InlineData(4, 2, 0.5)]
    [InlineData(5, 2, 0.5)]
    [InlineData(5, 3, 0.5)]
    [InlineData(4, 1, 0.95)]
    [InlineData(25_000, 8_333, 0.6666666666666667)]
    [InlineData(10, 3, 0.7)]
    public void Check_APatternAsCloseAsItsGroupsAllow_IsAccepted(int size, int keep, double sparsity) =>
        Assert.Empty(Plan.Check(Patterned("mine", sparsity), Shapes.LeNet5, 469, MaskMethods.None.WithPattern("mine", new FixedPattern(size, keep))));

    [Fact]
    public void OfRecord_APatternThatMissesTheSparsity_IsRead()
    {
        var plan = Plan.OfRecord(Patterned("mine"), Shapes.LeNet5, 469, MaskMethods.None.WithPattern("mine", new FixedPattern(4, 1)));
        Assert.Equal(6_250, plan.Phases[0].KeptAt(plan.Phases[0].Layers.Single(l => l.IsPruned), 0));
    }

    [Fact]
    public void Check_APatternThatDividesIntoNull_IsNamed()
    {
        var methods = MaskMethods.None.WithPattern("mine", new NullPattern());
        const string message = "DSD012: phase 1 'sparse': conv2.weight has no groups: the pattern custom 'mine' returned null from Divide. Return its groups, or explain in Refuse why the tensor has none.";
        Assert.Equal(message, Assert.Single(Plan.Check(Patterned("mine"), Shapes.LeNet5, 469, methods)).ToString());
        Assert.Equal(message, Assert.Single(Assert.Throws<PlanException>(() => Plan.OfRecord(Patterned("mine"), Shapes.LeNet5, 469, methods)).Issues).ToString());
    }

    [Fact]
    public void KeptAt_APatternThatDividesIntoNullBetweenTheEndsOfARamp_IsNamed()
    {
        var methods = MaskMethods.None.WithPattern("mine", new NullPattern { Ends = [0.2, 0.6] });
        var schedule = Schedule.Start()
            .Sparse(Duration.Steps(100), LearningRate.Constant(0.1), SparsityCurve.Linear(0.2, 0.6), l => l.Keep("fc*"))
            .Masked(rule => rule.WithPattern(MaskPattern.Custom("mine")).WithUpdate(MaskUpdate.Every(10, mayRegrow: true)))
            .Build();
        var phase = Plan.Resolve(schedule, Shapes.LeNet5, 469, methods).Phases[0];
        Assert.StartsWith("The pattern custom 'mine' returned null from Divide", Assert.Throws<DsdException>(() => phase.KeptAt(phase.Layers.Single(l => l.IsPruned), 3)).Message, StringComparison.Ordinal);
    }

    private static Schedule Patterned(string name, double sparsity = 0.5) => Schedule.Start()
        .Sparse(Duration.Steps(100), LearningRate.Constant(0.1), SparsityCurve.Constant(sparsity), l => l.Keep("fc*"))
        .Masked(rule => rule.WithPattern(MaskPattern.Custom(name)))
        .Build();

    /// <summary>Groups of the first half of a tensor alone.</summary>
    private sealed class HalfPattern : IMaskPattern
    {
        public string? Refuse(ValueList<long> dims, Sparsity sparsity) => null;

        public PatternGroups Divide(ValueList<long> dims, Sparsity sparsity) => new(dims.Aggregate((a, b) => a * b) / 2, 1, 1, (group, _) => group);
    }

    /// <summary>Groups of neighbours that keep a fixed number, whatever the sparsity.</summary>
    private sealed class FixedPattern(int size, int keep) : IMaskPattern
    {
        public string? Refuse(ValueList<long> dims, Sparsity sparsity) => null;

        public PatternGroups Divide(ValueList<long> dims, Sparsity sparsity) => new(dims.Aggregate((a, b) => a * b) / size, size, keep, (group, place) => (group * size) + place);
    }

    /// <summary>Groups of all weights at some sparsities, and none at others.</summary>
    private sealed class NullPattern : IMaskPattern
    {
        public double[] Ends { get; init; } = [];

        public string? Refuse(ValueList<long> dims, Sparsity sparsity) => null;

        public PatternGroups Divide(ValueList<long> dims, Sparsity sparsity)
        {
            var count = dims.Aggregate((a, b) => a * b);
            return Ends.Contains(sparsity.Value) ? new(1, (int)count, (int)sparsity.Kept(count), (_, place) => place) : null!;
        }
    }

    /// <summary>Groups of two, of which each keeps one.</summary>
    private sealed class PairPattern(Func<long, long, long> index) : IMaskPattern
    {
        public string? Refuse(ValueList<long> dims, Sparsity sparsity) => null;

        public PatternGroups Divide(ValueList<long> dims, Sparsity sparsity) => new(dims.Aggregate((a, b) => a * b) / 2, 2, 1, index);
    }
}
