using System.Runtime.CompilerServices;
using Dsd.Models;
using Dsd.Records;
using FsCheck.Xunit;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data.Tests.Captions;

public class CaptionBatchesTests
{
    // A test may touch TorchSharp before it touches Dsd, whose first use prepares the native library.
    static CaptionBatchesTests() => RuntimeHelpers.RunModuleConstructor(typeof(DsdException).Module.ModuleHandle);

    [Property(MaxTest = 40)]
    public void Batch_OfResidentCaptions_HasTheBitsOfTheHost(int seed)
    {
        using var scope = NewDisposeScope();
        var random = new Random(seed);
        var data = Data(random);
        var batch = random.Next(1, data.TrainExamples + 1);
        var host = new Captioning(data, batch, seed) { KeepsOnDevice = false };
        var resident = new Captioning(data, batch, seed) { KeepsOnDevice = true };
        foreach (var step in Enumerable.Range(0, 8).Select(_ => random.NextInt64(3L * host.StepsPerEpoch)).Concat([0, random.NextInt64(1_000_000)]))
        {
            var expected = host.Batch(step);
            var actual = resident.Batch(step);
            Assert.Equal(expected.Words.shape, actual.Words.shape);
            Assert.Equal(expected.Features.data<float>().ToArray(), actual.Features.data<float>().ToArray());
            Assert.Equal(expected.Words.data<long>().ToArray(), actual.Words.data<long>().ToArray());
            Assert.Equal(expected.Target.data<long>().ToArray(), actual.Target.data<long>().ToArray());
        }
    }

    [Property(MaxTest = 6)]
    public void Evaluate_OfResidentCaptions_HasTheDigitsOfTheHost_AndInOtherBatchesWithinRounding(int seed)
    {
        var data = Data(new Random(seed));
        manual_seed(seed);
        using var model = new NeuralTalk(data.Train.FeatureWidth, data.Vocabulary.Count, width: 0.05);
        model.eval();
        foreach (var split in Enum.GetValues<DataSplit>())
        {
            var expected = new Captioning(data, 1, seed, beamWidth: 2) { KeepsOnDevice = false }.Evaluate(model, split);
            Assert.Equal(expected, new Captioning(data, 1, seed, beamWidth: 2) { KeepsOnDevice = true }.Evaluate(model, split));
            var inOthers = new Captioning(data, 1, seed, beamWidth: 2) { KeepsOnDevice = true, MeasuredAtOnce = 3 }.Evaluate(model, split);
            Assert.All(expected.Zip(inOthers), m => Assert.Equal(m.First.Value, m.Second.Value, 1e-4));
        }
    }

    // Tensors of the device "meta" have no values: whatever reads one there throws.
    [Fact]
    public void Batch_FromTheHost_ReadsNothingFromTheDevice()
    {
        using var scope = NewDisposeScope();
        var (features, words, target) = new Captioning(Data(new Random(1)), 1, 3, new Device("meta")) { KeepsOnDevice = false }.Batch(5);
        Assert.All([features, words, target], t => Assert.Equal(DeviceType.META, t.device_type));
    }

    private static CaptionDataset Data(Random random) => new(
        "tiny", TinyCaptions.Split("a", random.Next(1, 13), "a cat and a dog are here"), TinyCaptions.Split("b", random.Next(1, 6)), TinyCaptions.Split("c", random.Next(1, 6)), threshold: 1);
}
