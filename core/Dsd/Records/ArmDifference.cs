using System.Collections.Immutable;
using System.Globalization;
using Dsd.Schedules;
using Dsd.Statistics;

namespace Dsd.Records;

/// <summary>The difference of two arms of one seed in the main metric on test, with its interval over examples.</summary>
/// <remarks>The interval covers the choice of test examples, not seeds, of which there is one; a study covers seeds.</remarks>
public sealed record ArmDifference
{
    private ArmDifference(RunRecord first, RunRecord other, MetricValue under, MetricValue against)
    {
        (First, Other, Metric, Value) = (first.Arm, other.Arm, under.Metric, under.Value - against.Value);
        WithoutInterval = Obstacle(under, against, first.HasTheTestOf(other));
        if (WithoutInterval is not null)
        {
            return;
        }

        var (a, b) = (under.Outcomes!, against.Outcomes!);
        Examples = a.Count;
        if (a.Weights is null && IsYesOrNo(a.Values) && IsYesOrNo(b.Values))
        {
            Proportions = Count(a.Values, b.Values);
            Interval = Proportions.Interval();
            return;
        }

        Interval = PairedBootstrap.OverExamples(a.Doubles(), b.Doubles(), a.DoubleWeights());
        WithoutInterval = Interval is not null ? null
            : Examples < PairedBootstrap.Fewest ? FormattableString.Invariant($"fewer than {PairedBootstrap.Fewest} test examples")
            : "the arms differ equally on every example";
    }

    /// <summary>The arm whose value is the minuend.</summary>
    public string First { get; }

    /// <summary>The reference arm, whose value is subtracted.</summary>
    public string Other { get; }

    /// <summary>The metric.</summary>
    public Metric Metric { get; }

    /// <summary>The difference in units of the metric, finite.</summary>
    public double Value { get; }

    /// <summary>The number of examples of the interval; 0 without one.</summary>
    public int Examples { get; }

    /// <summary>The agreement of the arms if outcomes are 0 or 1, as for accuracies; null otherwise.</summary>
    public PairedProportions? Proportions { get; }

    /// <summary>The 95 % interval of the difference over the choice of examples; null if there is none.</summary>
    /// <remarks>By Newcombe's method for paired proportions if there are <see cref="Proportions"/>, else by <see cref="PairedBootstrap"/>.</remarks>
    public (double Low, double High)? Interval { get; }

    /// <summary>The reason why there is no interval; null if there is one.</summary>
    public string? WithoutInterval { get; }

    /// <summary>The method of the interval, e.g. <c>"Newcombe's method"</c>.</summary>
    public string Method => Proportions is not null ? "Newcombe's method" : FormattableString.Invariant($"bootstrap, {PairedBootstrap.Draws:N0} draws");

    /// <summary>Formats the difference, its interval and its limits as sentences, independent of culture.</summary>
    public override string ToString() => string.Join(' ', Sentences());

    /// <summary>Lists the sentences, each short enough for a line.</summary>
    internal IEnumerable<string> Sentences()
    {
        yield return $"{First} − {Other}: {Metric.ShowDifference(Value)} {Metric.DifferenceUnit} on test; {Metric.GoalText}.";
        if (WithoutInterval is not null)
        {
            yield return $"No interval over examples: {WithoutInterval}.";
            yield return "It is one seed: repeat with others before believing it.";
            yield break;
        }

        yield return string.Create(CultureInfo.InvariantCulture, $"95 % interval over {Examples:N0} test examples: {Metric.ShowInterval(Interval)} ({(Proportions is null ? "bootstrap" : Method)}).");
        if (Proportions is { } p)
        {
            var word = Metric.Goal switch
            {
                MetricGoal.Higher => "right",
                MetricGoal.Lower => "wrong",
                _ => "counted",
            };
            yield return p.McNemarPValue is { } chance
                ? string.Create(CultureInfo.InvariantCulture, $"{char.ToUpperInvariant(word[0])}{word[1..]} in one arm alone: {First} {p.FirstOnly:N0}, {Other} {p.SecondOnly:N0} (McNemar's exact test, p {PValue.Show(chance)}).")
                : $"No example is {word} in one arm alone.";
        }

        yield return "It covers examples, not seeds: repeat with others before believing it.";
    }

    /// <summary>Computes the difference of two runs; null if one of them was not measured on test, or is not a number there.</summary>
    internal static ArmDifference? Of(RunRecord first, RunRecord other, Metric metric) =>
        first.Test?.ValueOf(metric) is { } under && other.Test?.ValueOf(metric) is { } against && double.IsFinite(under.Value - against.Value)
            ? new(first, other, under, against)
            : null;

    private static string? Obstacle(MetricValue a, MetricValue b, bool isOfTheSameTest) =>
        !a.Metric.IsMeanOverExamples ? $"{a.Metric.Name} is not a mean over examples"
        : a.Outcomes is null || b.Outcomes is null ? a.Examples > ExampleOutcomes.Most || b.Examples > ExampleOutcomes.Most
            ? string.Create(CultureInfo.InvariantCulture, $"outcomes are kept of at most {ExampleOutcomes.Most:N0} examples, and there are {Math.Max(a.Examples ?? 0, b.Examples ?? 0):N0}")
            : "their outcomes were not recorded"
        : !isOfTheSameTest || !a.Outcomes.IsOfTheSameExamplesAs(b.Outcomes) ? "the arms were not measured on the same examples"
        : !a.Outcomes.AreFinite || !b.Outcomes.AreFinite ? "the outcome of an example is not a number"
        : null;

    private static bool IsYesOrNo(ImmutableArray<float> values) => !values.AsSpan().ContainsAnyExcept(0f, 1f);

    private static PairedProportions Count(ImmutableArray<float> a, ImmutableArray<float> b)
    {
        var counts = new int[4];
        for (var i = 0; i < a.Length; i++)
        {
            counts[(a[i] == 1 ? 0 : 2) + (b[i] == 1 ? 0 : 1)]++;
        }

        return new(counts[0], counts[1], counts[2], counts[3]);
    }
}
