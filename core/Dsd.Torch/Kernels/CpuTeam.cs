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

    private static readonly Lazy<nint> s_threadNumber = new(() => OperatingSystem.IsLinux() ? (nint)LibTorch.Cpu("omp_get_thread_num") : 0);

    /// <summary>The number of threads that libtorch uses for one operator.</summary>
    public static int Threads => torch.get_num_threads();

    /// <summary>Runs every part once, several in parallel, and returns when all are done.</summary>
    /// <remarks>On Linux, as in libtorch's operators, the first parts are the first thread's and so on, since what a thread reads again may still lie in its core's caches. A thread that is done takes over parts of others.</remarks>
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

        if (s_parallel.Value == 0 || s_threadNumber.Value == 0)
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

        var taken = stackalloc int[(threads + 1) * Work.Apart];
        new Span<int>(taken, (threads + 1) * Work.Apart).Clear();
        var work = new Work(parts, threads, taken, part);
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
    private static void Join(nint work) => ((Work)GCHandle.FromIntPtr(work).Target!).DoParts(((delegate* unmanaged<int>)s_threadNumber.Value)());

    private sealed class Work(int parts, int threads, int* taken, Action<int> part)
    {
        // How many parts of each thread's row are taken is counted in cache lines of its own.
        public const int Apart = 32;

        private ExceptionDispatchInfo? _failure;

        public void DoParts(int thread)
        {
            try
            {
                for (var row = 0; row < threads; row++)
                {
                    DoRow((thread + row) % threads);
                }
            }
            catch (Exception e)
            {
                // No exception may unwind through OpenMP's frames.
                _failure = ExceptionDispatchInfo.Capture(e);
            }
        }

        public void Rethrow() => _failure?.Throw();

        private void DoRow(int row)
        {
            var (first, end) = ((int)((long)parts * row / threads), (int)((long)parts * (row + 1) / threads));
            ref var count = ref taken[(row + 1) * Apart];
            for (var i = first + Interlocked.Increment(ref count) - 1; i < end; i = first + Interlocked.Increment(ref count) - 1)
            {
                part(i);
            }
        }
    }
}
