using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>Checks that the groups of a custom pattern hold every weight of a tensor once, and keep as many as its sparsity says.</summary>
internal static class PatternCoverage
{
    // A plan is resolved many times, e.g. once per arm and trial; the groups are a pure function of pattern, dimensions and sparsity.
    private static readonly ConditionalWeakTable<IMaskPattern, ConcurrentDictionary<(MaskPattern Rule, ValueList<long> Dims, Sparsity Sparsity), string?>> s_known = [];

    /// <summary>Returns the problem of a pattern on a tensor, as the rest of a sentence that starts with the layer; null if there is none. Each index is looked up once per pattern, dimensions and sparsity.</summary>
    public static string? Problem(LayerPattern layer, Sparsity sparsity) =>
        layer.Rule.BuiltIn is not null ? null : s_known.GetOrCreateValue(layer.Pattern).GetOrAdd((layer.Rule, layer.Dims, sparsity), _ => Find(layer, sparsity));

    /// <summary>Returns the problem of the groups' number and size alone; null if there is none.</summary>
    public static string? CountProblem(LayerPattern layer, Sparsity sparsity) => CountProblem(layer, layer.Pattern.Divide(layer.Dims, sparsity), CountOf(layer));

    private static string? CountProblem(LayerPattern layer, PatternGroups? groups, long count) =>
        groups is null ? $"has no groups: the pattern {layer.Rule} returned null from Divide. Return its groups, or explain in Refuse why the tensor has none."
        : groups.Weights == count ? null
        : Wrong($"has {count:N0} weights, but the pattern {layer.Rule} divides it into {string.Join(" and ", groups.Parts.Select(Sizes))}");

    /// <summary>Returns the problem of groups that keep another number than the nearest below or above their share; at least 1, as of any tensor.</summary>
    private static string? KeptProblem(LayerPattern layer, PatternGroups groups, Sparsity sparsity) =>
        groups.Kept == 0 && groups.Weights > 0
            ? $"keeps nothing by the pattern {layer.Rule}. Keep at least one unit, or raise the number of units."
            : groups.Parts.Select(part => PartProblem(layer, part, sparsity, least: groups.Rest is null ? 1 : 0)).FirstOrDefault(p => p is not null);

    private static string? PartProblem(LayerPattern layer, PatternGroups groups, Sparsity sparsity, long least)
    {
        // In decimal, as counts are computed from sparsities.
        var share = groups.Size * (1 - (decimal)sparsity.Value);
        var (low, high) = (Math.Max(least, (long)Math.Floor(share)), Math.Max(least, (long)Math.Ceiling(share)));
        if (groups.Keep >= low && groups.Keep <= high)
        {
            return null;
        }

        var keep = low == high ? $"{low}" : FormattableString.Invariant($"{low} or {high}");
        if (groups.Keep == groups.Size)
        {
            return FormattableString.Invariant($"has a sparsity of {sparsity.ToShortString()}, but the pattern {layer.Rule} keeps every weight. Keep {keep} of {groups.Size}, or leave the layer dense.");
        }

        var own = (double)(1 - ((decimal)groups.Keep / groups.Size));
        return FormattableString.Invariant($"has a sparsity of {sparsity.ToShortString()}, but the pattern {layer.Rule} keeps {groups.Keep} of every {groups.Size} {(groups.UnitSize == 1 ? "weights" : "units")}, which is a sparsity of {own:G6}. Keep {keep} of {groups.Size}, or write {own:R}.");
    }

    private static string? Find(LayerPattern layer, Sparsity sparsity)
    {
        var (groups, count) = (layer.Pattern.Divide(layer.Dims, sparsity), CountOf(layer));
        if ((CountProblem(layer, groups, count) ?? KeptProblem(layer, groups, sparsity)) is { } problem)
        {
            return problem;
        }

        var seen = new ulong[(count + 63) / 64];
        return groups.Parts.Select(part => IndexProblem(layer, part, count, seen)).FirstOrDefault(p => p is not null);
    }

    private static string? IndexProblem(LayerPattern layer, PatternGroups groups, long count, ulong[] seen)
    {
        for (var group = 0L; group < groups.Count; group++)
        {
            for (var place = 0L; place < groups.Size * groups.UnitSize; place++)
            {
                var index = groups.Index(group, place);
                if (index < 0 || index >= count)
                {
                    return Wrong($"has {count:N0} weights, but the pattern {layer.Rule} puts the index {index} in group {group}, place {place}; indices count from 0 to {count - 1}");
                }

                var (word, bit) = ((int)(index >> 6), 1UL << (int)(index & 63));
                if ((seen[word] & bit) != 0)
                {
                    return Wrong($"has {count:N0} weights, and the pattern {layer.Rule} puts the index {index} in two places, the second of them group {group}, place {place}");
                }

                seen[word] |= bit;
            }
        }

        return null;
    }

    private static string Sizes(PatternGroups groups) => groups.UnitSize == 1
        ? FormattableString.Invariant($"{groups.Count:N0} groups of {groups.Size:N0}")
        : FormattableString.Invariant($"{groups.Count:N0} groups of {groups.Size:N0} units of {groups.UnitSize:N0}");

    private static long CountOf(LayerPattern layer) => layer.Dims.Aggregate(1L, (product, dim) => product * dim);

    private static string Wrong(FormattableString what) => $"{what.ToString(CultureInfo.InvariantCulture)}. The groups of a pattern hold every weight once.";
}
