using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Statistics;
using Dsd.Testing;

namespace Dsd.Tests;

/// <summary>The laws hold for what the generators give; this makes sure that they give enough.</summary>
public class GeneratorTests
{
    // Of one seed: chance alone must not fail a test.
    private static readonly PlanCase[] s_cases = [.. Generators.Sample(Generators.PlanCases(), 400, size: 50)];

    public static TheoryData<string, Func<PlannedPhase, bool>> PhaseFeatures => new()
    {
        { "dense", p => p.IsDense },
        { "sparse", p => !p.IsDense },
        { "rising ramp", p => p.Layers.Any(l => l.Sparsity is { Shape: not CurveShape.Constant } c && c.From < c.To) },
        { "falling ramp", p => p.Layers.Any(l => l.Sparsity is { Shape: not CurveShape.Constant } c && c.From > c.To) },
        { "many updates", p => p.Updates >= 3 },
        { "one update of many steps", p => p.Updates == 1 && p.Steps > 1 },
        { "pool of several", p => p.Layers.Count(l => l.IsGlobal) > 1 },
        { "pool and own level", p => p.Layers.Any(l => l.IsGlobal) && p.Layers.Any(l => l.IsPruned && !l.IsGlobal) },
        { "level of its own", p => p.Layers.Any(l => l.IsPruned && l.Rule.StartsWith("set ", StringComparison.Ordinal)) },
        { "kept by rule", p => !p.IsDense && p.Layers.Any(l => l.Rule.StartsWith("keep ", StringComparison.Ordinal)) },
        { "random criterion", p => !p.IsDense && p.Phase.Mask.Criterion.Kind == CriterionKind.Random },
        { "level by ERK or ER", p => p.Layers.Any(l => l.IsDistributed && l.IsPruned) },
        { "a layer that ERK or ER leaves full", p => p.Layers.Any(l => l.IsDistributed && !l.IsPruned) && p.Layers.Any(l => l.IsDistributed && l.IsPruned) },
        { "N of M", p => p.Layers.Any(l => l.Pattern is not null) },
        { "SET", p => !p.IsDense && p.Phase.Mask.Update.Policy is not null && p.Updates > 1 },
        { "updates that end early", p => !p.IsDense && p.Phase.Mask.Update is { Until: < 1 } && p.Updates > 1 },
        { "recurrent weights pruned", p => p.Layers.Any(l => l.IsPruned && l.Parameter.Contains("weight_hh", StringComparison.Ordinal)) },
        { "length in epochs", p => p.Phase.Duration.Unit == DurationUnit.Epochs },
    };

    public static TheoryData<string, Func<ModelShape, bool>> ShapeFeatures => new()
    {
        { "norm", s => s.Parameters.Any(p => p.Kind == LayerKind.Norm) },
        { "embedding", s => s.Parameters.Any(p => p.Kind == LayerKind.Embedding) },
        { "tied", s => s.Parameters.Any(p => p.SharedWith is not null) },
        { "tied to an embedding", s => s.Parameters.Any(p => s.Parameters.Any(e => e.Kind == LayerKind.Embedding && p.SharedWith == e.Name)) },
        { "empty", s => s.Parameters.Any(p => p.Count == 0) },
        { "scalar", s => s.Parameters.Any(p => p.Dims.Count == 0) },
        { "single weight", s => s.Parameters.Any(p => !p.IsBias && p.Dims.Count > 0 && p.Count == 1) },
        { "bias-less", s => s.Parameters.Any(p => p.Kind == LayerKind.Linear && !s.Parameters.Any(b => b.IsBias && b.Layer == p.Layer)) },
        { "nested names", s => s.Parameters.Any(p => p.Layer.Contains('.', StringComparison.Ordinal)) },
    };

    [Theory]
    [MemberData(nameof(PhaseFeatures))]
    [Trait("Tier", "slow")]
    public void PlanCases_FourHundred_HaveEnoughPhasesWithEachFeature(string feature, Func<PlannedPhase, bool> has)
    {
        var count = s_cases.SelectMany(c => c.Resolve().Phases).Count(has);
        Assert.True(count >= 5, $"Only {count} phases: {feature}.");
    }

    [Theory]
    [MemberData(nameof(ShapeFeatures))]
    public void PlanCases_FourHundred_HaveEnoughNetworksWithEachFeature(string feature, Func<ModelShape, bool> has)
    {
        var count = s_cases.Select(c => c.Shape).Count(has);
        Assert.True(count >= 5, $"Only {count} networks: {feature}.");
    }
}
