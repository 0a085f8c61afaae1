using System.Reflection;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;

namespace Dsd.Tests;

/// <summary>What a notebook shows where Dsd.Charts is not at hand, as it is not beside these tests.</summary>
public sealed class NotebookFormatterTests
{
    public static TheoryData<Type> Types => new(typeof(Schedule), typeof(Plan), typeof(RunRecord), typeof(Comparison), typeof(PlanException));

    [Theory]
    [MemberData(nameof(Types))]
    public void Attribute_OfATypeThatIsShown_NamesTheFormatter(Type type)
    {
        var attribute = Assert.Single(type.GetCustomAttributes(), a => a.GetType().Name == "TypeFormatterSourceAttribute");
        Assert.Equal(typeof(NotebookFormatter), attribute.GetType().GetProperty("FormatterSourceType")!.GetValue(attribute));
    }

    [Fact]
    public void Format_WithoutCharts_IsTheTextEscaped()
    {
        Assert.False(File.Exists(Path.Combine(AppContext.BaseDirectory, "Dsd.Charts.dll")), "these tests must not have the charts at hand");
        var schedule = new Schedule([new Phase("a <b>'\"&", Duration.Steps(1), LearningRate.Constant(0.1))]);
        using var text = new StringWriter();
        var formatter = Assert.IsType<NotebookFormatter>(Assert.Single(NotebookFormatter.CreateTypeFormatters()));

        Assert.True(formatter.Format(schedule, text));

        Assert.Equal("text/html", formatter.MimeType);
        var html = text.ToString();
        Assert.StartsWith("<pre>Schedule: 1 phase\n", html);
        Assert.EndsWith("</pre>", html);
        Assert.DoesNotContain("<b>", html);
        Assert.Equal(schedule.Describe(), System.Net.WebUtility.HtmlDecode(html["<pre>".Length..^"</pre>".Length]));
    }
}
