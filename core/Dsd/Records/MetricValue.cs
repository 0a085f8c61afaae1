namespace Dsd.Records;

/// <summary>A measured value of a metric.</summary>
public sealed record MetricValue
{
    /// <summary>The tolerance between the value and the mean of its outcomes, which are 32-bit numbers, relative to the larger of its magnitude and 1.</summary>
    private const double Tolerance = 1e-4;

    /// <summary>Creates a value; <see cref="Metric.Of"/> is shorter.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="value">The value; a fraction in [0, 1] for percentages.</param>
    /// <param name="examples">The number of measured examples, at least 1. Default null: unknown.</param>
    /// <param name="outcomes">The outcome of each of these examples, always in the same order; only of a mean over examples. Default null.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="examples"/> is below 1.</exception>
    /// <exception cref="ArgumentException">The metric is not a mean over examples, the number of outcomes is not that of the examples, or their mean is not the value.</exception>
    public MetricValue(Metric metric, double value, long? examples = null, ExampleOutcomes? outcomes = null)
    {
        ArgumentNullException.ThrowIfNull(metric);
        if (examples is < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(examples), examples, $"'{metric.Name}' must be measured on at least one example.");
        }

        if (outcomes is not null)
        {
            Require(metric.IsMeanOverExamples, "is not declared as a mean over examples, so it has no outcomes per example");
            Require(outcomes.Count == examples, FormattableString.Invariant($"was measured on {examples} examples, but has {outcomes.Count} outcomes"));
            Require(
                !double.IsFinite(value) || Math.Abs(outcomes.Mean - value) <= Tolerance * Math.Max(1, Math.Abs(value)),
                FormattableString.Invariant($"is {value}, but the mean of its outcomes is {outcomes.Mean}"));
        }

        (Metric, Value, Examples, Outcomes) = (metric, value, examples, outcomes);

        void Require(bool holds, string problem)
        {
            if (!holds)
            {
                throw new ArgumentException($"'{metric.Name}' {problem}.", nameof(outcomes));
            }
        }
    }

    /// <summary>The metric.</summary>
    public Metric Metric { get; }

    /// <summary>The name of the metric.</summary>
    public string Name => Metric.Name;

    /// <summary>The value; a fraction in [0, 1] for percentages.</summary>
    public double Value { get; }

    /// <summary>The number of measured examples; null if unknown.</summary>
    public long? Examples { get; }

    /// <summary>The outcome of each example; null if they were not kept.</summary>
    public ExampleOutcomes? Outcomes { get; }

    /// <summary>Formats the name and the value.</summary>
    public override string ToString() => $"{Name} {Metric.Show(Value)}";
}
