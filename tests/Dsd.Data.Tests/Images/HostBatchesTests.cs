using System.Runtime.CompilerServices;
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
}
