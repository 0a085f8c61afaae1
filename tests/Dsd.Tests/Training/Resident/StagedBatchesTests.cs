using System.Collections.Concurrent;
using Dsd.Training;
using FsCheck.Xunit;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Tests.Training.Resident;

public class StagedBatchesTests
{
    private const int Size = 48;

    [Property(MaxTest = 25)]
    public void Take_AnyStepsInAnyOrder_GivesWhatTheStepSays(byte[] steps, byte starts)
    {
        using var scope = NewDisposeScope();
        var staging = new SlowStaging();
        using var sut = new StagedBatches(staging, Write);
        var order = steps.Take(8).Select(s => s % 5L).Concat(Enumerable.Range(starts, 6).Select(s => (long)s)).ToList();
        var taken = order.ConvertAll(step => Take(sut, step));
        staging.Finish();
        Assert.All(order.Zip(taken), pair => Assert.Equal(Expected(pair.First), Bytes(pair.Second)));
    }

    [Fact]
    public void Take_StepsInARow_WritesEachOnceAndOneAhead()
    {
        using var scope = NewDisposeScope();
        var written = new ConcurrentQueue<long>();
        var staging = new SlowStaging();
        var sut = new StagedBatches(staging, (step, memory) =>
        {
            written.Enqueue(step);
            Write(step, memory);
        });
        for (var step = 0; step < 10; step++)
        {
            _ = Take(sut, step);
            Assert.InRange(written.Max(), step, step + 1);
        }

        sut.Dispose();
        Assert.Equal(Enumerable.Range(0, 11).Select(i => (long)i), written);
        Assert.True(staging.IsDisposed);
    }

    [Fact]
    public void Take_ABatchFails_ThrowsForThatStepAloneAndEveryTime()
    {
        using var scope = NewDisposeScope();
        var staging = new SlowStaging();
        using var sut = new StagedBatches(staging, (step, memory) => Write(step == 3 ? throw new DsdException("damaged") : step, memory));
        for (var round = 0; round < 2; round++)
        {
            foreach (var step in new long[] { 2, 3, 3, 4, 2, 5 })
            {
                if (step == 3)
                {
                    Assert.Equal("damaged", Assert.Throws<DsdException>(() => Take(sut, step)).Message);
                    continue;
                }

                var taken = Take(sut, step);
                staging.Finish();
                Assert.Equal(Expected(step), Bytes(taken));
            }
        }
    }

    [Fact]
    public void Create_OfCudaStaging_WithoutAGpu_SaysWhy()
    {
        Assert.Equal((null, "the device is no NVIDIA GPU"), CudaStaging.Create(CPU, Size));
        Assert.Equal((null, "the device is no NVIDIA GPU"), CudaStaging.Create(null, Size));
        Assert.Equal((null, "there is no such GPU"), CudaStaging.Create(new Device(DeviceType.CUDA, 1_000), Size));
        Assert.Equal((null, "a batch takes more than 2 GB"), CudaStaging.Create(new Device(DeviceType.CUDA, 0), 1L << 31));
    }

    private static void Write(long step, Span<byte> memory)
    {
        for (var i = 0; i < memory.Length; i++)
        {
            memory[i] = (byte)((step * 7) + i);
        }
    }

    private static byte[] Expected(long step)
    {
        var all = new byte[Size];
        Write(step, all);
        return all;
    }

    private static byte[] Bytes((Tensor First, Tensor Others) taken) => [.. taken.First.bytes, .. taken.Others.bytes];

    private static (Tensor First, Tensor Others) Take(StagedBatches sut, long step)
    {
        var (first, others) = (empty(8, dtype: ScalarType.Byte), empty(Size - 8, dtype: ScalarType.Byte));
        sut.Take(step, (first, 0), (others, 8));
        return (first, others);
    }

    /// <summary>Memory whose copies are made some time after they are queued, in the order that a GPU guarantees and no other.</summary>
    private sealed class SlowStaging : IStaging
    {
        private readonly byte[] _host = new byte[Size];
        private readonly byte[] _there = new byte[Size];
        private Task _sent = Task.CompletedTask;
        private Task _read = Task.CompletedTask;

        public bool IsDisposed { get; private set; }

        public Span<byte> Host => _host;

        public void Wait() => _sent.Wait();

        public void Send() => _sent = After(Task.WhenAll(_sent, _read), () => _host.CopyTo(_there, 0));

        public void Read(Tensor target, long from) => _read = After(Task.WhenAll(_sent, _read), () => _there.AsSpan((int)from, (int)target.numel()).CopyTo(target.bytes));

        public void Finish() => _read.Wait();

        public void Dispose() => IsDisposed = true;

        private static async Task After(Task before, Action work)
        {
            await before;
            await Task.Delay(2);
            work();
        }
    }
}
