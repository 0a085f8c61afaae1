using System.Buffers;
using System.Numerics;
using Dsd.Torch;

namespace Dsd.Masks;

/// <summary>One ranking over several tensors: exactly a given number of their highest-ranking weights is kept.</summary>
/// <remarks>
/// A bracket of two keys, guessed from a sample, is to hold the key of the last weight to keep. One pass over the weights marks
/// what ranks above the bracket and gathers what lies within it, about one weight in a hundred of a large tensor, among which
/// the last one is found. Keys equal to an end of the bracket are only counted, so that no number of equal weights is too many
/// to gather. Where the guess was wrong, the bracket is narrowed down from all weights, and a second pass is made.
/// </remarks>
internal sealed unsafe class SelectionPool<TKeys, TKey>
    where TKeys : struct, IWeightKeys<TKey>
    where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
{
    private readonly TKeys[] _tensors;
    private readonly ulong[][] _words;
    private readonly SelectionBlock<TKeys, TKey>[][] _blocksOf;
    private readonly long _keep;
    private readonly long _count;
    private readonly long _firsts;
    private TKey _low;
    private TKey _high;
    private TKey _threshold;
    private bool _mustNarrow;
    private Outcome _outcome;

    /// <summary>Cuts the tensors into blocks; nothing is read yet.</summary>
    /// <param name="tensors">The keys of each tensor.</param>
    /// <param name="keep">How many weights to keep in all.</param>
    /// <param name="atLeastOneEach">Whether the highest weight of each tensor that is not empty is kept in any case.</param>
    public SelectionPool(TKeys[] tensors, long keep, bool atLeastOneEach)
    {
        _tensors = tensors;
        _count = tensors.Sum(t => t.Count);
        _keep = Math.Min(keep, _count);
        _firsts = atLeastOneEach ? tensors.Count(t => t.Count > 0) : 0;
        _words = Array.ConvertAll(tensors, t => LargeArray.Uninitialized<ulong>(BitMask.WordsFor(t.Count)));
        _blocksOf = [.. tensors.Select((t, i) => BlocksOf(t, _words[i]))];
        Blocks = [.. _blocksOf.SelectMany(b => b)];
    }

    private enum Outcome
    {
        Missed,
        FirstsOnly,
        AtEnd,
        Inside,
    }

    /// <summary>The tensors, cut into the shares of threads.</summary>
    public SelectionBlock<TKeys, TKey>[] Blocks { get; }

    /// <summary>Room for what is gathered; pools that are chosen one after another may share it.</summary>
    public GatheredKeys<TKey> Gathered { get; set; } = new();

    /// <summary>True if it is small enough to need only one thread.</summary>
    public bool IsSmall => Blocks.Length <= KeyRank.ChunksAPart;

    /// <summary>True if the choice is complete, or known to be impossible.</summary>
    public bool IsSettled => _outcome != Outcome.Missed;

    /// <summary>True if no weight of a tensor is NaN or infinite; the masks mean nothing unless that holds for all.</summary>
    public bool IsFinite(int tensor) => _blocksOf[tensor].All(b => b.IsFinite);

    /// <summary>Guesses a bracket for the key of the last weight to keep.</summary>
    public void Guess()
    {
        (_low, _high) = (TKey.MinValue, TKey.MaxValue);
        if (_keep <= _firsts)
        {
            _low = _high;
        }
        else if (_count <= SelectionBlock<TKeys, TKey>.Size / 2)
        {
            Gathered.Restart(_count);
        }
        else
        {
            var size = (int)Math.Pow(_count, 2.0 / 3) / KeySample.Neighbours * KeySample.Neighbours;
            var sample = ArrayPool<TKey>.Shared.Rent(size);
            KeySample.Draw(_tensors, sample.AsMemory(0, size), isShared: !IsSmall);
            fixed (TKey* keys = sample)
            {
                Guess([new(keys, size)], size);
            }

            ArrayPool<TKey>.Shared.Return(sample);
        }
    }

    /// <summary>After a bracket that did not hold the key: narrows another one down from all weights, unless the key seems to be an end of it.</summary>
    public void GuessAgain()
    {
        if (!_mustNarrow)
        {
            return;
        }

        // What is kept in any case is ranked here like all else, so the key's rank is known but for their number.
        var chunks = Array.ConvertAll(Blocks, b => b.Keys);
        var few = _count / 64;
        (_low, _high, _) = KeyRank.Narrow(chunks, TKey.MinValue, TKey.MaxValue, _keep, few);
        _high = _firsts == 0 ? _high : KeyRank.Narrow(chunks, TKey.MinValue, TKey.MaxValue, _keep - _firsts, few).High;
        Gathered.Restart((2 * few) + _firsts);
        _mustNarrow = false;
    }

    /// <summary>Makes the first pass over a block.</summary>
    public void Split(SelectionBlock<TKeys, TKey> block) => block.Split(_low, _high, Gathered);

    /// <summary>Finds the key of the last weight to keep, and where those of equal rank lie, once all blocks are split.</summary>
    public void Settle()
    {
        KeepFirsts();
        if (_keep <= _firsts || !Blocks.All(b => b.IsFinite))
        {
            _outcome = Outcome.FirstsOnly;
            return;
        }

        var (atLeastHigh, aboveLow) = (Blocks.Sum(b => (long)b.AtLeastHigh), Blocks.Sum(b => (long)b.AboveLow));
        if (_low == _high && aboveLow < _keep && _keep <= atLeastHigh)
        {
            Share(Outcome.AtEnd, _high, _keep - aboveLow, b => b.AtLeastHigh - b.AboveLow);
        }
        else if (_low < _high && (_keep <= atLeastHigh || _keep > aboveLow))
        {
            (_low, _high) = _keep <= atLeastHigh ? (_high, _high) : (_low, _low);
        }
        else if (_low < _high && !Gathered.IsTooSmall)
        {
            var chunks = Array.ConvertAll(Blocks, b => b.Inside);
            var (threshold, _, ties) = KeyRank.Narrow(chunks, _low + TKey.One, _high - TKey.One, _keep - atLeastHigh, 0);
            Share(Outcome.Inside, threshold, ties, b => b.CountInside(threshold));
        }
        else
        {
            _mustNarrow = true;
        }
    }

    /// <summary>Marks what is still to be marked in a block.</summary>
    public void Mark(SelectionBlock<TKeys, TKey> block)
    {
        switch (_outcome)
        {
            case Outcome.FirstsOnly:
                block.MarkFirstOnly();
                break;
            case Outcome.AtEnd:
                block.Mark(_threshold);
                break;
            case Outcome.Inside:
                block.MarkInside(_threshold);
                break;
        }
    }

    /// <summary>The mask of each tensor, once all blocks are marked.</summary>
    public BitMask[] Masks() => [.. _tensors.Select((t, i) => new BitMask(_words[i], t.Count, _blocksOf[i].Sum(b => b.Kept)))];

    private static SelectionBlock<TKeys, TKey>[] BlocksOf(TKeys keys, ulong[] words)
    {
        const int size = SelectionBlock<TKeys, TKey>.Size;
        var blocks = new SelectionBlock<TKeys, TKey>[(keys.Count + size - 1) / size];
        for (var b = 0; b < blocks.Length; b++)
        {
            var start = (long)b * size;
            blocks[b] = new(keys, words, start, (int)Math.Min(size, keys.Count - start));
        }

        return blocks;
    }

    private void KeepFirsts()
    {
        for (var t = 0; _firsts > 0 && t < _tensors.Length; t++)
        {
            if (_tensors[t].Count > 0)
            {
                var highest = _blocksOf[t].Max(b => b.Highest);
                _blocksOf[t].First(b => b.Highest == highest).KeepFirst(_low, _high);
            }
        }
    }

    private void Share(Outcome outcome, TKey threshold, long ties, Func<SelectionBlock<TKeys, TKey>, int> equals)
    {
        (_outcome, _threshold) = (outcome, threshold);
        foreach (var block in Blocks)
        {
            block.Ties = (int)Math.Min(ties, equals(block));
            ties -= block.Ties;
        }
    }

    private void Guess(KeyRow<TKey>[] sample, long size)
    {
        // Five standard deviations: neighbours may be alike, and then tell less than as many weights from all over.
        var share = (double)_keep / _count;
        var margin = 2 + (5 * Math.Sqrt(size * share * (1 - share)));
        Gathered.Restart((long)Math.Min(_count, (_count * 3 * (margin + 3) / size) + _firsts));
        var upper = (long)(((_keep - _firsts) * (double)size / _count) - margin);
        var lower = (long)Math.Ceiling((size * share) + margin);
        if (upper >= 1)
        {
            // What ranks above the upper end is out of the range in which the lower one is looked for.
            (_, _high, var rank) = KeyRank.Narrow(sample, _low, _high, upper, 0);
            (lower, size) = (lower - (upper - rank), size - (upper - rank));
        }

        _low = lower > size ? _low : KeyRank.Narrow(sample, _low, _high, lower, 0).Low;
    }
}
