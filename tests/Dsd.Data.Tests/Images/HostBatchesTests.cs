using System.Runtime.CompilerServices;
using Dsd.Training;
using FsCheck.Xunit;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data.Tests;

public class HostBatchesTests
{
    // A test may touch TorchSharp before it touches Dsd, whose first use prepares the native library.
    static HostBatchesTests() => RuntimeHelpers.RunModuleConstructor(typeof(DsdException).Module.ModuleHandle);

    // Tensors of the device "meta" have no values: whatever reads one there throws. libtorch gathers none there, so these batches come from the host.
    [Fact]
    public void Loss_OfBatchesFromTheHost_ReadsNothingFromTheDevice()
    {
        using var scope = NewDisposeScope();
        var (data, meta) = (Tiny.Dataset(channels: 3), new Device("meta"));
        using var model = nn.Sequential(("flatten", nn.Flatten()), ("fc", nn.Linear(data.Train.PixelsPerImage, 10))).to(meta);
        foreach (var augmentation in new[] { Augmentation.None, Augmentation.Usual, Augmentation.Reference })
        {
            Assert.Equal(DeviceType.META, new ImageClassification(data, 8, 3, augmentation, meta) { KeepsOnDevice = false }.Loss(model, 5).device_type);
        }
    }

    [Property(MaxTest = 40)]
    public void Write_AStep_WritesTheBytesOfItsBatch(int seed)
    {
        using var scope = NewDisposeScope();
        var random = new Random(seed);
        var data = Tiny.Dataset(channels: random.Next(2) == 0 ? 1 : 3);
        var order = new BatchOrder(data.TrainExamples, random.Next(1, data.TrainExamples + 1), seed);
        var sut = new HostBatches(data, order, Augmentation.Usual, seed, null);
        foreach (var step in Enumerable.Range(0, 4).Select(_ => random.NextInt64(3L * order.StepsPerEpoch)))
        {
            var (input, target) = sut.Batch(step);
            var memory = new byte[target.bytes.Length + input.bytes.Length];
            sut.Write(step, memory);
            Assert.Equal([.. target.bytes, .. input.bytes], memory);
        }
    }
}
