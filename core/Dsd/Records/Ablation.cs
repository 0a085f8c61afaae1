using System.Globalization;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace Dsd.Records;

/// <summary>One setting at several values, each with the comparisons of its seeds: what the first arm gains over the last.</summary>
/// <remarks>It is judged on validation, since a setting is chosen by it; the test split stays unread.</remarks>
[TypeFormatterSource]
public sealed record Ablation
{
    /// <summary>Gathers comparisons.</summary>
    /// <param name="setting">What was varied, e.g. <c>"sparsity"</c>; not empty.</param>
    /// <param name="results">A value of it, as text, with the comparison of one seed; the same value comes once for each seed.</param>
    /// <exception cref="ArgumentException"><paramref name="setting"/> is empty, or a comparison has fewer than two arms.</exception>
    public Ablation(string setting, IEnumerable<(string Value, Comparison Seed)> results)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(setting);
        Setting = setting;
        Results = results.ToValueList();
        if (Results.Any(r => r.Seed.Runs.Count < 2))
        {
            throw new ArgumentException("Each comparison needs at least two arms, the one under test and its control.", nameof(results));
        }
    }

    /// <summary>What was varied.</summary>
    public string Setting { get; }

    /// <summary>Each value with the comparison of one seed.</summary>
    public ValueList<(string Value, Comparison Seed)> Results { get; }

    /// <summary>The values in the order in which they first come.</summary>
    public IEnumerable<string> Values => Results.Select(r => r.Value).Distinct();

    /// <summary>For each seed of a value, the main metric of the first arm on validation at the end, less that of the last arm.</summary>
    /// <param name="value">One of <see cref="Values"/>.</param>
    /// <returns>As the metric counts: for accuracy, fractions of examples. A seed of which an arm did not complete, or was not measured, is left out.</returns>
    public IReadOnlyList<double> Differences(string value) => [.. BySeed(value).Select(s => s.Difference)];

    /// <summary>The mean of the differences of a value with half the width of its 95 % confidence interval, from Student's t.</summary>
    /// <param name="value">One of <see cref="Values"/>.</param>
    /// <returns>Null without any seed; a half-width of null with fewer than two.</returns>
    public (double Mean, double? HalfWidth)? Mean(string value)
    {
        var differences = Differences(value);
        var n = differences.Count;
        return n == 0 ? null
            : n == 1 ? (differences[0], null)
            : (differences.Mean(), StudentT.InvCDF(0, 1, n - 1, 0.975) * differences.StandardDeviation() / Math.Sqrt(n));
    }

    /// <summary>The values as a Markdown table under a line that explains it; the same in every culture.</summary>
    public string Describe() => Results.Count == 0 ? "Nothing was compared.\n" : $"{Explain()}\n\n{Table()}";

    /// <inheritdoc cref="Describe"/>
    public override string ToString() => Describe();

    /// <summary>The differences with the seeds of their runs.</summary>
    internal IReadOnlyList<(long Seed, double Difference)> BySeed(string value) =>
    [
        .. Results.Where(r => r.Value == value && r.Seed.IsComplete)
            .Select(r => (r.Seed.Runs[0].Start!.Seed, Difference: Metric.In(r.Seed.Runs[0].Validation) - Metric.In(r.Seed.Runs[^1].Validation)))
            .Where(s => s.Difference is { } d && double.IsFinite(d))
            .Select(s => (s.Seed, s.Difference!.Value)),
    ];

    /// <summary>What the differences are.</summary>
    internal string Explain() => $"{Arms.First} − {Arms.Last}, {Metric.DifferenceUnit} on validation.";

    /// <summary>One row a value.</summary>
    internal TextTable Table()
    {
        var table = new TextTable(Setting, ">seeds", ">mean difference", ">95 % interval", ">seeds above 0");
        foreach (var value in Values)
        {
            var differences = Differences(value);
            var mean = Mean(value);
            table.Row(
                value,
                Whole(differences.Count),
                Metric.ShowDifference(mean?.Mean),
                mean is { HalfWidth: { } half } m ? $"{Metric.ShowDifference(m.Mean - half)} to {Metric.ShowDifference(m.Mean + half)}" : "–",
                Whole(differences.Count(d => d > 0)));
        }

        return table;

        static string Whole(int count) => count.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The metric that is compared.</summary>
    internal MainMetric Metric => MainMetric.Of(Results.SelectMany(r => r.Seed.Runs));

    /// <summary>The names of the arm under test and of the one that is taken off.</summary>
    internal (string First, string Last) Arms => (Results[0].Seed.Runs[0].Arm, Results[0].Seed.Runs[^1].Arm);
}
