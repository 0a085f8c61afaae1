using System.Runtime.CompilerServices;
using Dsd.Records;
using FsCheck.Xunit;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data.Tests;

public class TextBatchesTests
{
    // A test may touch TorchSharp before it touches Dsd, whose first use prepares the native library.
    static TextBatchesTests() => RuntimeHelpers.RunModuleConstructor(typeof(DsdException).Module.ModuleHandle);

    [Property(MaxTest = 60)]
    public void Batch_OfResidentTexts_HasTheBitsOfTheHost(int seed)
    {
        using var scope = NewDisposeScope();
        var random = new Random(seed);
        var data = Data(random);
        var batch = random.Next(1, data.TrainExamples + 1);
        var host = new LanguageModelling(data, batch, seed) { KeepsOnDevice = false };
        var resident = new LanguageModelling(data, batch, seed) { KeepsOnDevice = true };

        foreach (var step in Enumerable.Range(0, 8).Select(_ => random.NextInt64(3L * host.StepsPerEpoch)).Concat([0, random.NextInt64(1_000_000)]))
        {
            var (expected, following) = host.Batch(step);
            var (input, target) = resident.Batch(step);
            Assert.Equal(expected.shape, input.shape);
            Assert.Equal((ScalarType.Int64, true), (input.dtype, input.is_contiguous() && target.is_contiguous()));
            Assert.Equal(expected.data<long>().ToArray(), input.data<long>().ToArray());
            Assert.Equal(following.data<long>().ToArray(), target.data<long>().ToArray());
        }
    }

    [Property(MaxTest = 20)]
    public void Evaluate_OfResidentTexts_HasTheDigitsOfTheHost_AndInOtherBatchesWithinRounding(int seed)
    {
        var random = new Random(seed);
        var data = Data(random);
        manual_seed(seed);
        using var model = nn.Sequential(("embed", nn.Embedding(data.Vocabulary.Count, 4)), ("score", nn.Linear(4, data.Vocabulary.Count)));
        foreach (var split in Enum.GetValues<DataSplit>())
        {
            var expected = new LanguageModelling(data, 1, seed) { KeepsOnDevice = false }.Evaluate(model, split);
            Assert.Equal(expected, new LanguageModelling(data, 1, seed) { KeepsOnDevice = true }.Evaluate(model, split));
            var inOthers = new LanguageModelling(data, 1, seed) { KeepsOnDevice = true, MeasuredAtOnce = random.Next(1, 5) }.Evaluate(model, split);
            Assert.All(expected.Zip(inOthers), m => Assert.Equal((m.First.Name, m.First.Examples, m.First.Outcomes?.Count), (m.Second.Name, m.Second.Examples, m.Second.Outcomes?.Count)));
            Assert.All(expected.Zip(inOthers), m => Assert.Equal(m.First.Value, m.Second.Value, 1e-5));
        }
    }

    // Tensors of the device "meta" have no values: whatever reads one there throws.
    [Fact]
    public void Batch_FromTheHost_ReadsNothingFromTheDevice()
    {
        using var scope = NewDisposeScope();
        var (input, target) = new LanguageModelling(Data(new Random(1)), 1, 3, new Device("meta")) { KeepsOnDevice = false }.Batch(5);
        Assert.Equal((DeviceType.META, DeviceType.META), (input.device_type, target.device_type));
    }

    private static TextDataset Data(Random random)
    {
        var window = random.Next(1, 20);
        return new("text", Texts("a", 2 * window), Texts("b", 2), Texts("c", 2), window);

        List<TextDocument> Texts(string name, int shortest) => [.. Enumerable.Range(0, random.Next(1, 4)).Select(i =>
            new TextDocument($"{name}{i}", "abcdefg" + string.Concat(Enumerable.Range(0, random.Next(shortest, shortest + 700)).Select(_ => (char)('a' + random.Next(7))))))];
    }
}
