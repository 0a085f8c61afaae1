using Dsd.Masks;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Testing.Tests;

/// <summary>Choices of whole units that are broken on purpose.</summary>
internal static class BrokenUnits
{
    private static readonly MaskPattern s_blocks = MaskPattern.Block(2, 2, pad: true);

    public static IEnumerable<BrokenRule> All() =>
    [
        Another("channels of the outputs instead of the inputs", PatternLaws.Satisfied, MaskPattern.Channel(), MaskPattern.Row()),
        Another("blocks on their side", PatternLaws.Satisfied, MaskPattern.Block(1, 2), MaskPattern.Block(2, 1)),
        Another("sums of magnitudes instead of squares", PatternLaws.Units, MaskPattern.Row(), MaskPattern.Row(UnitNorm.L1)),
        Another("squares instead of the highest magnitude", PatternLaws.Units, MaskPattern.Column(UnitNorm.LInfinity), MaskPattern.Column()),
        new("of equal units the higher stays", PatternLaws.Units, () => PatternLaws.CheckUnits(s_blocks, (c, by, values) => by == MaskCriterion.Magnitude ? Sizes(c, by, values, (size, rank) => Enumerable.Range(0, size.Count).Reverse().OrderByDescending(rank)) : null)),
        new("the blocks of an edge rank among the whole ones", PatternLaws.Keep, () => PatternLaws.CheckUnits(s_blocks, AllTogether)),
        new("the random units of each size are numbered from 0", PatternLaws.RandomUnits, () => PatternLaws.CheckUnits(s_blocks, (c, by, values) => Sizes(c, by, values, (size, rank) => Enumerable.Range(0, size.Count).OrderByDescending(rank)))),
    ];

    /// <summary>A session that has another pattern than it claims.</summary>
    private static BrokenRule Another(string fault, string law, MaskPattern claimed, MaskPattern pattern) =>
        new(fault, law, () => PatternLaws.CheckUnits(claimed, (c, by, values) => OneWeight.Choose(c, new Findings(), new MaskRule(by, pattern: pattern), null, values)));

    /// <summary>Chooses within each size as many units as a session does.</summary>
    private static BitMask? Sizes(PatternCase c, MaskCriterion by, float[] values, Func<List<long[]>, Func<int, double>, IEnumerable<int>> order)
    {
        if (OneWeight.Choose(c, new Findings(), new MaskRule(by, pattern: s_blocks), null, values) is not { } mask)
        {
            return null;
        }

        var kept = Units.Sizes(c.Dims).SelectMany(size => order(size, unit => Rank(by, size, unit, values)).Take(UnitPattern.Split(size, mask)!.Value.Kept.Count).SelectMany(unit => size[unit]));
        return Of(kept, values.Length);
    }

    /// <summary>Chooses among the units of all sizes.</summary>
    private static BitMask? AllTogether(PatternCase c, MaskCriterion by, float[] values)
    {
        var all = Units.Sizes(c.Dims).SelectMany(size => size).ToList();
        return OneWeight.Choose(c, new Findings(), new MaskRule(by, pattern: s_blocks), null, values) is null ? null
            : Of(all.OrderByDescending(unit => Units.Rank(unit, i => values[i])).Take((int)new Sparsity(c.Sparsity).Kept(all.Count)).SelectMany(unit => unit), values.Length);
    }

    private static UnitPattern Units => new WrittenRule(new MaskRule(pattern: s_blocks)).Units!;

    private static double Rank(MaskCriterion by, List<long[]> size, int unit, float[] values) =>
        by == MaskCriterion.Magnitude ? Units.Rank(size[unit], i => values[i]) : CounterRandom.For(by.Seed!.Value, OneWeight.Name).Bits(unit) >> 32;

    private static BitMask Of(IEnumerable<long> kept, int count)
    {
        var which = kept.ToHashSet();
        return BitMask.Of(tensor([.. Enumerable.Range(0, count).Select(i => which.Contains(i))]));
    }
}
