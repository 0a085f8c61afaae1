namespace Dsd.Data;

/// <summary>The order of utterances in batches of similar length: a pure function of the seed and the step.</summary>
/// <remarks>
/// In each epoch utterances are sorted by length times a random factor from 0.9 to 1.1 and cut into batches, which are then shuffled.
/// The remainder after whole batches, selected at random, is not used.
/// </remarks>
internal sealed class LengthBuckets
{
    private const double Spread = 0.1;
    private readonly long _seed;
    private readonly int[] _lengths;
    private Epoch? _current;

    /// <summary>Creates the order.</summary>
    /// <param name="lengths">The number of frames of each utterance.</param>
    /// <param name="batchSize">The number of utterances in a batch.</param>
    /// <param name="seed">The seed of the order.</param>
    /// <param name="examples">The number of utterances in an epoch, at least the number that exist; if it is larger, some occur twice.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is below 1 or above the number of utterances.</exception>
    public LengthBuckets(int[] lengths, int batchSize, long seed, int examples)
    {
        if (batchSize < 1 || batchSize > lengths.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(batchSize), batchSize, $"A batch must hold 1 to {lengths.Length} utterances, since the train split has {lengths.Length}; use a smaller batch size or more utterances.");
        }

        (_lengths, BatchSize, _seed, StepsPerEpoch) = (lengths, batchSize, seed, examples / batchSize);
    }

    /// <summary>The number of utterances in a batch.</summary>
    public int BatchSize { get; }

    /// <summary>The number of whole batches in an epoch.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>Gets the utterances of a step, the longest first.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    public ReadOnlyMemory<int> At(long step)
    {
        if (step < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(step), step, "Steps count from 0.");
        }

        var (index, inEpoch) = Math.DivRem(step, StepsPerEpoch);
        var epoch = _current;
        if (epoch?.Index != index)
        {
            _current = epoch = new(index, Batches(index));
        }

        return epoch.Batches[(int)inEpoch];
    }

    /// <summary>Computes the fraction of an epoch's frames that is padding.</summary>
    public double PaddingOf(long epoch)
    {
        var batches = Batches(epoch);
        var padded = batches.Sum(b => (long)b.Length * b.Max(u => _lengths[u]));
        return 1 - (batches.Sum(b => b.Sum(u => (long)_lengths[u])) / (double)padded);
    }

    private int[][] Batches(long epoch)
    {
        var factors = CounterRandom.For(_seed, "lengths", epoch);
        var order = CounterRandom.For(_seed, "utterances", epoch).Permutation(_lengths.Length);
        var sorted = Enumerable.Range(0, StepsPerEpoch * BatchSize)
            .Select(i => order[i % order.Length])
            .OrderByDescending(u => _lengths[u] * (1 + (Spread * ((2 * factors.Uniform(u)) - 1))))
            .ToArray();
        return [.. CounterRandom.For(_seed, "batches", epoch).Permutation(StepsPerEpoch).Select(b => sorted.AsSpan(b * BatchSize, BatchSize).ToArray())];
    }

    private sealed record Epoch(long Index, int[][] Batches);
}
