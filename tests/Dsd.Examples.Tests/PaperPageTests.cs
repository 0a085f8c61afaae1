namespace Dsd.Examples.Tests;

/// <summary>The page on the paper's networks: its numbers are those of the networks' shapes and of the committed records.</summary>
public class PaperPageTests
{
    private const string Page = "core/Dsd.Models/README.md";

    [Fact]
    [Trait("Tier", "slow")]
    public void Page_HasTheNumbersOfShapesAndRecords()
    {
        var wanted = PaperPage.WithTables(Repository.Read(Page));
        if (Environment.GetEnvironmentVariable("DSD_UPDATE_EVIDENCE") is { Length: > 0 })
        {
            File.WriteAllText(Path.Combine(Repository.Root, Page), wanted);
        }

        Assert.True(wanted == Repository.Read(Page), $"{Page} is not as shapes and records say. Run: DSD_UPDATE_EVIDENCE=1 dotnet test tests/Dsd.Examples.Tests -c Release --filter PaperPageTests");
    }
}
