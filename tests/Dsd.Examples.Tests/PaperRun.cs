using System.Globalization;
using System.Text.Json;
using Dsd.Records;

namespace Dsd.Examples.Tests;

/// <summary>The record of a small run of one of the paper's networks, as <c>dsd train --json</c> wrote it.</summary>
internal sealed record PaperRun(
    Metric Metric, string Data, double Seconds, IReadOnlyList<string> Rates, IReadOnlyDictionary<string, double> Arms, IReadOnlyDictionary<string, double> Baselines)
{
    /// <summary>The arms that ended with no number, or no better than the weakest of the rules that need no network: their training collapsed.</summary>
    /// <remarks>A difference from such an arm says that training broke down, not what a mask does to it.</remarks>
    public IReadOnlyList<string> Collapsed => [.. Arms.Where(a => !Beats(a.Value, Baselines.Values, any: true)).Select(a => a.Key)];

    /// <summary>Whether every arm ended better than every rule that needs no network.</summary>
    public bool BeatsAllBaselines => Arms.Values.All(a => Beats(a, Baselines.Values, any: false));

    public static PaperRun Read(string path) => Parse(File.ReadAllText(path));

    public static PaperRun Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        var run = document.RootElement;
        var arms = Tests(run, "arms");
        var metric = run.TryGetProperty("metrics", out var declared)
            ? Declared(declared.EnumerateArray().First())
            : Metric.OfOldFile(arms[0].Test.EnumerateObject().First().Name);
        return new(metric, run.GetProperty("data").GetString()!, run.GetProperty("seconds").GetDouble(), RatesOf(run), Values(arms), Values(Tests(run, "baselines")));

        Dictionary<string, double> Values(List<(string Name, JsonElement Test)> tests) => tests.ToDictionary(t => t.Name, t => Number(t.Test, metric.Name));
    }

    /// <summary>The course of the rate in each phase of the first arm; empty in records that do not tell it.</summary>
    private static List<string> RatesOf(JsonElement run) =>
        [.. run.GetProperty("arms")[0].TryGetProperty("phases", out var phases) ? phases.EnumerateArray().Select(p => p.TryGetProperty("rate", out var rate) ? rate.GetString() : null).OfType<string>() : []];

    private static List<(string Name, JsonElement Test)> Tests(JsonElement run, string name) =>
        run.TryGetProperty(name, out var list) ? [.. list.EnumerateArray().Select(a => (a.GetProperty("name").GetString()!, a.GetProperty("test")))] : [];

    private static Metric Declared(JsonElement metric) => new(
        metric.GetProperty("name").GetString()!,
        Enum.Parse<MetricGoal>(metric.GetProperty("goal").GetString()!, ignoreCase: true),
        Enum.Parse<MetricScale>(metric.GetProperty("scale").GetString()!, ignoreCase: true),
        metric.GetProperty("unit").GetString()!,
        isMeanOverExamples: metric.GetProperty("meanOverExamples").GetBoolean());

    /// <summary>A measured number; what is not finite is written as text, and an arm that was not measured has none.</summary>
    private static double Number(JsonElement test, string name) =>
        test.ValueKind != JsonValueKind.Object || !test.TryGetProperty(name, out var value) ? double.NaN
        : value.ValueKind == JsonValueKind.Number ? value.GetDouble()
        : double.Parse(value.GetString()!, CultureInfo.InvariantCulture);

    private bool Beats(double value, IEnumerable<double> rules, bool any)
    {
        var beaten = rules.Select(r => Metric.Gain(value - r) > 0).ToList();
        return double.IsFinite(value) && (beaten.Count == 0 || (any ? beaten.Contains(true) : !beaten.Contains(false)));
    }
}
