using System.Globalization;
using System.Text;
using Dsd.Data;
using Dsd.Records;

namespace Dsd.Cli;

/// <summary>The summary at the end of a run: the comparison with its limits and data problems, baselines and timing.</summary>
internal static class Summary
{
    public static string Write(Experiment experiment, Comparison comparison, ValueList<(string Name, ValueList<MetricValue> Metrics)> baselines, long seed, double seconds, double stepsPerSecond, bool isResumed)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{experiment.Model.Name} on {experiment.Data.Name}, seed {seed}\n\n{comparison.Describe()}\n");
        if (baselines.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"Baselines without a network, on test:\n\n{Table(baselines)}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"{Time(seconds)} {(isResumed ? "since the run was continued" : "in total")}, {stepsPerSecond:0.0} steps per second, evaluations included.\n");
        return text.ToString();
    }

    private static TextTable Table(ValueList<(string Name, ValueList<MetricValue> Metrics)> baselines)
    {
        var metrics = baselines.SelectMany(b => b.Metrics.Select(m => m.Metric)).DistinctBy(m => m.Name).ToList();
        var table = new TextTable(["baseline", .. metrics.Select(m => ">" + m.Name)]);
        foreach (var baseline in baselines)
        {
            table.Row([baseline.Name, .. metrics.Select(m => m.Show(baseline.Metrics.FirstOrDefault(x => x.Name == m.Name)?.Value))]);
        }

        return table;
    }

    /// <summary>Formats a time, e.g. <c>"4 min 12 s"</c>, without insignificant parts.</summary>
    public static string Time(double seconds)
    {
        var time = TimeSpan.FromSeconds(Math.Ceiling(seconds));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{(time.TotalHours >= 1 ? $"{(long)time.TotalHours} h " : "")}{(time.TotalMinutes >= 1 ? $"{time.Minutes} min" : "")}{(time.TotalHours < 1 ? $"{(time.TotalMinutes >= 1 ? " " : "")}{time.Seconds} s" : "")}");
    }
}
