using Dsd.Masks;

namespace Dsd.Testing;

/// <summary>The weights that an update dropped and grew. A dropped weight may grow again: it then stays, as in the papers.</summary>
internal sealed class Exchanged
{
    private readonly List<long> _held;
    private readonly List<long> _grown;
    private readonly List<long> _left;
    private readonly double[] _stay;

    /// <summary>Compares two masks.</summary>
    /// <param name="held">The mask before.</param>
    /// <param name="mask">The mask after.</param>
    /// <param name="stay">The scores by which the lowest kept weights are dropped.</param>
    public Exchanged(BitMask held, BitMask mask, double[] stay)
    {
        _stay = stay;
        _held = [.. MaskLaws.Kept(held)];
        Dropped = [.. _held.Where(i => !mask[i])];

        // What scores lower than a dropped weight was dropped too, and is here because it grew again.
        var highest = Dropped.Count == 0 ? double.NegativeInfinity : Dropped.Max(i => stay[i]);
        _grown = [.. MaskLaws.Kept(mask).Where(i => !held[i] || stay[i] < highest)];
        _left = [.. Enumerable.Range(0, stay.Length).Select(i => (long)i).Where(i => !mask[i])];
    }

    /// <summary>The weights that were kept before and are pruned now.</summary>
    public List<long> Dropped { get; }

    /// <summary>Checks that no dropped weight is above the lowest of those that were kept.</summary>
    public void Check(Findings findings, string law, long most)
    {
        if (Dropped.Count > 0)
        {
            var highest = Dropped.Max(i => _stay[i]);
            var lower = _held.Count(i => _stay[i] < highest);
            findings.Check(law, lower < most, () => FormattableString.Invariant($"only some of the {most} lowest dropped"), () => FormattableString.Invariant($"one dropped at {highest:R}, above {lower} others"));
        }
    }

    /// <summary>Checks that no weight is left that scores higher than a grown one.</summary>
    public void CheckGrown(Findings findings, string law, double[] grow, string where)
    {
        if (_grown.Count > 0 && _left.Count > 0)
        {
            var (lowest, highest) = (_grown.Min(i => grow[i]), _left.Max(i => grow[i]));
            findings.Check(law, lowest >= highest, () => $"none left that scores higher than a grown one{where}", () => FormattableString.Invariant($"one left at {highest:R}, and one grown at {lowest:R}"));
        }
    }
}
