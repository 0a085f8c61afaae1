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
    public void Records_AreOfWholeStudies() => Assert.All(RegimesPage.Regimes, regime =>
    {
        Assert.True(regime.Results.IsJudged);
        Assert.Empty(regime.Results.Gaps);
        Assert.Contains($"# Study {regime.Results.Plan.Study.Name}", Repository.Read($"{RegimesPage.Folder}/{regime.Results.Plan.Study.Name}/report.md"), StringComparison.Ordinal);
    });

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
}
