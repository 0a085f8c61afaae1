using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Dsd.Torch;

/// <summary>Runs work on the threads that libtorch computes with, so that the two never compete for cores.</summary>
/// <remarks>
/// libtorch's threads (OpenMP) go on spinning for a while when an operator is done; work on the threads of .NET would have to
/// share the cores with them. On Linux work is therefore given to the same team; elsewhere .NET's threads do it, as many as
/// libtorch has.
/// </remarks>
public static unsafe class CpuTeam
{
    private static readonly Lazy<nint> s_parallel = new(() => OperatingSystem.IsLinux() ? (nint)LibTorch.Cpu("GOMP_parallel") : 0);

    /// <summary>How many threads libtorch uses for one operator.</summary>
    public static int Threads => torch.get_num_threads();

    /// <summary>Does every part once, several at a time, and returns when all are done.</summary>
    /// <param name="parts">How many parts there are; each is told its number, from 0.</param>
    /// <param name="part">Does one part; must not use libtorch. What it throws is thrown here once all have ended.</param>
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
            Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = threads }, part);
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
                // Nothing may leave through OpenMP's frames.
                _failure = ExceptionDispatchInfo.Capture(e);
            }
        }

        public void Rethrow() => _failure?.Throw();
    }
}
