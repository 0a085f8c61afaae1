using System.Globalization;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Statistics;

namespace Dsd.Studies;

/// <summary>The interpretation of a study's differences as sentences that claim no more than is shown.</summary>
public static class StudyReadings
{
    /// <summary>The largest number of differences with one sentence each.</summary>
    private const int MostReadings = 12;

    private static readonly string[] s_verdicts = ["better", "worse", "higher", "lower"];

    /// <summary>Interprets each difference in a sentence.</summary>
    public static IEnumerable<string> Of(StudyResults results)
    {
        var metric = results.Metric;
        foreach (var contrast in results.Contrasts)
        {
            var who = $"{(contrast.Group.Length > 0 ? contrast.Group + ": " : "")}{contrast.First} − {contrast.Other}";
            if (contrast.Difference is not { HasSpread: true, Interval: { } interval, NoDifferenceLargerThan: { } margin } d)
            {
                yield return contrast.Difference?.Differences switch
                {
                    { StandardDeviation: 0 } equal => string.Create(CultureInfo.InvariantCulture, $"{who}: all {equal.Count} differences are equal ({metric.ShowDifference(equal.Mean)} {metric.DifferenceUnit}); there is no spread to judge by, and no statement."),
                    { Count: > 1 } => $"{who}: the differences are too large to compute with, and there is no statement.",
                    _ => $"{who}: too few pairs for any statement.",
                };
                continue;
            }

            if (contrast.AdjustedPValue is not { } p)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{who}: {metric.ShowDifference(d.Differences.Mean)} {metric.DifferenceUnit} on average (95 % interval over seeds {metric.ShowInterval(interval)}); {d.Differences.Count} pairs are too few for a verdict, which takes six.");
                continue;
            }

            var crossed = results.OverSeedsAndExamples(contrast);
            var beyond = crossed is { Low: <= 0, High: >= 0 } ? " On other examples there may be none." : "";
            yield return p < 0.05
                ? $"{who}: {contrast.First} is {metric.Verdict(d.Differences.Mean)} by {metric.ShowSize(Math.Abs(d.Differences.Mean))} {metric.DifferenceUnit} (95 % interval over seeds {metric.ShowInterval(interval)}{(crossed is null ? "" : $", over seeds × examples {metric.ShowInterval(crossed)}")}; p {PValue.Show(p)} over seeds, after correction).{beyond}"
                : $"{who}: no difference is shown (p {PValue.Show(p)} after correction); one larger than {metric.ShowSize(margin)} {metric.DifferenceUnit} is excluded at the 5 % level{(crossed is null ? "" : $" over seeds on this test set (over seeds × examples the 95 % interval is {metric.ShowInterval(crossed)})")}.";
        }

        if (LeftOut(results) is { } leftOut)
        {
            yield return leftOut;
        }
    }

    /// <summary>Interprets each difference in a sentence; if there are many over several groups, one sentence per reference arm.</summary>
    public static IEnumerable<string> Summary(StudyResults results)
    {
        if (results.Contrasts.Count <= MostReadings || results.Plan.Groups.Count == 1)
        {
            return Of(results);
        }

        return [.. results.Contrasts.GroupBy(c => c.Other).Select(g => Over(results.Metric, [.. g])), .. LeftOut(results) is { } leftOut ? [leftOut] : Array.Empty<string>()];
    }

    private static string Over(Metric metric, List<Contrast> contrasts)
    {
        var shown = contrasts.Where(c => c.AdjustedPValue < 0.05).ToLookup(c => metric.Verdict(c.Difference!.Differences.Mean));
        var rest = contrasts.Where(c => c.AdjustedPValue >= 0.05).ToList();
        var unjudged = contrasts.Count(c => c.AdjustedPValue is null);
        var parts = s_verdicts
            .Where(shown.Contains)
            .Select(word => string.Create(CultureInfo.InvariantCulture, $"{word} in {shown[word].Count()} of {contrasts.Count} groups, {Sizes(shown[word])}"))
            .ToList();
        var (first, other) = (contrasts[0].First, contrasts[0].Other);
        if (parts.Count > 0)
        {
            parts[0] = $"{first} is {parts[0]}";
        }

        if (rest.Count > 0)
        {
            var excluded = rest.Max(c => c.Difference!.NoDifferenceLargerThan);
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"no difference is shown in {(rest.Count == contrasts.Count ? "any of " : parts.Count > 0 ? "another " : "")}{rest.Count}; one larger than {metric.ShowSize(excluded)} {metric.DifferenceUnit} is excluded at the 5 % level in each"));
        }

        if (unjudged > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"no verdict on {unjudged} {(unjudged == 1 ? "group" : "groups")}: fewer than six pairs, or differences that are all equal"));
        }

        return $"{first} − {other}, after correction: {string.Join("; ", parts)}.";

        string Sizes(IEnumerable<Contrast> of)
        {
            var sorted = of.OrderBy(c => Math.Abs(c.Difference!.Differences.Mean)).ToList();
            var least = $"{metric.ShowSize(Math.Abs(sorted[0].Difference!.Differences.Mean))}";
            return sorted.Count == 1
                ? $"by {least} {metric.DifferenceUnit} ({sorted[0].Group})"
                : $"by {least} ({sorted[0].Group}) to {metric.ShowSize(Math.Abs(sorted[^1].Difference!.Differences.Mean))} {metric.DifferenceUnit} ({sorted[^1].Group})";
        }
    }

    private static string? LeftOut(StudyResults results) =>
        results.Contrasts.Any(c => c.LeftOut > 0) && results.IsJudged
            ? $"Pairs left out because an arm failed, was no finite number, or was forked from another checkpoint: {string.Join(", ", results.Contrasts.Where(c => c.LeftOut > 0).Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.First} − {c.Other} {c.LeftOut}")))}."
            : null;
}
