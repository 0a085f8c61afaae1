using Dsd.Masks;
using Dsd.Schedules;
using FsCheck.Xunit;
using static TorchSharp.torch;

namespace Dsd.Testing.Tests;

/// <summary>The laws of masks hold for what Dsd has built in, and what they report can be used again.</summary>
public sealed class MaskLawsTests
{
    public static TheoryData<string> Rules => [.. s_rules.Keys];

    private static readonly Dictionary<string, MaskRule> s_rules = new MaskRule[]
    {
        MaskRule.Default,
        new(MaskCriterion.Random()),
        new(MaskCriterion.Gradient, SparsityDistribution.Global),
        new(MaskCriterion.Movement, update: MaskUpdate.Every(2)),
        new(distribution: SparsityDistribution.Erk, update: MaskUpdate.Rigl(2, 0.4)),
        new(update: MaskUpdate.SparseEvolution(2, 0.4, 1, Annealing.Cosine)),
        new(pattern: MaskPattern.NOfM(1, 2)),
        new(update: MaskUpdate.Every(2, mayRegrow: true)),
    }.ToDictionary(r => r.ToString());

    [Theory]
    [MemberData(nameof(Rules))]
    public void Check_ABuiltInRule_HoldsEveryLaw(string rule) => MaskLaws.Check(s_rules[rule], options: new(LawCases.Count(6)));

    [Fact]
    public void CheckScore_Magnitude_HoldsEveryLawAndSaysSo()
    {
        var report = MaskLaws.CheckScore(layer => layer.Weight.to(float64).abs(), options: new(LawCases.Count(100)));
        Assert.Contains("✓ exact count (", report.ToString(), StringComparison.Ordinal);
        Assert.Contains("– nested (nothing to check)", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void CheckSparsity_TheChoiceOfAPhase_HoldsEveryLaw() => MaskLaws.CheckSparsity((layer, sparsity) => MaskSet.Choose(layer, sparsity), layer => layer.Weight.to(float64).abs(), options: new(LawCases.Count(100)));

    [Fact]
    public void CheckUpdate_ByGradients_HoldsEveryLaw() =>
        Assert.All(MaskLaws.CheckUpdate(new DropAndGrowOf(layer => layer.Gradient!.abs()), growsBy: layer => layer.Gradient!.abs(), options: new(LawCases.Count(100))).Laws, law => Assert.True(law.Cases > 0, $"{law}"));

    [Property(MaxTest = 20)]
    public void CheckChoice_ACaseOfFsChecks_IsCheckedAlone(long seed) =>
        Assert.Equal(1, MaskLaws.CheckChoice((layer, keep) => layer.Top(layer.Weight.to(float64).abs(), keep), on: Generators.Sample(Generators.MaskCases(), 1, seed)[0]).Laws.First(l => l.Law == MaskLaws.Count).Cases);

    [Fact]
    public void Message_OfABrokenRule_HasLawCaseAndCode()
    {
        var caught = Assert.Throws<LawException>(() => MaskLaws.CheckChoice((layer, keep) => layer.Top(layer.Weight, keep), layer => layer.Weight.abs()));
        Assert.Equal(MaskLaws.Highest, caught.Law);
        Assert.StartsWith("The law 'keeps the highest' does not hold: expected no pruned weight that scores higher than a kept one; got one pruned at 1 and one kept at 0: [10].\nFound by seed 1, case ", caught.Message, StringComparison.Ordinal);
        Assert.Equal("MaskLaws.CheckChoice(choose, on: new MaskCase([2], [0f, -1f], [0f, 0f], 1))", caught.Code);
        Assert.Equal("MaskLaws.CheckChoice(choose, on = MaskCase([2L], [0.0f; -1.0f], [0.0f; 0.0f], 1L))", caught.CodeFSharp);

        // What it prints breaks the same law.
        var again = Assert.Throws<LawException>(() => MaskLaws.CheckChoice((layer, keep) => layer.Top(layer.Weight, keep), layer => layer.Weight.abs(), on: new MaskCase([2], [0f, -1f], [0f, 0f], 1)));
        Assert.Equal((caught.Law, caught.Got), (again.Law, again.Got));
    }

    [Fact]
    public void Check_ManyCases_GrowToTheSizeAskedFor()
    {
        var sizes = new List<long>();
        MaskLaws.CheckSparsity(
            (layer, sparsity) =>
            {
                sizes.Add(layer.Weight.numel());
                return MaskSet.Choose(layer, sparsity);
            },
            options: new(cases: 60, maxSize: 50));
        Assert.InRange(sizes[0], 1, 16);
        Assert.InRange(sizes.Max(), 30, 300);
    }

    [Fact]
    public void Check_TheSameSeed_FindsTheSameCase()
    {
        string Found(long seed) => Assert.Throws<LawException>(() => MaskLaws.CheckChoice((layer, keep) => layer.Top(layer.Weight.abs(), keep - 1), options: new(seed: seed))).Message;
        Assert.Equal(Found(5), Found(5));
    }
}
