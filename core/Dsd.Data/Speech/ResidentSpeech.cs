using System.Runtime.InteropServices;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>The spectrograms of one split on a device, frame after frame, in the 16 bits in which they are stored.</summary>
internal sealed class ResidentSpeech
{
    // Row 0 is zeros: the padding.
    private readonly Tensor _frames;
    private readonly Tensor _utterances;
    private readonly Tensor _columns;

    private ResidentSpeech(SpeechSplit part, long frames, Device device)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var longest = part.Utterances.Max(u => u.Spectrogram.Frames);
        var all = zeros([1 + frames, Spectrogram.Bins], dtype: ScalarType.Float16, device: device);

        // One utterance after another, so that the split is not in host memory twice.
        var passing = empty([longest, Spectrogram.Bins], dtype: ScalarType.Float16, device: CPU);
        var places = empty([2, part.Count], dtype: ScalarType.Int64, device: CPU);
        var numbers = MemoryMarshal.Cast<byte, long>(places.bytes);
        var first = 1L;
        for (var i = 0; i < part.Count; i++)
        {
            var spectrogram = part[i].Spectrogram;
            spectrogram.Values.Span.CopyTo(MemoryMarshal.Cast<byte, Half>(passing.bytes));
            using var target = all.narrow(0, first, spectrogram.Frames);
            using var source = passing.narrow(0, 0, spectrogram.Frames);
            target.copy_(source);
            (numbers[i], numbers[part.Count + i]) = (first, spectrogram.Frames);
            first += spectrogram.Frames;
        }

        _frames = all.DetachFromDisposeScope();
        _utterances = (DeviceCopy.IsElsewhere(device) ? places.to(device) : places).DetachFromDisposeScope();
        _columns = arange(longest, dtype: ScalarType.Int64, device: device).DetachFromDisposeScope();
    }

    /// <summary>Computes the size of a split on a device in bytes, that of its spectrograms and of a frame of zeros.</summary>
    public static long BytesOf(SpeechSplit part) => sizeof(short) * Spectrogram.Bins * (1 + FramesOf(part));

    /// <summary>Gets a split on a device, copied there once; null if it is too large.</summary>
    /// <param name="part">The split.</param>
    /// <param name="device">The device.</param>
    /// <param name="isWanted">True to keep it there in any case, false not to; null to do it on a device other than the CPU if it fits.</param>
    public static ResidentSpeech? Of(SpeechSplit part, Device? device, bool? isWanted) =>
        part.Count == 0 ? null : DeviceData.Keep(part, "speech", device, isWanted, BytesOf(part), where => new ResidentSpeech(part, FramesOf(part), where));

    /// <summary>Gathers spectrograms.</summary>
    /// <param name="utterances">Their positions in the split, int64 on the device, shape (utterances).</param>
    /// <param name="longest">The number of frames of the longest among them.</param>
    /// <returns>Float32, shape (utterances, longest, bins), zero beyond each utterance's end; the caller owns it.</returns>
    public Tensor Gather(Tensor utterances, int longest)
    {
        using var scope = NewDisposeScope();
        var places = _utterances.index_select(1, utterances).unsqueeze(2);
        var columns = _columns.narrow(0, 0, longest);
        var rows = (places.select(0, 0) + columns).mul_(columns.lt(places.select(0, 1)));
        return _frames.index_select(0, rows.view(-1)).to(ScalarType.Float32).view(-1, longest, Spectrogram.Bins).MoveToOuterDisposeScope();
    }

    private static long FramesOf(SpeechSplit part) => part.Utterances.Sum(u => (long)u.Spectrogram.Frames);
}
