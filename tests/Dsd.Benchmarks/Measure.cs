namespace Dsd.Benchmarks;

/// <summary>Times contenders round robin, so that what disturbs the machine disturbs all of them alike.</summary>
internal static class Measure
{
    private const int MostRepetitions = 1 << 20;

    // Batches' worth of work before anything counts.
    private const int WarmUp = 20;

    /// <summary>Settles how often each contender must do its work to fill a batch, and times them in turn.</summary>
    /// <remarks>
    /// A turn begins with work that is not timed: it fetches the contender's memory back into the caches, and outlasts the threads
    /// of the contender before, which go on looking for work for a while.
    /// </remarks>
    /// <param name="contenders">The contenders.</param>
    /// <param name="effort">How many rounds, how long a batch.</param>
    /// <param name="tick">Is told after each round how many are done.</param>
    /// <returns>The timings, in the order of the contenders.</returns>
    public static Timing[] Run(IReadOnlyList<Contender> contenders, Effort effort, Action<int> tick)
    {
        var repetitions = contenders.Select(c => Repetitions(c, effort.BatchSeconds)).ToArray();
        var rounds = contenders.Select(_ => new double[effort.Rounds]).ToArray();
        for (var round = 0; round < effort.Rounds; round++)
        {
            for (var turn = 0; turn < contenders.Count; turn++)
            {
                // Each round begins with another contender, so that none always follows the same one.
                var i = (round + turn) % contenders.Count;
                contenders[i].Seconds((repetitions[i] + 2) / 3);
                rounds[i][round] = contenders[i].Seconds(repetitions[i]) / repetitions[i] / contenders[i].Units;
            }

            tick(round + 1);
        }

        return [.. contenders.Select((c, i) => new Timing(c.Name, repetitions[i], rounds[i]))];
    }

    private static int Repetitions(Contender contender, double batchSeconds)
    {
        // .NET compiles what is called often anew, after a while and beside it; what comes later tells how long the work takes.
        var (spent, fastest) = (0.0, double.PositiveInfinity);
        for (var times = 1; spent < WarmUp * batchSeconds && times < MostRepetitions; times *= 2)
        {
            var seconds = contender.Seconds(times);
            spent += seconds;
            fastest = Math.Min(fastest, seconds / times);
        }

        return (int)Math.Clamp(Math.Ceiling(batchSeconds / Math.Max(fastest, 1e-9)), 1, MostRepetitions);
    }
}
