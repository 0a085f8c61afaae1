using System.Collections.Concurrent;
using FsCheck.Xunit;

namespace Dsd.Data.Tests;

public class PrefetcherTests
{
    [Property(MaxTest = 40)]
    public bool Take_AnyStepsWithAnyWorkers_GivesWhatTheStepSays(byte[] steps, byte workers, byte ahead)
    {
        using var sut = Sut(ahead % 5);
        return steps.All(step => Take(sut, step, workers % 4).SequenceEqual(Expected(step)));
    }

    [Fact]
    public void Take_FromManyThreads_GivesWhatTheStepSays()
    {
        using var sut = Sut(3);
        Parallel.For(0, 200, i => Assert.Equal(Expected(i % 17), Take(sut, i % 17, 2)));
    }

    [Fact]
    public void Take_InARow_OpensEachStepOnceAndNoneTooFarAhead()
    {
        var opened = new ConcurrentQueue<long>();
        using var sut = Sut(2, opened);
        for (var step = 0; step < 50; step++)
        {
            _ = Take(sut, step, 2);
            Assert.All(opened, o => Assert.InRange(o, 0, step + 2));
        }

        Assert.Equal(Enumerable.Range(0, 52).Select(i => (long)i), opened);
    }

    [Fact]
    public void Take_NoWorkers_FillsNothingAhead()
    {
        var opened = new ConcurrentQueue<long>();
        using var sut = Sut(2, opened);
        _ = Take(sut, 4, 0);
        Assert.Equal([4], opened);
    }

    [Fact]
    public void Take_NearTheLastStep_OpensNoneBeyond()
    {
        var opened = new ConcurrentQueue<long>();
        using var sut = Sut(3, opened, steps: 6);
        for (var step = 0; step < 6; step++)
        {
            _ = Take(sut, step, 1);
        }

        Assert.Equal(6, opened.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Take_AnImageFails_ThrowsForThatStepAloneAndEveryTime(int workers)
    {
        using var sut = new Prefetcher(
            (step, labels, _) => place => labels[place] = step == 3 && place >= 2 ? throw new DsdException($"place {place}") : step, 5, 1, 2);
        for (var round = 0; round < 3; round++)
        {
            for (var step = 0; step < 6; step++)
            {
                if (step == 3)
                {
                    Assert.Equal("place 2", Assert.Throws<DsdException>(() => sut.Take(step, workers, new long[5], new float[5])).Message);
                }
                else
                {
                    var labels = new long[5];
                    sut.Take(step, workers, labels, new float[5]);
                    Assert.All(labels, l => Assert.Equal(step, l));
                }
            }
        }
    }

    [Fact]
    public async Task Take_NoThreadOfThePoolComes_StillEnds()
    {
        // Whoever asks fills the batch alone where all other threads are held up.
        using var hold = new ManualResetEventSlim();
        using var sut = new Prefetcher(
            (step, labels, _) => place =>
            {
                if (Thread.CurrentThread.IsThreadPoolThread)
                {
                    hold.Wait();
                }

                labels[place] = step;
            },
            4, 1, 1);
        var taken = new TaskCompletionSource();
        var thread = new Thread(() =>
        {
            // The first place may be held by a thread of the pool; it is let go once the others are done.
            _ = Task.Delay(100).ContinueWith(_ => hold.Set(), TaskScheduler.Default);
            sut.Take(0, 2, new long[4], new float[4]);
            taken.SetResult();
        });
        thread.Start();
        Assert.Same(taken.Task, await Task.WhenAny(taken.Task, Task.Delay(TimeSpan.FromSeconds(30))));
        hold.Set();
        thread.Join();
    }

    [Fact]
    public void Dispose_LeavesUnbegunImagesAlone()
    {
        var filled = 0;
        using var gate = new SemaphoreSlim(0);
        var sut = new Prefetcher(
            (step, _, _) => _ =>
            {
                if (step > 0)
                {
                    gate.Wait();
                }

                Interlocked.Increment(ref filled);
            },
            100, 1, 3);
        sut.Take(0, 1, new long[100], new float[100]);
        sut.Dispose();
        gate.Release(1000);
        Thread.Sleep(50);
        Assert.InRange(filled, 100, 102);
    }

    private static Prefetcher Sut(int ahead, ConcurrentQueue<long>? opened = null, long steps = long.MaxValue) => new(
        (step, labels, images) =>
        {
            opened?.Enqueue(step);
            return place =>
            {
                labels[place] = (10 * step) + place;
                images[2 * place] = step;
                images[(2 * place) + 1] = place;
            };
        },
        7, 2, ahead, steps);

    private static double[] Take(Prefetcher sut, long step, int workers)
    {
        var (labels, images) = (new long[7], new float[14]);
        sut.Take(step, workers, labels, images);
        return [.. labels.Select(l => (double)l), .. images.Select(v => (double)v)];
    }

    private static IEnumerable<double> Expected(long step) =>
        Enumerable.Range(0, 7).Select(p => (double)((10 * step) + p)).Concat(Enumerable.Range(0, 7).SelectMany(p => new double[] { step, p }));
}
