namespace Dsd.Training;

/// <summary>The examples that make up the batch of each step: a pure function of the seed and the step.</summary>
/// <remarks>
/// Each epoch has its own random order; what is left of it after the last whole batch is not used in that epoch. Tasks draw their batches by
/// it, so that nothing has to be saved to go on in the middle of an epoch.
/// </remarks>
public sealed class BatchOrder
{
    private readonly long _seed;
    private readonly int _count;
    private Epoch? _current;

    /// <summary>Describes the order.</summary>
    /// <param name="count">Examples to learn from, at least 1.</param>
    /// <param name="batchSize">Examples in a batch, from 1 to <paramref name="count"/>.</param>
    /// <param name="seed">Decides the order of every epoch.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is below 1 or above the number of examples.</exception>
    public BatchOrder(int count, int batchSize, long seed)
    {
        if (batchSize < 1 || batchSize > count)
        {
            throw new ArgumentOutOfRangeException(
                nameof(batchSize), batchSize, $"A batch must hold 1 to {count} examples, since the train split has {count}; give a smaller batch size or more examples.");
        }

        _count = count;
        _seed = seed;
        BatchSize = batchSize;
    }

    /// <summary>Examples in a batch.</summary>
    public int BatchSize { get; }

    /// <summary>Whole batches in an epoch.</summary>
    public int StepsPerEpoch => _count / BatchSize;

    /// <summary>The batch of a step.</summary>
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
            // One assignment of a finished object: readers on other threads see the old epoch or the new one.
            _current = epoch = new(index, CounterRandom.For(_seed, "shuffle", index).Permutation(_count));
        }

        var position = (int)inEpoch * BatchSize;
        return (index, position, epoch.Order.AsMemory(position, BatchSize));
    }

    private sealed record Epoch(long Index, int[] Order);
}
