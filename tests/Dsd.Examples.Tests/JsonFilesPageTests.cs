using System.Text.RegularExpressions;
using Dsd.Schedules;
using Dsd.Studies;

namespace Dsd.Examples.Tests;

/// <summary>core/docs/json-files.md: what it shows is read, and it names every field that the code reads.</summary>
public sealed partial class JsonFilesPageTests
{
    private static readonly string s_page = Repository.Read("core/docs/json-files.md");

    [Fact]
    public void Examples_OnThePage_AreRead()
    {
        var blocks = Repository.Blocks(s_page, "json");
        var schedule = new Schedule(
        [
            new Phase("dense", Duration.Epochs(6), LearningRate.Cosine(0.05, 0.005)),
            new Phase("sparse", Duration.Steps(500), LearningRate.Constant(0.005), SparsityCurve.Constant(0.3), layers: LayerScope.Default.Keep("conv1").Set("fc*", 0.5)),
            new Phase("dense 2", Duration.Epochs(6), LearningRate.Constant(0.0005)),
        ]);
        Assert.Equal(schedule, Schedule.FromJson(blocks[0]));
        Assert.Equal(Methods.Rigl(Duration.Epochs(10), LearningRate.Cosine(0.1)), Schedule.FromJson(blocks[1]));
        Assert.Equal((3, 8), (Study.FromJson(blocks[2]).Variants.Count, Study.FromJson(blocks[2]).Seeds.Count));
    }

    [Theory]
    [InlineData("core/Dsd/Schedules/ScheduleJson.cs")]
    [InlineData("core/Dsd/Schedules/Methods/MethodJson.cs")]
    [InlineData("core/Dsd/Schedules/Masking/MaskRuleJson.cs")]
    [InlineData("core/Dsd/Schedules/Masking/MaskPatternJson.cs")]
    [InlineData("core/Dsd/Studies/Definition/StudyJson.cs")]
    public void Fields_OfTheCode_AreOnThePage(string file)
    {
        var fields = Fields().Matches(Repository.Read(file)).SelectMany(call => Word().Matches(call.Value)).Select(w => w.Groups[1].Value).Distinct().ToList();
        Assert.NotEmpty(fields);
        Assert.All(fields, field => Assert.True(IsOnThePage(field), $"{field} is missing"));
    }

    private static bool IsOnThePage(string field) => s_page.Contains($"{field}`", StringComparison.Ordinal) || s_page.Contains($"\"{field}\"", StringComparison.Ordinal);

    [GeneratedRegex(@"\.Fields\([^)]*\)")]
    private static partial Regex Fields();

    [GeneratedRegex("\"(\\w+)\"")]
    private static partial Regex Word();
}
