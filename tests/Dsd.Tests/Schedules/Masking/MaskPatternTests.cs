using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Tests.Plans;

namespace Dsd.Tests.Schedules.Masking;

/// <summary>Built-in patterns: what they accept, what they say of themselves, and their JSON.</summary>
public sealed class MaskPatternTests
{
    public static TheoryData<MaskPattern, string, string> Patterns => new()
    {
        { MaskPattern.NOfM(2, 4), "2:4 along inputs", """{"nOfM":{"keep":2,"of":4,"axis":1}}""" },
        { MaskPattern.NOfM(1, 3, 0, pad: true), "1:3 along outputs, padded", """{"nOfM":{"keep":1,"of":3,"axis":0,"pad":true}}""" },
        { MaskPattern.Block(4, 4), "4×4 blocks by L2", """{"block":{"rows":4,"columns":4,"norm":"l2"}}""" },
        { MaskPattern.Block(1, 16, UnitNorm.LInfinity, pad: true), "1×16 blocks by L∞, padded", """{"block":{"rows":1,"columns":16,"norm":"lInfinity","pad":true}}""" },
        { MaskPattern.Row(UnitNorm.L1), "rows by L1", """{"row":{"norm":"l1"}}""" },
        { MaskPattern.Column(), "columns by L2", """{"column":{"norm":"l2"}}""" },
        { MaskPattern.Channel(UnitNorm.L1), "channels by L1", """{"channel":{"norm":"l1"}}""" },
    };

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Json_APattern_IsWrittenAndReadAsIs(MaskPattern pattern, string text, string json)
    {
        Assert.Equal(text, pattern.ToString());
        var written = ScheduleJson.Write(Patterned(pattern, 0.5));
        Assert.Contains($"\"pattern\":{json}", Compact(written), StringComparison.Ordinal);
        Assert.Equal(pattern, ScheduleJson.Read(written).Phases[0].Mask.Pattern);
    }

    [Theory]
    [InlineData("""{"filter":{"norm":"l1"}}""")]
    [InlineData("""{"row":{"norm":"l1"}}""")]
    public void Json_Filter_IsAnotherNameOfRow(string json)
    {
        Assert.Equal(MaskPattern.Row(UnitNorm.L1), MaskPattern.Filter(UnitNorm.L1));
        Assert.Equal(MaskPattern.Filter(UnitNorm.L1), Read(json));
    }

    [Fact]
    public void Json_WithoutNorm_IsL2() => Assert.Equal(MaskPattern.Block(2, 3), Read("""{"block":{"rows":2,"columns":3}}"""));

    [Theory]
    [InlineData("""{"block":{"rows":0,"columns":3}}""", "rows")]
    [InlineData("""{"block":{"rows":2}}""", "columns")]
    [InlineData("""{"block":{"rows":2,"columns":3,"norm":"l3"}}""", "lInfinity")]
    [InlineData("""{"row":{"norm":"l1","pad":true}}""", "pad")]
    [InlineData("""{"nOfM":{"keep":4,"of":2}}""", "M must be above N; got 4:2")]
    [InlineData("""{"blocks":{"rows":2}}""", "block")]
    public void Json_WhatIsNoPattern_IsNamed(string json, string named) =>
        Assert.Contains(named, Assert.Throws<JsonFormatException>(() => Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Json_ACustomPatternOfAnOlderFileNamedLikeANewOne_IsRead()
    {
        Assert.Equal("custom 'block'", Read("""{"custom":{"name":"block"}}""").ToString());
        Assert.Contains("'block' is built in", Assert.Throws<ArgumentException>(() => MaskPattern.Custom("block")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Make_NumbersOutsideTheirRange_AreRefused()
    {
        Assert.Contains("M must be above N; got 4:4.", Assert.Throws<ArgumentOutOfRangeException>(() => MaskPattern.NOfM(4, 4)).Message, StringComparison.Ordinal);
        Assert.Contains("got 4:2. Write MaskPattern.NOfM(2, 4).", Assert.Throws<ArgumentOutOfRangeException>(() => MaskPattern.NOfM(4, 2)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => MaskPattern.NOfM(0, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => MaskPattern.NOfM(2, 4, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => MaskPattern.Block(0, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => MaskPattern.Block(4, -1));
        Assert.Contains("L1, L2, LInfinity", Assert.Throws<ArgumentOutOfRangeException>(() => MaskPattern.Row((UnitNorm)9)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_AWidthThatDoesNotDivide_IsRefusedWithTheFixes()
    {
        // conv2 is 50×20×5×5: a matrix of 50 × 500.
        Assert.Equal(
            "DSD012: phase 1 'sparse': conv2.weight is 50 long on axis 0, which is no multiple of 4, as 2:4 along outputs needs. Keep it dense, give the layer a width that is, or pad the last group with MaskPattern.NOfM(2, 4, 0, pad: true), in JSON \"pad\": true.",
            Assert.Single(Plan.Check(Patterned(MaskPattern.NOfM(2, 4, 0), 0.5), Shapes.LeNet5, 469)).ToString());
        Assert.Equal(
            "DSD012: phase 1 'sparse': conv2.weight is a matrix of 50 outputs × 500, which 4×4 blocks by L2 do not divide. Keep it dense, give the layer a width that they do, or pad the last blocks with MaskPattern.Block(4, 4, UnitNorm.L2, pad: true), in JSON \"pad\": true.",
            Assert.Single(Plan.Check(Patterned(MaskPattern.Block(4, 4), 0.5), Shapes.LeNet5, 469)).ToString());
    }

    [Fact]
    public void Check_ASparsityThatPrunesNoUnit_IsRefused() => Assert.Equal(
        "DSD008: phase 1 'sparse': its sparsity, 0.4, is so small for these layers that it rounds to no unit of the pattern 1000×1000 blocks by L2, padded at all. Raise it, choose smaller units, or make the phase dense.",
        Assert.Single(Plan.Check(Patterned(MaskPattern.Block(1000, 1000, pad: true), 0.4), Shapes.LeNet5, 469)).ToString());

    public static TheoryData<MaskPattern, double, long> Counts => new()
    {
        // 12 full groups of 4 outputs and one of 2, which keeps both.
        { MaskPattern.NOfM(2, 4, 0, pad: true), 0.5, (12 * 500 * 2) + (500 * 2) },
        { MaskPattern.NOfM(1, 4, 0, pad: true), 0.75, (12 * 500) + 500 },
        { MaskPattern.Row(), 0.5, 25 * 500 },
        { MaskPattern.Filter(), 0.99, 1 * 500 },
        { MaskPattern.Channel(), 0.75, 5 * 50 * 25 },
        { MaskPattern.Column(), 0.9, 50 * 50 },

        // 12 × 125 full blocks of 16 and 125 of 8: of 1625 units 813 are kept, 750.46 and 62.54 by their shares.
        { MaskPattern.Block(4, 4, pad: true), 0.5, (750 * 16) + (63 * 8) },
    };

    [Theory]
    [MemberData(nameof(Counts))]
    public void KeptAt_APattern_IsExact(MaskPattern pattern, double sparsity, long kept)
    {
        var plan = Plan.Resolve(Patterned(pattern, sparsity), Shapes.LeNet5, 469);
        Assert.Equal(kept, plan.Phases[0].KeptAt(plan.Phases[0].Layers.Single(l => l.IsPruned), 0));
    }

    [Fact]
    public void Resolve_UnitsWithErk_GiveEachLayerItsOwnLevel()
    {
        var schedule = Schedule.Start()
            .Sparse(Duration.Steps(100), LearningRate.Constant(0.1), SparsityCurve.Constant(0.8))
            .Masked(rule => rule.WithPattern(MaskPattern.Row()).WithDistribution(SparsityDistribution.Erk))
            .Build();
        var phase = Plan.Resolve(schedule, Shapes.LeNet5, 469).Phases[0];
        var pruned = phase.Layers.Where(l => l.IsPruned).ToList();
        Assert.True(pruned.Count > 1 && pruned.Select(l => l.Sparsity!.To).Distinct().Count() > 1);
        Assert.All(pruned, l => Assert.Equal(0, phase.KeptAt(l, 0)!.Value % (l.Weights / Shapes.LeNet5.Parameters.Single(p => p.Name == l.Parameter).Dims[0])));
        Assert.Contains("rows by L2", phase.Phase.MaskText, StringComparison.Ordinal);
    }

    private static MaskPattern Read(string json)
    {
        var text = ScheduleJson.Write(Patterned(MaskPattern.NOfM(2, 4), 0.5));
        return ScheduleJson.Read(Compact(text).Replace("""{"nOfM":{"keep":2,"of":4,"axis":1}}""", json, StringComparison.Ordinal)).Phases[0].Mask.Pattern;
    }

    private static string Compact(string json) => System.Text.Json.Nodes.JsonNode.Parse(json)!.ToJsonString();

    private static Schedule Patterned(MaskPattern pattern, double sparsity) => Schedule.Start()
        .Sparse(Duration.Steps(100), LearningRate.Constant(0.1), SparsityCurve.Constant(sparsity), l => l.Keep("fc*"))
        .Masked(rule => rule.WithPattern(pattern))
        .Build();
}
