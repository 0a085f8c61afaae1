namespace Dsd.Records;

/// <summary>A measured value of a metric.</summary>
public sealed record MetricValue
{
    /// <summary>How far the mean of outcomes may lie from the value, relative to the larger of its size and 1: they are 32-bit numbers.</summary>
    private const double Tolerance = 1e-4;

    /// <summary>Creates a value; <see cref="Metric.Of"/> is the shorter way.</summary>
    /// <param name="metric">What was measured.</param>
    /// <param name="value">The value; a fraction of 1 where the metric is shown in percent.</param>
    /// <param name="examples">How many examples it was measured on, at least 1, or null where that is not told. Default null.</param>
    /// <param name="outcomes">The outcome of each of these examples, always in the same order; only of a mean over examples. Default null.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="examples"/> is below 1.</exception>
    /// <exception cref="ArgumentException">The metric is no mean over examples, or the outcomes are not as many as the examples, or their mean is not the value.</exception>
    public MetricValue(Metric metric, double value, long? examples = null, ExampleOutcomes? outcomes = null)
    {
        ArgumentNullException.ThrowIfNull(metric);
        if (examples is < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(examples), examples, $"'{metric.Name}' must be measured on at least one example.");
        }

        if (outcomes is not null)
        {
            Require(metric.IsMeanOverExamples, "is not declared as a mean over examples, so that no outcome an example belongs to it");
            Require(outcomes.Count == examples, FormattableString.Invariant($"was measured on {examples} examples, and has outcomes of {outcomes.Count}"));
            Require(
                !double.IsFinite(value) || Math.Abs(outcomes.Mean - value) <= Tolerance * Math.Max(1, Math.Abs(value)),
                FormattableString.Invariant($"is {value}, and the mean of its outcomes {outcomes.Mean}"));
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

    /// <summary>What was measured.</summary>
    public Metric Metric { get; }

    /// <summary>The name of the metric.</summary>
    public string Name => Metric.Name;

    /// <summary>The value; a fraction of 1 where the metric is shown in percent.</summary>
    public double Value { get; }

    /// <summary>How many examples it was measured on, or null where that is not told.</summary>
    public long? Examples { get; }

    /// <summary>The outcome of each example, or null where they were not kept.</summary>
    public ExampleOutcomes? Outcomes { get; }

    /// <summary>The name with the value as it is shown.</summary>
    public override string ToString() => $"{Name} {Metric.Show(Value)}";
}
