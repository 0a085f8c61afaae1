using Dsd.Schedules;

namespace Dsd.Masks;

/// <summary>Checks the bits of a mask by the groups of a pattern.</summary>
internal static class PatternBits
{
    /// <summary>True if each unit is kept or pruned as a whole, and each group keeps as many units as the pattern says, or at most so many.</summary>
    public static bool Satisfies(BitMask mask, PatternGroups groups, bool isExact) =>
        groups.Parts.All(part =>
        {
            for (var group = 0L; group < part.Count; group++)
            {
                if (KeptUnits(mask, part, group) is not { } kept || kept > part.Keep || (isExact && kept != part.Keep))
                {
                    return false;
                }
            }

            return true;
        });

    /// <summary>Counts the kept units of a group; null if one is kept in part.</summary>
    private static long? KeptUnits(BitMask mask, PatternGroups groups, long group)
    {
        var kept = 0L;
        for (var unit = 0L; unit < groups.Size; unit++)
        {
            var isKept = mask[groups.Index(group, unit * groups.UnitSize)];
            for (var place = 1L; place < groups.UnitSize; place++)
            {
                if (mask[groups.Index(group, (unit * groups.UnitSize) + place)] != isKept)
                {
                    return null;
                }
            }

            kept += isKept ? 1 : 0;
        }

        return kept;
    }
}
