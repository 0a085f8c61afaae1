using Dsd.Schedules;

namespace Dsd.Examples.Tests;

/// <summary>core/docs/methods.md: its table is what the methods are.</summary>
public class MethodsPageTests
{
    private static readonly string s_page = Repository.Read("core/docs/methods.md");

    [Fact]
    public void Table_OfThePage_IsThatOfTheMethods()
    {
        var rows = Method.All.Select(Row).Prepend("|---|---|---|---|---|").Prepend("| method | what it does | phases | masks | source |");

        Assert.Equal(rows, s_page.Split('\n').Where(line => line.StartsWith('|')));
        Assert.All(Method.LeftOut.Keys, name => Assert.Contains(name.ToUpperInvariant(), s_page, StringComparison.Ordinal));
    }

    [Fact]
    public void Page_IsLinked()
    {
        Assert.Contains("(methods.md)", Repository.Read("core/docs/index.md"), StringComparison.Ordinal);
        Assert.Contains("(docs/methods.md)", Repository.Read("core/README.md"), StringComparison.Ordinal);
    }

    private static string Row(Method method)
    {
        var isCurve = method.Parameters.First(p => p.Name == "rate").Type == typeof(LearningRate);
        var schedule = method.Create(new Dictionary<string, object?> { ["duration"] = Duration.Epochs(12), ["rate"] = isCurve ? LearningRate.Cosine(0.02) : 0.02 });
        var names = schedule.Phases.Select(p => p.Name).ToList();
        var phases = names.Count <= 5 ? string.Join(", ", names) : $"{string.Join(", ", names.Take(3))}, … {names[^1]}";
        var masks = schedule.Phases.Where(p => !p.IsDense).Select(p => p.MaskText + (p.Rewind is null ? "" : $"; {p.Rewind}")).ToList();
        return $"| `{method.Name}` | {method.Summary.Replace("|", "\\|", StringComparison.Ordinal)} | {phases} | {(masks.Count == 0 ? "none" : masks[^1])} | {method.Source} |";
    }
}
