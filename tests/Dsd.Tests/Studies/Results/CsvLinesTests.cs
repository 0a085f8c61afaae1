using Dsd.Studies;
using FsCheck.Xunit;

namespace Dsd.Tests.Studies;

public class CsvLinesTests
{
    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0")]
    [InlineData("-2+3", "'-2+3")]
    [InlineData("@SUM(A1,A2)", "\"'@SUM(A1,A2)\"")]
    [InlineData("\tx", "'\tx")]
    [InlineData("＝1", "'＝1")]
    [InlineData("'=1", "''=1")]
    [InlineData("''", "'''")]
    [InlineData("-0.25", "-0.25")]
    [InlineData("+1e-3", "+1e-3")]
    [InlineData("'quoted'", "'quoted'")]
    [InlineData("a,\"b\"", "\"a,\"\"b\"\"\"")]
    public void Cell_ThatCouldBeAFormula_IsMarkedAsTextAndReadsAsItWas(string text, string expected)
    {
        Assert.Equal(expected, CsvLines.Cell(text));
        Assert.Equal(["x", text], Assert.Single(CsvLines.Of($"x,{CsvLines.Cell(text)}\n")).Cells);
    }

    [Property]
    public void Of_CellsOfAnyText_AreTheTexts(string?[] texts)
    {
        string[] cells = ["first", .. texts.Select(t => t ?? "")];
        var line = Assert.Single(CsvLines.Of(string.Join(',', cells.Select(CsvLines.Cell)) + "\n"));
        Assert.Equal(cells, line.Cells);
    }

    [Fact]
    public void ToCsv_OfNamesThatAreFormulas_HasNoneAndReadsBack()
    {
        var plan = StudyPlan.Resolve(ToyTrials.Study(seeds: [1], variants: [new StudyVariant("=1+1", ToyTrials.Schedule(0.3)), new StudyVariant("@x", ToyTrials.Schedule(0.5))]), new ToyTrials());
        var csv = StudyResults.Of(plan, true, []).ToCsv();
        Assert.DoesNotContain(",=", csv, StringComparison.Ordinal);
        Assert.Empty(StudyResults.FromCsv(plan, csv).Trials);
    }
}
