using System.Reflection;
using Dsd.Masks;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Testing.Tests;

/// <summary>The C# and the table of core/docs/laws.md are what is compiled, run and printed here.</summary>
public sealed class LawsPageTests
{
    private static readonly string s_root = typeof(LawsPageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "RepositoryRoot").Value!;
    private static readonly string s_page = File.ReadAllText(Path.Combine(s_root, "core/docs/laws.md")).ReplaceLineEndings("\n");

    [Fact]
    public void CSharp_OfThePage_HoldsEveryLaw()
    {
        // [laws]
        // A criterion: the highest scores stay.
        static Tensor Saliency(MaskContext layer) => layer.Weight.mul(layer.Gradient!).abs();
        Console.WriteLine(MaskLaws.CheckScore(Saliency));

        // The same criterion in whole trainings, over networks, optimisers and schedules.
        var methods = MaskMethods.None.WithCriterion("saliency", Saliency);
        MaskLaws.Check(new MaskRule(MaskCriterion.Custom("saliency")), methods, new LawOptions(cases: 20));

        // A distribution, and a pattern that claims to be 2:4 along the inputs.
        DistributionLaws.Check((layers, sparsity) => [.. layers.Select(_ => sparsity.Value)]);
        PatternLaws.Check(MaskPattern.NOfM(2, 4));

        // A training loop: an ITrainingLoop of four members; SessionLoop is the one of a Session.
        TrainingLaws.Check((plan, model, optimizer, given, seed) => new SessionLoop(plan, model, optimizer, given, seed), options: new LawOptions(cases: 10));
        // [/laws]
    }

    [Fact]
    public void CSharp_OfThePage_IsWhatIsCompiled()
    {
        var source = File.ReadAllText(Path.Combine(s_root, "tests/Dsd.Testing.Tests/LawsPageTests.cs")).ReplaceLineEndings("\n");
        var compiled = source.Split("// [laws]\n")[1].Split("        // [/laws]")[0];
        Assert.Contains($"```csharp\n{string.Join('\n', compiled.Split('\n').Select(line => line.Length > 8 ? line[8..] : ""))}```", s_page, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Tier", "slow")]
    public void Table_OfThePage_IsWhatTheBrokenRulesPrint() => Assert.Contains($"\n{BrokenRules.Table()}\n", s_page, StringComparison.Ordinal);
}
