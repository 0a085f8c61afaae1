using System.Globalization;
using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>Tables of the masks of phases whose rule is more than a column can say: updates, straight-through training, masks within others.</summary>
internal static class MaskTable
{
    private const int LongestColumn = 40;
    private const int MostPoints = 5;

    /// <summary>Lists one table for all phases with the same masks.</summary>
    public static IEnumerable<(string? Heading, TextTable Table, string? Note)> All(Plan plan) => plan.Phases
        .Where(HasMore)
        .GroupBy(p => string.Join('\n', Rows(p)))
        .Select(same => ((string?)$"Masks in {string.Join(", ", same.Select(p => $"'{p.Phase.Name}'"))}", Table(same.First()), (string?)null));

    /// <summary>Formats the mask rule of a sparse phase for the table of phases.</summary>
    public static string InShort(PlannedPhase phase) => phase.Phase.MaskText is var text && HasMore(phase) && text.Length > LongestColumn ? $"{phase.Phase.Mask.Criterion} …" : text;

    /// <summary>Picks a few of the updates of a phase, evenly, the first and the last among them.</summary>
    /// <param name="from">The index of the first update.</param>
    /// <param name="count">The number of updates of the phase.</param>
    /// <param name="most">The largest number of results.</param>
    public static IEnumerable<long> Few(long from, long count, int most) => count - from <= most
        ? Enumerable.Range((int)from, (int)(count - from)).Select(i => (long)i)
        : Enumerable.Range(0, most).Select(i => from + (i * (count - 1 - from) / (most - 1)));

    private static bool HasMore(PlannedPhase phase) => !phase.IsDense && (phase.Updates > 1 || phase.Phase.StraightThrough is not null || phase.Phase.Mask.Within is not null);

    private static TextTable Table(PlannedPhase phase)
    {
        var table = new TextTable("masks", "");
        foreach (var (what, how) in Rows(phase))
        {
            table.Row(what, how);
        }

        return table;
    }

    private static IEnumerable<(string What, string How)> Rows(PlannedPhase planned)
    {
        var (phase, rule) = (planned.Phase, planned.Phase.Mask);
        yield return ("ranked by", rule.Criterion.ToString());
        yield return ("distribution", rule.Distribution.ToString());
        if (rule.Pattern != MaskPattern.Element)
        {
            yield return ("pattern", rule.Pattern.ToString());
        }

        if (rule.Within is { } within)
        {
            yield return ("within", within.ToString());
        }

        yield return ("update", rule.Update.ToString());
        if (planned.Updates > 1)
        {
            var (interval, last) = (planned.Update.IntervalSteps!.Value, planned.Updates - 1);
            yield return ("times", FormattableString.Invariant($"{planned.Updates:N0}, every {interval:N0} step{(interval == 1 ? "" : "s")} from step {planned.FirstStep:N0} to {planned.FirstStep + (last * interval):N0}"));
            if (rule.Update is { Policy: not null, Fraction: > 0 })
            {
                yield return ("exchanged", $"{Along(Few(1, planned.Updates, 3).Select(u => planned.Update.FractionAt(u * interval, planned.Steps)), "G4")} of the kept weights of a layer");
            }

            if (phase.Sparsity.Shape != CurveShape.Constant)
            {
                yield return ("sparsity", $"{Along(Few(0, planned.Updates, MostPoints).Select(u => phase.Sparsity.At(u, planned.Updates).Value), "0.####")} over these times");
            }
        }

        if (phase.StraightThrough is { } pruned)
        {
            yield return ("pruned weights", $"trained {pruned}");
        }

        if ((phase.RegrownWeights, phase.RegrownState) != default)
        {
            yield return ("at the end", $"weights {phase.RegrownWeights.ToString().ToLowerInvariant()}, state {phase.RegrownState.ToString().ToLowerInvariant()}");
        }
    }

    private static string Along(IEnumerable<double> values, string format) => string.Join(" → ", values.Select(v => v.ToString(format, CultureInfo.InvariantCulture)));
}
