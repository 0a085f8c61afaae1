using System.Numerics;
using Dsd.Torch;

namespace Dsd.Masks;

/// <summary>Exact top-k selection: keeps exactly k of the highest-ranking weights, over one tensor or several together.</summary>
/// <remarks>
/// Among equal keys the earlier tensor and the lower index win, so that the count is exact even where all weights are equal.
/// Time is linear, typically that of one pass. The masks do not depend on the number of threads.
/// </remarks>
internal static class TopSelection
{
    /// <summary>Chooses within one tensor.</summary>
    public static BitMask Choose<TKeys, TKey>(TKeys keys, long keep)
        where TKeys : struct, IWeightKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey> => ChooseAcross<TKeys, TKey>([keys], keep, atLeastOneEach: false)[0];

    /// <summary>Chooses over several tensors with one ranking.</summary>
    /// <param name="tensors">The keys of each tensor, all of them finite numbers'.</param>
    /// <param name="keep">How many weights to keep in all.</param>
    /// <param name="atLeastOneEach">Whether the highest weight of each tensor that is not empty is kept in any case.</param>
    public static BitMask[] ChooseAcross<TKeys, TKey>(TKeys[] tensors, long keep, bool atLeastOneEach)
        where TKeys : struct, IWeightKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        var pool = new SelectionPool<TKeys, TKey>(tensors, keep, atLeastOneEach);
        Choose([pool]);
        return pool.Masks();
    }

    /// <summary>Chooses within each of several pools; the work of small ones is shared out over the threads together.</summary>
    public static void Choose<TKeys, TKey>(SelectionPool<TKeys, TKey>[] pools)
        where TKeys : struct, IWeightKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        var small = pools.Where(p => p.IsSmall).ToArray();
        ChooseTogether(small);
        Array.ForEach(small, p => p.Gathered.Dispose());

        // Each large one keeps all threads busy alone, and what it gathers lies where that of the one before lay.
        using var gathered = new GatheredKeys<TKey>();
        foreach (var pool in pools.Where(p => !p.IsSmall))
        {
            pool.Gathered = gathered;
            ChooseTogether([pool]);
        }
    }

    /// <summary>Chooses within any number of small pools, or one large one: that shares its steps out, which a thread of the team may not do again.</summary>
    private static void ChooseTogether<TKeys, TKey>(SelectionPool<TKeys, TKey>[] pools)
        where TKeys : struct, IWeightKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        CpuTeam.Run(pools.Length, p => pools[p].Guess());
        for (var open = pools; open.Length > 0; open = [.. open.Where(p => !p.IsSettled)])
        {
            if (open != pools)
            {
                Array.ForEach(open, p => p.GuessAgain());
            }

            ForEachBlock(open, (pool, block) => pool.Split(block));
            CpuTeam.Run(open.Length, p => open[p].Settle());
        }

        ForEachBlock(pools, (pool, block) => pool.Mark(block));
    }

    private static void ForEachBlock<TKeys, TKey>(SelectionPool<TKeys, TKey>[] pools, Action<SelectionPool<TKeys, TKey>, SelectionBlock<TKeys, TKey>> action)
        where TKeys : struct, IWeightKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        var blocks = pools.SelectMany(p => p.Blocks.Select(b => (Pool: p, Block: b))).ToArray();
        CpuTeam.Run(blocks.Length, b => action(blocks[b].Pool, blocks[b].Block));
    }
}
