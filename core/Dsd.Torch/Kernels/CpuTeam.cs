using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Dsd.Torch;

/// <summary>Runs work on libtorch's own compute threads, so that the two never compete for cores.</summary>
/// <remarks>
/// libtorch's threads (OpenMP) keep spinning for a while after an operator is done; work on .NET threads would have to
/// share the cores with them. On Linux the work therefore runs on the same team; elsewhere it runs on as many .NET threads
/// as libtorch has.
/// </remarks>
internal static unsafe class CpuTeam
{
    private static readonly Lazy<nint> s_parallel = new(() => OperatingSystem.IsLinux() ? (nint)LibTorch.Cpu("GOMP_parallel") : 0);

    /// <summary>The number of threads that libtorch uses for one operator.</summary>
    public static int Threads => torch.get_num_threads();

    /// <summary>Runs every part once, several in parallel, and returns when all are done.</summary>
    /// <param name="parts">The number of parts; each is called with its index, from 0.</param>
    /// <param name="part">Runs one part; must not use libtorch. An exception is rethrown here once all parts have ended.</param>
    public static void Run(int parts, Action<int> part)
    {
        var threads = Math.Min(parts, Threads);
        if (threads <= 1)
        {
            for (var i = 0; i < parts; i++)
            {
                part(i);
            }

            return;
        }

        if (s_parallel.Value == 0)
        {
            try
            {
                Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = threads }, part);
            }
            catch (AggregateException e)
            {
                // One part's exception, as on the other path.
                ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
            }

            return;
        }

        var work = new Work(parts, part);
        var handle = GCHandle.Alloc(work);
        try
        {
            ((delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void>)s_parallel.Value)(&Join, GCHandle.ToIntPtr(handle), (uint)threads, 0);
        }
        finally
        {
            handle.Free();
        }

        work.Rethrow();
    }

    [UnmanagedCallersOnly]
    private static void Join(nint work) => ((Work)GCHandle.FromIntPtr(work).Target!).DoParts();

    private sealed class Work(int parts, Action<int> part)
    {
        private int _taken;
        private ExceptionDispatchInfo? _failure;

        public void DoParts()
        {
            try
            {
                for (var i = Interlocked.Increment(ref _taken) - 1; i < parts; i = Interlocked.Increment(ref _taken) - 1)
                {
                    part(i);
                }
            }
            catch (Exception e)
            {
                // No exception may unwind through OpenMP's frames.
                _failure = ExceptionDispatchInfo.Capture(e);
            }
        }

        public void Rethrow() => _failure?.Throw();
    }
}
