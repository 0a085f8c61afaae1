using System.Runtime.InteropServices;
using Dsd.Records;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>One split of features and captions on a device.</summary>
internal sealed class ResidentCaptions
{
    private readonly Tensor _words;
    private readonly Tensor _targets;

    private ResidentCaptions(CaptionSplit part, IReadOnlyList<(int Image, int[] Words)> pairs, int longest, Device device)
    {
        using var scope = NewDisposeScope();
        var features = empty(part.Count, part.FeatureWidth, dtype: ScalarType.Float32, device: CPU);
        CaptionBatches.Write(part, [.. Enumerable.Range(0, part.Count)], MemoryMarshal.Cast<byte, float>(features.bytes));
        var (words, targets) = CaptionBatches.Words([.. pairs.Select(p => p.Words)], longest);
        (Features, _words, _targets) = (On(features), On(words), On(targets));

        Tensor On(Tensor tensor) => (DeviceCopy.IsElsewhere(device) ? tensor.to(device) : tensor).DetachFromDisposeScope();
    }

    /// <summary>The features, float32, shape (images, features).</summary>
    public Tensor Features { get; }

    /// <summary>Gets a split on a device, copied there once; null if it is too large.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="split">The split.</param>
    /// <param name="device">The device.</param>
    /// <param name="isWanted">True to keep it there in any case, false not to; null to do it on a device other than the CPU if it fits.</param>
    public static ResidentCaptions? Of(CaptionDataset data, DataSplit split, Device? device, bool? isWanted)
    {
        if (!(isWanted ?? DeviceCopy.IsElsewhere(device)))
        {
            return null;
        }

        var (part, pairs) = (data.Part(split), data.Pairs(split));
        var longest = pairs.Select(p => p.Words.Length).DefaultIfEmpty().Max() + 1;
        var bytes = ((long)sizeof(float) * part.Count * part.FeatureWidth) + (2L * sizeof(long) * pairs.Count * longest);
        return part.Count == 0 || pairs.Count == 0 ? null : DeviceData.Keep(data, $"captions, {split}", device, isWanted, bytes, where => new ResidentCaptions(part, pairs, longest, where));
    }

    /// <summary>Gathers pairs of an image and a caption.</summary>
    /// <param name="indices">The pairs and their images, int64 on the device, shape (2, pairs).</param>
    /// <param name="longest">The words of the longest caption among them, and its end.</param>
    /// <returns>The features, the input words and the words that follow each, as <see cref="Captioning.Batch"/> returns them; the caller owns all three.</returns>
    public (Tensor Features, Tensor Words, Tensor Target) Gather(Tensor indices, int longest)
    {
        using var scope = NewDisposeScope();
        var (pairs, images) = (indices.select(0, 0), indices.select(0, 1));
        return (
            Features.index_select(0, images).MoveToOuterDisposeScope(),
            _words.narrow(1, 0, longest).index_select(0, pairs).MoveToOuterDisposeScope(),
            _targets.narrow(1, 0, longest).index_select(0, pairs).MoveToOuterDisposeScope());
    }
}
