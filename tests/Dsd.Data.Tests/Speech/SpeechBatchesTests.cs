using System.Runtime.CompilerServices;
using Dsd.Models;
using Dsd.Records;
using FsCheck.Xunit;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data.Tests.Speech;

public class SpeechBatchesTests
{
    // A test may touch TorchSharp before it touches Dsd, whose first use prepares the native library.
    static SpeechBatchesTests() => RuntimeHelpers.RunModuleConstructor(typeof(DsdException).Module.ModuleHandle);

    [Property(MaxTest = 40)]
    public void Batch_OfResidentSpeech_HasTheBitsOfTheHost(int seed)
    {
        using var scope = NewDisposeScope();
        var random = new Random(seed);
        var data = Data(random);
        var batch = random.Next(1, data.Train.Count + 1);
        var host = new SpeechRecognition(data, batch, seed) { KeepsOnDevice = false };
        var resident = new SpeechRecognition(data, batch, seed) { KeepsOnDevice = true };
        foreach (var step in Enumerable.Range(0, 8).Select(_ => random.NextInt64(3L * host.StepsPerEpoch)).Concat([0, random.NextInt64(1_000_000)]))
        {
            var (spectrograms, frames, targets, lengths) = host.Batch(step);
            var actual = resident.Batch(step);
            Assert.Equal(spectrograms.shape, actual.Spectrograms.shape);
            Assert.Equal((ScalarType.Float32, true), (actual.Spectrograms.dtype, actual.Spectrograms.is_contiguous()));
            Assert.True(spectrograms.bytes.SequenceEqual(actual.Spectrograms.bytes));
            Assert.Equal(frames.data<long>().ToArray(), actual.Frames.data<long>().ToArray());
            Assert.Equal(targets.data<long>().ToArray(), actual.Targets.data<long>().ToArray());
            Assert.Equal(lengths.data<long>().ToArray(), actual.TargetLengths.data<long>().ToArray());
        }
    }

    [Property(MaxTest = 6)]
    public void LossEvaluateAndTranscribe_OfResidentSpeech_HaveTheDigitsOfTheHost(int seed)
    {
        using var scope = NewDisposeScope();
        var random = new Random(seed);
        var data = Data(random);
        manual_seed(seed);
        var model = new DeepSpeech(Spectrogram.Bins, data.Alphabet.Classes, 0.01, dropout: 0);
        var batch = random.Next(1, data.Train.Count + 1);
        var host = new SpeechRecognition(data, batch, seed) { KeepsOnDevice = false };
        var resident = new SpeechRecognition(data, batch, seed) { KeepsOnDevice = true };
        Assert.Equal(host.Loss(model, 3).item<float>(), resident.Loss(model, 3).item<float>());

        model.eval();
        foreach (var split in Enum.GetValues<DataSplit>())
        {
            Assert.Equal(host.Evaluate(model, split), resident.Evaluate(model, split));
            var count = random.Next(1, data.Part(split).Count + 1);
            Assert.Equal(host.Transcribe(model, split, count), resident.Transcribe(model, split, count));
        }
    }

    // Tensors of the device "meta" have no values: whatever reads one there throws.
    [Fact]
    public void Batch_FromTheHost_ReadsNothingFromTheDeviceAndLeavesLengthsOnTheCpu()
    {
        using var scope = NewDisposeScope();
        var (spectrograms, frames, targets, lengths) = new SpeechRecognition(Data(new Random(1)), 2, 3, device: new Device("meta")) { KeepsOnDevice = false }.Batch(5);
        Assert.Equal((DeviceType.META, DeviceType.CPU, DeviceType.META, DeviceType.CPU), (spectrograms.device_type, frames.device_type, targets.device_type, lengths.device_type));
    }

    [Fact]
    public void Of_ASplit_IsKeptWhereItFits()
    {
        var device = new Device("meta");
        SpeechSplit Split() => new([Wave.Utterance("a", 3), Wave.Utterance("b", 5)]);
        Assert.Equal(2 * 161 * 9, ResidentSpeech.BytesOf(Split()));
        Assert.Null(ResidentSpeech.Of(Split(), null, isWanted: null));
        Assert.Null(ResidentSpeech.Of(Split(), CPU, isWanted: null));
        Assert.Null(ResidentSpeech.Of(Split(), device, isWanted: false));
        Assert.Null(ResidentSpeech.Of(new([]), device, isWanted: true));
        try
        {
            Environment.SetEnvironmentVariable("DSD_RESIDENT_BYTES", "2897");
            Assert.Null(ResidentSpeech.Of(Split(), device, isWanted: null));
            Environment.SetEnvironmentVariable("DSD_RESIDENT_BYTES", "2898");
            var split = Split();
            Assert.Same(ResidentSpeech.Of(split, device, isWanted: null), ResidentSpeech.Of(split, device, isWanted: null));
            Assert.NotNull(ResidentSpeech.Of(split, device, isWanted: null));
        }
        finally
        {
            Environment.SetEnvironmentVariable("DSD_RESIDENT_BYTES", null);
        }
    }

    private static SpeechDataset Data(Random random)
    {
        return new("tiny", Utterances("a", 7), Utterances("b", 20), Utterances("c", 5), new SpeechAlphabet("abc "));

        List<Utterance> Utterances(string name, int most) => [.. Enumerable.Range(0, random.Next(2, most + 1)).Select(i =>
            Of($"{name}{i}", random.Next(4, 40), string.Concat(Enumerable.Range(0, random.Next(1, 3)).Select(_ => "abc "[random.Next(4)]))))];

        Utterance Of(string name, int frames, string transcript) => new(
            name, Spectrogram.Of(new([.. Enumerable.Range(0, 320 + ((frames - 1) * 160)).Select(_ => random.NextSingle() - 0.5f)], 16_000)), transcript);
    }
}
