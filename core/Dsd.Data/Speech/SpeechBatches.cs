using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>Batches of utterances: their spectrograms are gathered on the device if they lie there, otherwise made on the CPU and copied.</summary>
internal sealed class SpeechBatches
{
    // The order of an epoch is sorted by length, which takes longer than other orders do.
    private const int PlannedNumbers = 1 << 14;
    private readonly SpeechDataset _data;
    private readonly LengthBuckets _order;
    private readonly Device? _device;
    private readonly bool? _keeps;
    private readonly Lazy<ResidentSpeech?> _train;
    private readonly StepTable _plan;
    private readonly ConcurrentDictionary<SpeechSplit, int[][]> _transcripts = new();

    /// <summary>Prepares the batches of a task; the train split moves to the device with the first of its batches, if it fits.</summary>
    /// <param name="data">The utterances.</param>
    /// <param name="order">The order of utterances.</param>
    /// <param name="device">The device.</param>
    /// <param name="keeps">True to keep spectrograms on the device in any case, false not to; null to do it on a device other than the CPU if they fit.</param>
    public SpeechBatches(SpeechDataset data, LengthBuckets order, Device? device, bool? keeps)
    {
        (_data, _order, _device, _keeps) = (data, order, device, keeps);
        _train = new(() => ResidentSpeech.Of(data.Train, device, keeps));
        _plan = new(device ?? CPU, [order.BatchSize], Plan, PlannedNumbers);
    }

    /// <summary>Creates the batch of a step, as <see cref="SpeechRecognition.Batch"/> returns it.</summary>
    public (Tensor Spectrograms, Tensor Frames, Tensor Targets, Tensor TargetLengths) Batch(long step)
    {
        var utterances = _order.At(step).ToArray();
        using var indices = _train.Value is null ? null : _plan.At(step);
        return Assemble(_data.Train, utterances, _train.Value, indices);
    }

    /// <summary>Lists batches of a split in a given order.</summary>
    /// <param name="part">The split.</param>
    /// <param name="order">The positions of utterances in the split.</param>
    /// <param name="atOnce">The utterances in a batch, at most.</param>
    /// <returns>The utterances, and a function that creates the batch.</returns>
    public IEnumerable<(Utterance[] Utterances, Func<(Tensor Spectrograms, Tensor Frames, Tensor Targets, Tensor TargetLengths)> Read)> ToMeasure(SpeechSplit part, int[] order, int atOnce)
    {
        var resident = ResidentSpeech.Of(part, _device, _keeps);
        using var all = resident is null ? null
            : DeviceCopy.Send(tensor(Array.ConvertAll(order, i => (long)i)), _device).DetachFromDisposeScope();
        for (var first = 0; first < order.Length; first += atOnce)
        {
            var begin = first;
            var here = order[first..Math.Min(first + atOnce, order.Length)];
            yield return (Array.ConvertAll(here, i => part[i]), Read);

            (Tensor Spectrograms, Tensor Frames, Tensor Targets, Tensor TargetLengths) Read()
            {
                using var indices = all?.narrow(0, begin, here.Length);
                return Assemble(part, here, resident, indices);
            }
        }
    }

    private void Plan(long step, Span<long> numbers)
    {
        var utterances = _order.At(step).Span;
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = utterances[i];
        }
    }

    private (Tensor Spectrograms, Tensor Frames, Tensor Targets, Tensor TargetLengths) Assemble(SpeechSplit part, int[] utterances, ResidentSpeech? resident, Tensor? indices)
    {
        var spectrograms = Array.ConvertAll(utterances, i => part[i].Spectrogram);
        var longest = spectrograms.Max(s => s.Frames);
        if ((long)spectrograms.Length * longest * Spectrogram.Bins * sizeof(float) > int.MaxValue)
        {
            throw new DsdException(FormattableString.Invariant(
                $"A batch of {spectrograms.Length} utterances of up to {longest * Spectrogram.StepSamples / Spectrogram.SamplesPerSecond} s has spectrograms of more than 2 GB; use a smaller batch."));
        }

        var encoded = _transcripts.GetOrAdd(part, p => [.. p.Utterances.Select(u => _data.Alphabet.Encode(u.Transcript))]);
        var transcripts = Array.ConvertAll(utterances, i => encoded[i]);
        return (
            resident?.Gather(indices!, longest) ?? OnHost(spectrograms, longest),
            tensor(Array.ConvertAll(spectrograms, s => (long)s.Frames)),
            DeviceCopy.Send(tensor(transcripts.SelectMany(t => t).Select(n => (long)n).ToArray()), _device),
            tensor(Array.ConvertAll(transcripts, t => (long)t.Length)));
    }

    private Tensor OnHost(Spectrogram[] spectrograms, int longest)
    {
        // Memory allocated by libtorch, since the alignment of an array changes the last bits of products.
        var batch = zeros(spectrograms.Length, longest, Spectrogram.Bins, dtype: ScalarType.Float32, device: CPU);
        var values = MemoryMarshal.Cast<byte, float>(batch.bytes);
        for (var i = 0; i < spectrograms.Length; i++)
        {
            var source = spectrograms[i].Values.Span;
            var target = values.Slice(i * longest * Spectrogram.Bins, source.Length);
            for (var j = 0; j < source.Length; j++)
            {
                target[j] = (float)source[j];
            }
        }

        return DeviceCopy.Send(batch, _device);
    }
}
