using System.Collections.Immutable;
using System.Globalization;
using Dsd.Studies.Statistics;

namespace Dsd.Records;

/// <summary>The main metric of one arm on test less that of another that was trained from the same seed, with what other examples might make of it.</summary>
/// <remarks>The interval covers the choice of test examples. It does not cover seeds, of which there is one: a study does.</remarks>
public sealed record ArmDifference
{
    private ArmDifference(string first, string other, MetricValue under, MetricValue against)
    {
        (First, Other, Metric, Value) = (first, other, under.Metric, under.Value - against.Value);
        WithoutInterval = Obstacle(under, against);
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
            : Examples < PairedBootstrap.Fewest ? FormattableString.Invariant($"{PairedBootstrap.Fewest} examples are the fewest for one")
            : "the examples have no spread to judge by";
    }

    /// <summary>The arm whose value it is.</summary>
    public string First { get; }

    /// <summary>The arm whose value is taken off.</summary>
    public string Other { get; }

    /// <summary>The metric.</summary>
    public Metric Metric { get; }

    /// <summary>The difference in units of the metric, finite.</summary>
    public double Value { get; }

    /// <summary>How many examples the interval is over; 0 without one.</summary>
    public int Examples { get; }

    /// <summary>How the arms agree, where the outcome of an example is 0 or 1, as of an accuracy; null elsewhere.</summary>
    public PairedProportions? Proportions { get; }

    /// <summary>The 95 % interval of the difference over the choice of examples; null where there is none.</summary>
    /// <remarks>By Newcombe's method for paired proportions where there are <see cref="Proportions"/>, else by <see cref="PairedBootstrap"/>.</remarks>
    public (double Low, double High)? Interval { get; }

    /// <summary>The reason for which there is no interval; null where there is one.</summary>
    public string? WithoutInterval { get; }

    /// <summary>The method of the interval, e.g. <c>"bootstrap"</c>.</summary>
    internal string Method => Proportions is not null ? "Newcombe's, for paired proportions" : FormattableString.Invariant($"bootstrap of {PairedBootstrap.Draws:N0} draws");

    /// <summary>The difference, its interval, and what it does not cover, in sentences; the same in every culture.</summary>
    public override string ToString()
    {
        var interval = Interval is not null
            ? string.Create(CultureInfo.InvariantCulture, $"Over the choice of {Examples:N0} test examples, the 95 % interval is {Metric.ShowInterval(Interval)} ({Method}){Agreement()}. It covers examples and not seeds, of which this is one: repeat with others before believing it.")
            : $"There is no interval over examples: {WithoutInterval}. It is one seed: repeat with others before believing it.";
        return $"{First} − {Other}: {Metric.ShowDifference(Value)} {Metric.DifferenceUnit} on test; {Metric.GoalText}. {interval}";
    }

    /// <summary>The difference of two runs; null where one of them was not measured on test, or is not a number there.</summary>
    internal static ArmDifference? Of(RunRecord first, RunRecord other, Metric metric) =>
        first.Test?.ValueOf(metric) is { } under && other.Test?.ValueOf(metric) is { } against && double.IsFinite(under.Value - against.Value)
            ? new(first.Arm, other.Arm, under, against)
            : null;

    private static string? Obstacle(MetricValue a, MetricValue b) =>
        !a.Metric.IsMeanOverExamples ? $"{a.Metric.Name} is no mean over examples"
        : a.Outcomes is null || b.Outcomes is null ? "the outcomes of the examples were not recorded"
        : !a.Outcomes.IsOfTheSameExamplesAs(b.Outcomes) ? "the arms were not measured on the same examples"
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

    private string Agreement()
    {
        if (Proportions is not { } p)
        {
            return "";
        }

        var word = Metric.Goal switch
        {
            MetricGoal.Higher => "right",
            MetricGoal.Lower => "wrong",
            _ => "counted",
        };
        return p.McNemarPValue is { } chance
            ? string.Create(CultureInfo.InvariantCulture, $"; {First} alone is {word} on {p.FirstOnly:N0}, {Other} alone on {p.SecondOnly:N0} (McNemar's exact test, p {PValue.Show(chance)})")
            : "; on each example both or neither is " + word;
    }
}
