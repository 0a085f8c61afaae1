using System.Globalization;

namespace Dsd.Cli;

/// <summary>The number of workers that a study can use: no more than it has open blocks, and than memory holds.</summary>
internal static class WorkerCount
{
    /// <summary>The most workers by default for each thread of a trial: one a core.</summary>
    public static int Default(int threads) => Math.Max(1, Environment.ProcessorCount / threads);

    /// <summary>Limits a number to the open blocks; one remains to judge.</summary>
    /// <param name="given">The number given by the user, or null.</param>
    /// <param name="byDefault">The number without one.</param>
    /// <param name="open">The number of blocks that are not finished.</param>
    /// <param name="say">Receives a line if the user's number is too large.</param>
    public static int WithWork(long? given, int byDefault, int open, Action<string> say)
    {
        var most = Math.Max(1, open);
        if (given > most)
        {
            say(string.Create(CultureInfo.InvariantCulture, $"--workers {given}: {(open == 0 ? "no block is open" : open == 1 ? "1 block is open" : $"{open} blocks are open")}, and a worker trains one at a time; {(most == 1 ? "1 starts" : $"{most} start")}"));
        }

        return (int)Math.Min(given ?? byDefault, most);
    }

    /// <summary>Limits a number of processes on this machine to its memory, and remarks on more threads than it has cores.</summary>
    /// <param name="given">The number given by the user, or null.</param>
    /// <param name="count">The number limited to open blocks.</param>
    /// <param name="threads">The threads of a trial.</param>
    /// <param name="each">The memory that each takes.</param>
    /// <param name="free">The free memory in bytes; null if unknown.</param>
    /// <param name="say">Receives remarks.</param>
    /// <exception cref="DsdException">The user's number takes more memory than there is.</exception>
    public static int OfThisMachine(long? given, int count, int threads, WorkerMemory each, long? free, Action<string> say)
    {
        if (free is { } room && count * each.Bytes > room)
        {
            var fit = (int)Math.Max(1, room / each.Bytes);
            if (given is not null && fit < count)
            {
                throw new DsdException(string.Create(CultureInfo.InvariantCulture, $"--workers {given}: {count} workers take {WorkerMemory.Size(count * each.Bytes)} of memory, each {each}, and {WorkerMemory.Size(room)} is free. Give a number from 1 to {fit}, or free memory."));
            }

            say(fit < count
                ? string.Create(CultureInfo.InvariantCulture, $"{WorkerMemory.Size(room)} of memory is free, and a worker takes {each}: {fit} of {count} start")
                : $"{WorkerMemory.Size(room)} of memory is free, and a worker takes {each}: it may run out of memory");
            count = fit;
        }

        if ((given is not null || count == 1) && (long)count * threads > Environment.ProcessorCount)
        {
            say(string.Create(CultureInfo.InvariantCulture, $"{count} worker{(count == 1 ? "" : "s")} of {threads} thread{(threads == 1 ? "" : "s")} on {Environment.ProcessorCount} cores do not all run at once; results stay the same, it takes longer"));
        }

        return count;
    }
}
