using System.Text.RegularExpressions;
using Dsd.Data;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Studies;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Examples.Tests;

/// <summary>The guides under core/docs: their C# and F# run, their commands have the options that they use, and the index names them.</summary>
[Trait("Tier", "slow")]
public sealed partial class GuideTests
{
    private static readonly string[] s_guides = ["first-run", "own-network", "own-method", "studies", "training-on-a-gpu", "cluster", "reading-a-report"];

    public static TheoryData<string> Guides() => [.. s_guides];

    [Fact]
    public void CSharp_OnThePages_IsTheCodeThatIsRunHere() => Assert.Equal(
        new[] { "pictures", "network", "train network", "method", "gpu" }.Select(name => Repository.Region("GuideSnippets.cs", name)),
        s_guides.SelectMany(guide => Repository.Blocks(Page(guide), "csharp")));

    [Fact]
    public void OwnNetwork_InBothLanguages_GivesTheSameDigits()
    {
        using var folder = new TempFolder();
        var result = GuideSnippets.OwnNetwork();

        Assert.Equal([512, 0], result.Runs[0].Phases[1].End!.Layers.Where(l => l.Parameter.EndsWith("weight", StringComparison.Ordinal)).Select(l => l.Weights - l.Kept));
        Assert.Contains(result.Describe(), Repository.RunFSharp(folder, Repository.Blocks(Page("own-network"), "fsharp")[0]));
    }

    [Fact]
    public void OwnMethod_InBothLanguages_IsUsed()
    {
        using var folder = new TempFolder();
        using var model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1));
        var inputs = randn(300, 8);
        var (train, validation, test) = Training.Examples.Of(inputs, inputs.sum(1, keepdim: true)).Split(train: 0.7, validation: 0.15, test: 0.15);
        var result = GuideSnippets.OwnMethod(model, SupervisedTask.Of(train, validation, test, LossFunction.MeanSquaredError, batchSize: 64, seed: 1));

        Assert.Contains("saliency", result.Runs[0].Start!.Schedule.Phases[1].Mask.Criterion.ToString(), StringComparison.Ordinal);
        Assert.Matches(@"\| dsd +\|.*\n\| control +\|", Repository.RunFSharp(folder, Repository.Blocks(Page("own-method"), "fsharp")[0]));
    }

    [Fact]
    public void Json_OfStudies_IsAStudyThatCanBePlanned()
    {
        var plan = StudyPlan.Resolve(Study.FromJson(Assert.Single(Repository.Blocks(Page("studies"), "json"))), new CatalogTrials());
        Assert.Equal((3, 4), (plan.Study.Variants.Count, plan.Study.Arms.Count));
    }

    [Fact]
    public void FSharp_OnAGpu_Compiles()
    {
        using var folder = new TempFolder();
        var line = Assert.Single(Repository.Blocks(Page("training-on-a-gpu"), "fsharp"));
        Repository.RunFSharp(folder, $"#load \"scripts/dsd.fsx\"\nopen TorchSharp\nlet model = torch.nn.Linear(1L, 1L)\nif torch.cuda.is_available () then\n    {line}");
    }

    [SkippableFact]
    public void Pictures_OfTheFirstRun_AreSaved()
    {
        Skip.If(Browser.Path is null, Browser.Missing);
        using var folder = new TempFolder();
        using var model = nn.Sequential(nn.Linear(8, 1));
        var inputs = randn(300, 8);
        var (train, validation, test) = Training.Examples.Of(inputs, inputs.sum(1, keepdim: true)).Split(train: 0.7, validation: 0.15, test: 0.15);
        var schedule = Schedule.Dsd(Duration.Steps(2), Duration.Steps(2), Duration.Steps(2), 0.5, 0.01);
        var task = SupervisedTask.Of(train, validation, test, LossFunction.MeanSquaredError, batchSize: 64, seed: 1);
        Comparison result = FairComparison.Run([Arm.Dsd(schedule)], model, task, new TrainerSettings(seed: 1));

        GuideSnippets.SavePictures(result, folder.Root);

        Assert.Superset(new HashSet<string> { "curves.svg", Path.Combine("pictures", "02-learning-curves.svg") }, folder.Entries().ToHashSet());
    }

    [Theory]
    [MemberData(nameof(Guides))]
    public void Commands_OfAGuide_HaveTheOptionsThatItUses(string guide)
    {
        var commands = Repository.Blocks(Page(guide), "bash").SelectMany(b => Command().Matches(b)).ToList();
        Assert.All(commands, command =>
        {
            var name = Names().Match(command.Value).Value.Split(' ')[1..];
            var (exit, help, error) = Repository.Run("dotnet", [Path.Combine(Repository.CliFolder, "Dsd.Cli.dll"), .. name, "--help"]);
            Assert.True(exit == 0, $"{command.Value}: {error}");
            Assert.All(Option().Matches(command.Value.Replace("--sbatch=--", "--sbatch=", StringComparison.Ordinal)), option => Assert.Contains($" {option.Groups[1].Value} ", help.Replace(",", " ", StringComparison.Ordinal), StringComparison.Ordinal));
        });
    }

    [Theory]
    [MemberData(nameof(Guides))]
    public void Guide_IsShortAndLinked(string guide)
    {
        Assert.InRange(Page(guide).Split(' ', '\n').Count(word => word.Length > 0), 100, 900);
        Assert.Contains($"]({guide}.md)", Repository.Read("core/docs/index.md"), StringComparison.Ordinal);
    }

    [Fact]
    public void Pictures_OfTheGuides_AreSmall() =>
        Assert.InRange(Directory.GetFiles(Path.Combine(Repository.Root, "core/docs/pictures"), "*.svg").Sum(f => new FileInfo(f).Length), 1, 400_000);

    private static string Page(string guide) => Repository.Read($"core/docs/{guide}.md");

    [GeneratedRegex(@"^(?:\w+=\S+ )*dsd [^#\n]+", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex(@"dsd (?:study \w+|\w+)")]
    private static partial Regex Names();

    [GeneratedRegex(@" (--[a-z-]+)")]
    private static partial Regex Option();
}
