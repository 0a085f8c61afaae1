using Dsd.Masks;
using Dsd.Schedules;

namespace Dsd.Testing;

/// <summary>Checks masks of a unit pattern against its plain definition: whole units, as many as their share, the highest of each size by their norm or by the random numbers of their own.</summary>
/// <param name="c">The case.</param>
/// <param name="findings">The findings.</param>
/// <param name="units">The pattern by definition.</param>
/// <param name="choose">Chooses the mask by a criterion; null where the pattern does not fit.</param>
internal sealed class UnitLaws(PatternCase c, Findings findings, UnitPattern units, Func<MaskCriterion, BitMask?> choose)
{
    private const long Seed = 3;

    private readonly List<List<long[]>> _sizes = units.Sizes(c.Dims);

    /// <summary>Checks the choice by magnitude and the random one.</summary>
    /// <param name="values">The weights.</param>
    public void Check(float[] values)
    {
        if (choose(MaskCriterion.Magnitude) is { } highest && CheckCounts(highest))
        {
            CheckKept(PatternLaws.Units, highest, "highest by norm", (size, unit) => units.Rank(_sizes[size][unit], i => values[i]));
        }

        if (findings.Broken is null && choose(MaskCriterion.Random(Seed)) is { } drawn && CheckCounts(drawn))
        {
            // Units of all sizes are numbered on, so that no two share a number.
            var (random, firsts) = (CounterRandom.For(Seed, OneWeight.Name), _sizes.Select((_, size) => _sizes.Take(size).Sum(s => s.Count)).ToList());
            CheckKept(PatternLaws.RandomUnits, drawn, "highest by the random numbers of their own", (size, unit) => random.Bits(firsts[size] + unit) >> 32);
        }
    }

    private bool CheckCounts(BitMask mask)
    {
        var split = _sizes.ConvertAll(size => UnitPattern.Split(size, mask));
        if (!findings.Check(PatternLaws.Satisfied, split.TrueForAll(s => s is not null), () => "whole units kept or pruned", () => MaskLaws.Text(mask)))
        {
            return false;
        }

        var all = _sizes.Sum(s => s.Count);
        var (keep, kept) = (Math.Max(1, all - (long)Math.Round((decimal)c.Sparsity * all, MidpointRounding.ToEven)), split.ConvertAll(s => s!.Value.Kept.Count));
        var shares = _sizes.ConvertAll(s => s.Count * (1 - (decimal)c.Sparsity));
        return findings.Check(
            PatternLaws.Keep,
            kept.Sum() == keep && shares.Zip(kept).All(s => s.Second >= Math.Floor(s.First) && s.Second <= Math.Max(1, Math.Ceiling(s.First))),
            () => FormattableString.Invariant($"{keep} of {all} units kept, of those of one size their share of {string.Join(", ", shares)}"),
            () => string.Join(", ", kept));
    }

    /// <summary>Checks that of each size the highest units are kept, of equal ones the lower.</summary>
    private void CheckKept(string law, BitMask mask, string how, Func<int, int, double> rank)
    {
        for (var s = 0; s < _sizes.Count; s++)
        {
            var (size, kept) = (s, UnitPattern.Split(_sizes[s], mask)!.Value.Kept);
            var expected = Enumerable.Range(0, _sizes[size].Count).OrderByDescending(unit => rank(size, unit)).Take(kept.Count).Order().ToList();
            findings.Check(law, kept.SequenceEqual(expected), () => $"of the units of {_sizes[size][0].Length} weights {string.Join(", ", expected)} kept, the {how}, of equal ones the lower", () => string.Join(", ", kept));
        }
    }
}
