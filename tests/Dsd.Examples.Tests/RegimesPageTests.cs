using Dsd.Records;
using Dsd.Statistics;
using Dsd.Studies;

namespace Dsd.Examples.Tests;

/// <summary>The page on regimes: every study can be planned, and the numbers are those of the records.</summary>
public class RegimesPageTests
{
    [Fact]
    public void Studies_CanBePlanned_AndAreOnThePage() => Assert.All(RegimesPage.Studies, name =>
    {
        var study = RegimesPage.PlanOf(name).Study;

        Assert.Equal(name, study.Name);
        Assert.True(study.Seeds.Count >= 12);
        Assert.True(study.EvaluateTrain);
        Assert.Contains($"(studies/{name}.json)", Repository.Read(RegimesPage.Path), StringComparison.Ordinal);
    });

    [Fact]
    [Trait("Tier", "slow")]
    public void Records_AreOfWholeStudies() => Assert.All(RegimesPage.Studies, study =>
    {
        var results = RegimesPage.ResultsOf(study);

        Assert.True(results.IsJudged);
        Assert.Empty(results.Gaps);
        Assert.Contains($"# Study {study}", Repository.Read($"{RegimesPage.Folder}/{study}/report.md"), StringComparison.Ordinal);
    });

    [Fact]
    public void Readme_HasTheNumbersOfTheRecords()
    {
        var readme = Repository.Read("README.md");

        Assert.Contains(RegimesPage.Accuracy("noise-20", 0.9, "dsd"), readme, StringComparison.Ordinal);
        Assert.Contains(RegimesPage.Accuracy("noise-20", 0.8, "random-mask"), readme, StringComparison.Ordinal);
        Assert.Contains(RegimesPage.Accuracy("noise-20", 0.5, "dsd"), readme, StringComparison.Ordinal);
        Assert.Contains(RegimesPage.Accuracy("noise-10", 0.9, "dsd"), readme, StringComparison.Ordinal);
        Assert.Contains(RegimesPage.Accuracy("noise-10", 0.8, "dsd"), readme, StringComparison.Ordinal);
        var rivals = RegimesPage.ResultsOf("rivals-clean");
        Assert.Contains(RegimesPage.Cell(rivals, rivals.Plan.Groups[0], "dsd", "control", rivals.Metric, ""), readme, StringComparison.Ordinal);
    }

    /// <summary>With every gate met, dsd differs from no rival on clean examples.</summary>
    [Fact]
    public void CleanExamples_ShowNoDifferenceBetweenDsdAndItsRivals()
    {
        var results = RegimesPage.ResultsOf("rivals-clean");

        Assert.All(results.Gates, g => Assert.True(g.IsMet));
        Assert.Equal(10, results.Contrasts.Count(c => c.First == "dsd" && c.Phase.Length == 0));
        Assert.DoesNotContain(results.Contrasts, c => c.AdjustedPValue < 0.05);
    }

    /// <summary>With 10 % wrong labels dsd helps at 90 % sparsity and costs accuracy at 80 %; both are shown, with every gate met.</summary>
    [Fact]
    public void TenPercentOfWrongLabels_AreHelpedByTheStrongestMaskAlone()
    {
        var results = RegimesPage.ResultsOf("noise-10");

        Assert.InRange(Shown(results, RegimesPage.Group(0.9)), 0.006, 0.008);
        Assert.InRange(Shown(results, RegimesPage.Group(0.8)), -0.003, -0.001);
    }

    /// <summary>At the paper's rates no mask gains accuracy on clean examples.</summary>
    [Theory]
    [InlineData("small")]
    [InlineData("clean")]
    [InlineData("full")]
    [InlineData("resnet-clean")]
    public void CleanExamples_HaveNoMaskThatGainsAccuracyAtThePapersRates(string study)
    {
        var results = RegimesPage.ResultsOf(study);

        Assert.All(
            from arm in new[] { RegimesPage.Dsd, RegimesPage.Random, RegimesPage.EqualNorm }
            from masked in results.Plan.Groups
            where !masked.Contains("rates", StringComparison.Ordinal) || masked.EndsWith("× 1", StringComparison.Ordinal)
            select RegimesPage.Difference(results, masked, arm, RegimesPage.Control, results.Metric, ""),
            difference => Assert.True(difference.Interval!.Value.Low < 0));
    }

    /// <summary>On all examples dsd at ten times the later rates is better than its control on test, but not than the control that validation chooses; at the end validation shows no difference.</summary>
    [Fact]
    public void AllExamples_HaveNoGainOverTheBestControl()
    {
        var results = RegimesPage.ResultsOf("full");
        var (readme, page) = (Repository.Read("README.md"), Repository.Read(RegimesPage.Path));
        var (half, halfFast) = (RegimesPage.Group(0.5), RegimesPage.Group(0.5, 10));

        Assert.Equal("+0.11", results.Metric.ShowDifference(Shown(results, RegimesPage.Group(0.3, 10))));
        Assert.Equal("+0.17", results.Metric.ShowDifference(Shown(results, halfFast)));
        Assert.Equal("−0.09", results.Metric.ShowDifference(Shown(results, half)));
        IsOn(readme, RegimesPage.Effect("full", 0.5, RegimesPage.Dsd, rates: 10));
        IsNotShown(page, RegimesPage.Effect("full", 0.5, RegimesPage.EqualNorm, rates: 10));
        Assert.Equal("−0.17", results.Metric.ShowDifference(Between(RegimesPage.Control, halfFast, RegimesPage.Control, half, DataSplit.Test).Differences.Mean));

        var (chosen, control) = (Best(RegimesPage.Dsd), Best(RegimesPage.Control));
        Assert.Equal((halfFast, RegimesPage.Group(0.3, 3)), (chosen, control));
        IsNotShown(page, Between(RegimesPage.Dsd, chosen, RegimesPage.Control, control, DataSplit.Test));
        IsNotShown(readme, Between(RegimesPage.Dsd, chosen, RegimesPage.Control, control, DataSplit.Test));

        IsNotShown(page, OnValidation(RegimesPage.Group(0.3, 10)));
        IsNotShown(page, OnValidation(halfFast));
        IsNotShown(readme, OnValidation(halfFast));
        IsNotShown(page, OnValidation(half));
        IsNotShown(page, Between(RegimesPage.Control, halfFast, RegimesPage.Control, half, DataSplit.Validation));
        IsOn(page, OnValidation(halfFast, "sparse"));

        PairedDifference OnValidation(string masked, string phase = "redense") => Between(RegimesPage.Dsd, masked, RegimesPage.Control, masked, DataSplit.Validation, phase);
        string Best(string arm) => results.Plan.Groups.MaxBy(g => results.Values(g, arm, results.Metric, DataSplit.Validation, "redense").Values.Average())!;
        PairedDifference Between(string first, string masked, string other, string beside, DataSplit split, string phase = "redense")
        {
            var after = split == DataSplit.Test ? "" : phase;
            return RegimesPage.Between(results.Values(masked, first, results.Metric, split, after), results.Values(beside, other, results.Metric, split, after));
        }

        void IsOn(string text, PairedDifference difference) => Assert.Contains(difference.Show(results.Metric), text, StringComparison.Ordinal);
        void IsNotShown(string text, PairedDifference difference)
        {
            Assert.True(difference.Interval!.Value is { Low: < 0, High: > 0 });
            IsOn(text, difference);
        }
    }

    /// <summary>Over its first phase dsd gains on clean examples no more than the control does.</summary>
    [Theory]
    [InlineData("full", 0.3, 1)]
    [InlineData("clean", 0.5, 10)]
    public void CleanExamples_GainOverTheFirstPhaseWithoutAMaskAsWell(string study, double sparsity, int rates)
    {
        var results = RegimesPage.ResultsOf(study);
        var (dsd, control) = (Gain(RegimesPage.Dsd), Gain(RegimesPage.Control));

        Assert.True(dsd.Interval!.Value.Low > 0);
        Assert.True(control.Differences.Mean > dsd.Differences.Mean - 0.0001);
        Assert.All(new[] { dsd, control }, gain => Assert.Contains(gain.Show(results.Metric), Repository.Read(RegimesPage.Path), StringComparison.Ordinal));

        PairedDifference Gain(string arm) => RegimesPage.OverFirstPhase(results, RegimesPage.Group(sparsity, rates), arm, results.Metric);
    }

    /// <summary>At the paper's rates every mask of dsd in the regimes lowers the loss, but for the weakest on all examples; at ten times the later rates most raise it.</summary>
    [Fact]
    public void Loss_IsLowerAtThePapersRatesAndMostlyHigherAtTenTimesThose()
    {
        Assert.Equal([("full", 0.3)], Losses(1).Where(l => l.High >= 0).Select(l => (l.Study, l.Sparsity)));
        Assert.True(Losses(1).First(l => (l.Study, l.Sparsity) == ("full", 0.3)).Low < 0);
        Assert.Equal((24, 19, 3), (Losses(10).Count, Losses(10).Count(l => l.Low > 0), Losses(10).Count(l => l.High < 0)));

        static List<(string Study, double Sparsity, double Low, double High)> Losses(int rates) =>
        [
            .. from regime in RegimesPage.Regimes
               let study = regime.Results.Plan.Study.Name
               from sparsity in RegimesPage.Sparsities
               let interval = RegimesPage.Effect(study, sparsity, RegimesPage.Dsd, Metric.Loss, rates).Interval!.Value
               select (study, sparsity, interval.Low, interval.High),
        ];
    }

    /// <summary>With every gate met, other sparse methods differ from dsd on clean examples by nothing that is shown.</summary>
    [Fact]
    public void CleanExamples_ShowNoDifferenceBetweenDsdAndTheFamily()
    {
        var results = RegimesPage.ResultsOf("family-clean");

        Assert.All(results.Gates, g => Assert.True(g.IsMet));
        Assert.Equal(["control", "random-mask"], results.Contrasts.Where(c => c.AdjustedPValue < 0.05).Select(c => c.Other));
    }

    /// <summary>With wrong labels, the control after ten epochs of the first phase is better than any mask after a hundred.</summary>
    [Fact]
    public void WrongLabels_AreBetterMetByAShorterFirstPhaseThanByAnyMask()
    {
        var results = RegimesPage.ResultsOf("length-noise");

        Assert.All(
            from arm in new[] { "dsd", "random-mask" } from percent in new[] { 50, 80 } select Mean($"100 epochs, {percent} %", arm),
            mean => Assert.True(mean < Mean("10 epochs, 50 %", "control") - 0.01));

        double Mean(string group, string arm) => results.Values(group, arm, results.Metric, results.Split).Values.Average();
    }

    /// <summary>NeuralTalk had converged and its sparse phase did not recover; no difference from its control, or from its first phase, can be seen.</summary>
    [Fact]
    public void NeuralTalk_HasNoGainOverItsControlOrItsFirstPhase()
    {
        var results = RegimesPage.ResultsOf("neural-talk");
        var metric = results.Metric;

        Assert.Equal(["recovered"], results.Gates.Where(g => g.IsMet != true).Select(g => g.Gate));
        var difference = OverControl(results, results.Plan.Groups.Single()).Difference!;
        Assert.True(difference.Interval!.Value is { Low: < 0, High: > 0 });
        Assert.All(new[] { "README.md", RegimesPage.Path }, path => Assert.Contains(difference.Show(metric), Repository.Read(path), StringComparison.Ordinal));
        var gain = RegimesPage.OverFirstPhase(results, results.Plan.Groups.Single(), RegimesPage.Dsd, metric);
        Assert.InRange(gain.Differences.Mean, 0, 0.001);
        Assert.Contains(gain.Show(metric), Repository.Read(RegimesPage.Path), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Tier", "slow")]
    public void Page_HasTheNumbersOfTheRecords()
    {
        var wanted = RegimesPage.WithTables(Repository.Read(RegimesPage.Path));
        if (Environment.GetEnvironmentVariable("DSD_UPDATE_EVIDENCE") is { Length: > 0 })
        {
            File.WriteAllText(Path.Combine(Repository.Root, RegimesPage.Path), wanted);
        }

        Assert.True(wanted == Repository.Read(RegimesPage.Path), $"{RegimesPage.Path} is not as the records say. Run: DSD_UPDATE_EVIDENCE=1 dotnet test tests/Dsd.Examples.Tests -c Release --filter RegimesPageTests");
    }

    /// <summary>Dsd less its control at the end on test.</summary>
    private static Contrast OverControl(StudyResults results, string group) => results.Contrasts.Single(c => (c.Group, c.Other, c.Phase) == (group, RegimesPage.Control, ""));

    /// <summary>The mean of that difference, where it is shown with every gate met.</summary>
    private static double Shown(StudyResults results, string group)
    {
        var contrast = OverControl(results, group);
        Assert.True(contrast.AdjustedPValue < 0.05);
        Assert.All(results.Gates.Where(g => g.Group == group), g => Assert.True(g.IsMet));
        return contrast.Difference!.Differences.Mean;
    }
}
