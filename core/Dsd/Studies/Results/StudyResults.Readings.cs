using System.Globalization;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Statistics;

namespace Dsd.Studies;

/// <content>The interpretation of the differences as sentences that claim no more than is shown.</content>
public sealed partial record StudyResults
{
    /// <summary>The largest number of differences with one sentence each.</summary>
    private const int MostReadings = 12;

    private static readonly string[] s_verdicts = ["better", "worse", "higher", "lower"];

    /// <summary>Interprets each difference in a sentence.</summary>
    internal IEnumerable<string> EachReading()
    {
        foreach (var contrast in Contrasts)
        {
            var who = $"{(contrast.Group.Length > 0 ? contrast.Group + ": " : "")}{contrast.First} − {contrast.Other}{After(contrast)}";
            if (contrast.NotTestable is { } reason)
            {
                // A group is explained once.
                if (Contrasts.First(c => c.Group == contrast.Group) == contrast)
                {
                    yield return $"{(contrast.Group.Length > 0 ? contrast.Group + ": n" : "N")}ot testable here: {reason}.";
                }

                continue;
            }

            if (contrast.Difference is not { HasSpread: true, Interval: { } interval, NoDifferenceLargerThan: { } margin } d)
            {
                yield return contrast.Difference?.Differences switch
                {
                    { StandardDeviation: 0 } equal => string.Create(CultureInfo.InvariantCulture, $"{who}: all {equal.Count} differences are equal ({Metric.ShowDifference(equal.Mean)} {Metric.DifferenceUnit}); there is no spread to judge by, and no statement."),
                    { Count: > 1 } => $"{who}: the differences are too large to compute with, and there is no statement.",
                    _ => $"{who}: too few pairs for any statement.",
                };
                continue;
            }

            if (contrast.AdjustedPValue is not { } p)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{who}: {Metric.ShowDifference(d.Differences.Mean)} {Metric.DifferenceUnit} on average (95 % interval over seeds {Metric.ShowInterval(interval)}); {d.Differences.Count} pairs are too few for a verdict, which takes six.");
                continue;
            }

            var crossed = OverSeedsAndExamples(contrast);
            var beyond = crossed is { Low: <= 0, High: >= 0 } ? " On other examples there may be none." : "";
            yield return p < 0.05
                ? $"{who}: {contrast.First} is {Metric.Verdict(d.Differences.Mean)} by {Metric.ShowSize(Math.Abs(d.Differences.Mean))} {Metric.DifferenceUnit} (95 % interval over seeds {Metric.ShowInterval(interval)}{(crossed is null ? "" : $", over seeds × examples {Metric.ShowInterval(crossed)}")}; p {PValue.Show(p)} over seeds, after correction).{beyond}"
                : $"{who}: no difference is shown (p {PValue.Show(p)} after correction); one larger than {Metric.ShowSize(margin)} {Metric.DifferenceUnit} is excluded at the 5 % level{(crossed is null ? "" : $" over seeds on this test set (over seeds × examples the 95 % interval is {Metric.ShowInterval(crossed)})")}.";
        }

        if (LeftOut() is { } leftOut)
        {
            yield return leftOut;
        }
    }

    /// <summary>Interprets each difference in a sentence; if there are many over several groups, one sentence per reference arm.</summary>
    public IEnumerable<string> Readings()
    {
        if (Contrasts.Count <= MostReadings || Plan.Groups.Count == 1)
        {
            return EachReading();
        }

        return [.. Contrasts.GroupBy(c => (c.Other, c.Phase)).Select(g => Over([.. g])), .. LeftOut() is { } leftOut ? [leftOut] : Array.Empty<string>()];
    }

    private static string After(Contrast contrast) => contrast.Phase.Length > 0 ? $" after the phase {contrast.Phase}" : "";

    private string Over(List<Contrast> all)
    {
        var contrasts = all.FindAll(c => c.NotTestable is null);
        var untestable = all.Count - contrasts.Count;
        var who = $"{all[0].First} − {all[0].Other}{After(all[0])}";
        if (contrasts.Count == 0)
        {
            return $"{who}: not testable in any group, as gates are missed.";
        }

        var shown = contrasts.Where(c => c.AdjustedPValue < 0.05).ToLookup(c => Metric.Verdict(c.Difference!.Differences.Mean));
        var rest = contrasts.Where(c => c.AdjustedPValue >= 0.05).ToList();
        var unjudged = contrasts.Count(c => c.AdjustedPValue is null);
        var parts = s_verdicts
            .Where(shown.Contains)
            .Select(word => string.Create(CultureInfo.InvariantCulture, $"{word} in {shown[word].Count()} of {contrasts.Count} groups, {Sizes(shown[word])}"))
            .ToList();
        if (parts.Count > 0)
        {
            parts[0] = $"{all[0].First} is {parts[0]}";
        }

        if (rest.Count > 0)
        {
            var excluded = rest.Max(c => c.Difference!.NoDifferenceLargerThan);
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"no difference is shown in {(rest.Count == contrasts.Count ? "any of " : parts.Count > 0 ? "another " : "")}{rest.Count}; one larger than {Metric.ShowSize(excluded)} {Metric.DifferenceUnit} is excluded at the 5 % level in each"));
        }

        if (unjudged > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"no verdict on {unjudged} {(unjudged == 1 ? "group" : "groups")}: fewer than six pairs, or differences that are all equal"));
        }

        if (untestable > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"not testable in {untestable} {(untestable == 1 ? "group, as it misses a gate" : "groups, as they miss gates")}"));
        }

        return $"{who}, after correction: {string.Join("; ", parts)}.";

        string Sizes(IEnumerable<Contrast> of)
        {
            var sorted = of.OrderBy(c => Math.Abs(c.Difference!.Differences.Mean)).ToList();
            var least = $"{Metric.ShowSize(Math.Abs(sorted[0].Difference!.Differences.Mean))}";
            return sorted.Count == 1
                ? $"by {least} {Metric.DifferenceUnit} ({sorted[0].Group})"
                : $"by {least} ({sorted[0].Group}) to {Metric.ShowSize(Math.Abs(sorted[^1].Difference!.Differences.Mean))} {Metric.DifferenceUnit} ({sorted[^1].Group})";
        }
    }

    private string? LeftOut() =>
        Contrasts.Any(c => c.LeftOut > 0) && IsJudged
            ? $"Pairs left out because an arm failed, was no finite number, or was forked from another checkpoint: {string.Join(", ", Contrasts.Where(c => c.LeftOut > 0).Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.First} − {c.Other}{After(c)} {c.LeftOut}")))}."
            : null;
}
