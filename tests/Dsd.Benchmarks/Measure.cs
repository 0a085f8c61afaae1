namespace Dsd.Benchmarks;

/// <summary>Times contenders round robin, so that what disturbs the machine disturbs all of them alike.</summary>
internal static class Measure
{
    private const int MostRepetitions = 1 << 20;

    /// <summary>Warms all contenders up, settles how often each must do its work to fill a batch, and times them in turn.</summary>
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
                rounds[i][round] = contenders[i].Seconds(repetitions[i]) / repetitions[i] / contenders[i].Units;
            }

            tick(round + 1);
        }

        return [.. contenders.Select((c, i) => new Timing(c.Name, repetitions[i], rounds[i]))];
    }

    private static int Repetitions(Contender contender, double batchSeconds)
    {
        // The first time pays for compilation and memory; the others tell how long the work takes.
        contender.Seconds(1);
        for (var times = 1; ; times *= 2)
        {
            var seconds = contender.Seconds(times);
            if (seconds >= batchSeconds / 2 || times >= MostRepetitions)
            {
                return Math.Max(1, (int)Math.Ceiling(times * batchSeconds / Math.Max(seconds, 1e-9)));
            }
        }
    }
}
