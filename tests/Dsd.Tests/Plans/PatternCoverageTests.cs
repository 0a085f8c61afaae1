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
        Assert.Equal("DSD012: phase 1 'sparse': conv2.weight has 25,000 weights, but the pattern half divides it into 12,500 groups of 1. The groups of a pattern hold every weight once.", issue.ToString());
    }

    public static TheoryData<Func<long, int, long>, string> BadIndices => new()
    {
        // The second place of each group is that of the next: kept ones never overlap where each group keeps its first.
        { (group, place) => (2 * group) + (2 * place), "and the pattern pairs puts the index 2 in two places, the second of them group 1, place 0" },
        { (group, place) => place == 0 ? 2 * group : 1, "and the pattern pairs puts the index 1 in two places, the second of them group 1, place 1" },
        { (group, place) => (2 * group) + place + 1, "but the pattern pairs puts the index 25000 in group 12499, place 1; indices count from 0 to 24999" },
        { (group, place) => (2 * group) + place - 1, "but the pattern pairs puts the index -1 in group 0, place 0; indices count from 0 to 24999" },
    };

    [Theory]
    [MemberData(nameof(BadIndices))]
    public void Check_APatternWhoseGroupsOverlapOrReachBeyond_IsRefused(Func<long, int, long> index, string problem)
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
    public void OfRecord_APatternWhoseGroupsOverlapOrReachBeyond_IsRead(Func<long, int, long> index, string problem)
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

    private static Schedule Patterned(string name) => Schedule.Start()
        .Sparse(Duration.Steps(100), LearningRate.Constant(0.1), SparsityCurve.Constant(0.5), l => l.Keep("fc*"))
        .Masked(rule => rule.WithPattern(MaskPattern.Custom(name)))
        .Build();

    /// <summary>Groups of the first half of a tensor alone.</summary>
    private sealed class HalfPattern : IMaskPattern
    {
        public string? Refuse(ValueList<long> dims, Sparsity sparsity) => null;

        public PatternGroups Divide(ValueList<long> dims, Sparsity sparsity) => new(dims.Aggregate((a, b) => a * b) / 2, 1, 1, (group, _) => group);

        public override string ToString() => "half";
    }

    /// <summary>Groups of two, of which each keeps one.</summary>
    private sealed class PairPattern(Func<long, int, long> index) : IMaskPattern
    {
        public string? Refuse(ValueList<long> dims, Sparsity sparsity) => null;

        public PatternGroups Divide(ValueList<long> dims, Sparsity sparsity) => new(dims.Aggregate((a, b) => a * b) / 2, 2, 1, index);

        public override string ToString() => "pairs";
    }
}
