using Dsd.Studies;

namespace Dsd.Examples.Tests;

/// <summary>The evidence page: its numbers are those of the committed trials, and no study is left out.</summary>
public class EvidenceTests
{
    [Fact]
    public void Page_HasTheNumbersOfTheTrials()
    {
        const string Path = "notebooks/evidence/README.md";
        var wanted = Evidence.WithTables(Repository.Read(Path));
        if (Environment.GetEnvironmentVariable("DSD_UPDATE_EVIDENCE") is { Length: > 0 })
        {
            File.WriteAllText(System.IO.Path.Combine(Repository.Root, Path), wanted);
        }

        Assert.True(wanted == Repository.Read(Path), $"{Path} is not as the trials say. Run: DSD_UPDATE_EVIDENCE=1 dotnet test tests/Dsd.Examples.Tests -c Release --filter EvidenceTests");
    }

    [Fact]
    public void Studies_CanBeRead_AndHaveTheirReports()
    {
        Assert.NotEmpty(Evidence.Studies);
        foreach (var name in Evidence.Studies)
        {
            var study = Study.FromJson(Repository.Read($"notebooks/evidence/studies/{name}.json"));
            Assert.Equal(name, study.Name);
            Assert.True(study.Seeds.Count >= 8);
            Assert.Contains($"# Study {name}", Repository.Read($"notebooks/evidence/{name}/report.md"), StringComparison.Ordinal);
        }
    }
}
