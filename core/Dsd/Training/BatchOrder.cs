namespace Dsd.Training;

/// <summary>The order of examples in batches: a pure function of the seed and the step.</summary>
/// <remarks>
/// Each epoch has its own random order; the remainder after the last whole batch is not used. Tasks draw their batches from
/// it, so that nothing has to be saved to resume in the middle of an epoch.
/// </remarks>
public sealed class BatchOrder
{
    private readonly long _seed;
    private readonly int _count;
    private Epoch? _current;

    /// <summary>Creates the order of <paramref name="count"/> examples.</summary>
    /// <param name="count">The number of training examples, at least 1.</param>
    /// <param name="batchSize">The batch size, from 1 to <paramref name="count"/>.</param>
    /// <param name="seed">The seed of the order of every epoch.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is below 1 or above the number of examples.</exception>
    public BatchOrder(int count, int batchSize, long seed)
    {
        if (batchSize < 1 || batchSize > count)
        {
            throw new ArgumentOutOfRangeException(
                nameof(batchSize), batchSize, $"A batch must hold 1 to {count} examples, since the train split has {count}; use a smaller batch size or more examples.");
        }

        _count = count;
        _seed = seed;
        BatchSize = batchSize;
    }

    /// <summary>The number of examples in a batch.</summary>
    public int BatchSize { get; }

    /// <summary>The number of whole batches in an epoch.</summary>
    public int StepsPerEpoch => _count / BatchSize;

    /// <summary>Returns the batch of a step.</summary>
    /// <param name="step">The step from the start of the run, from 0.</param>
    /// <returns>The epoch, the position of the first example in the epoch, and the examples.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    public (long Epoch, int Position, ReadOnlyMemory<int> Examples) At(long step)
    {
        if (step < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(step), step, "Steps count from 0.");
        }

        var (index, inEpoch) = Math.DivRem(step, StepsPerEpoch);
        var epoch = _current;
        if (epoch?.Index != index)
        {
            // The object is complete when assigned: readers on other threads see either the old epoch or the new one.
            _current = epoch = new(index, CounterRandom.For(_seed, "shuffle", index).Permutation(_count));
        }

        var position = (int)inEpoch * BatchSize;
        return (index, position, epoch.Order.AsMemory(position, BatchSize));
    }

    private sealed record Epoch(long Index, int[] Order);
}
