using System.Runtime.InteropServices;
using Dsd.Records;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>Batches of features and captions: gathered on the device if they lie there, otherwise made on the CPU and copied.</summary>
internal sealed class CaptionBatches
{
    /// <summary>The target that cross entropy ignores by default: −100.</summary>
    public const long Ignored = -100;

    private readonly CaptionDataset _data;
    private readonly BatchOrder _order;
    private readonly Device? _device;
    private readonly bool? _keeps;
    private readonly IReadOnlyList<(int Image, int[] Words)> _pairs;
    private readonly ResidentCaptions? _train;
    private readonly StepTable? _plan;

    /// <summary>Prepares the batches of a task, and moves the train split to the device if it fits.</summary>
    /// <param name="data">The images and captions.</param>
    /// <param name="order">The order of pairs.</param>
    /// <param name="device">The device.</param>
    /// <param name="keeps">True to keep data on the device in any case, false not to; null to do it on a device other than the CPU if they fit.</param>
    public CaptionBatches(CaptionDataset data, BatchOrder order, Device? device, bool? keeps)
    {
        (_data, _order, _device, _keeps) = (data, order, device, keeps);
        _pairs = data.Pairs(DataSplit.Train);
        _train = ResidentCaptions.Of(data, DataSplit.Train, device, keeps);
        _plan = _train is null ? null : new(device ?? CPU, [2, order.BatchSize], Plan);
    }

    /// <summary>Creates the batch of a step.</summary>
    public (Tensor Features, Tensor Words, Tensor Target) Batch(long step)
    {
        var (_, _, examples) = _order.At(step);
        (int Image, int[] Words)[] pairs = [.. MemoryMarshal.ToEnumerable(examples).Select(i => _pairs[i])];
        if (_train is null)
        {
            return OnHost(_data.Train, pairs);
        }

        using var indices = _plan!.At(step);
        return _train.Gather(indices, pairs.Max(p => p.Words.Length) + 1);
    }

    /// <summary>Lists the batches that measure the loss of a split, short captions first.</summary>
    /// <param name="split">The split.</param>
    /// <param name="atOnce">The pairs in a batch, at most.</param>
    /// <returns>The number of words with the ends of captions, and a function that creates the batch.</returns>
    public IEnumerable<(long Words, Func<(Tensor Features, Tensor Words, Tensor Target)> Read)> ToMeasure(DataSplit split, int atOnce)
    {
        var (part, pairs) = (_data.Part(split), _data.Pairs(split));
        int[] order = [.. Enumerable.Range(0, pairs.Count).OrderBy(i => pairs[i].Words.Length)];
        var resident = ResidentCaptions.Of(_data, split, _device, _keeps);
        using var all = resident is null ? null
            : DeviceCopy.Send(tensor([.. order.Concat(order.Select(i => pairs[i].Image)).Select(i => (long)i)], [2, order.Length], dtype: ScalarType.Int64), _device).DetachFromDisposeScope();
        for (var first = 0; first < order.Length; first += atOnce)
        {
            var begin = first;
            (int Image, int[] Words)[] here = [.. order.Skip(first).Take(atOnce).Select(i => pairs[i])];
            yield return (here.Sum(p => p.Words.Length + 1L), Read);

            (Tensor Features, Tensor Words, Tensor Target) Read()
            {
                if (resident is null)
                {
                    return OnHost(part, here);
                }

                using var indices = all!.narrow(1, begin, here.Length);
                return resident.Gather(indices, here.Max(p => p.Words.Length) + 1);
            }
        }
    }

    /// <summary>Gets the features of the first images of a split.</summary>
    public Tensor Features(DataSplit split, int count)
    {
        if (ResidentCaptions.Of(_data, split, _device, _keeps) is { } resident)
        {
            return resident.Features.narrow(0, 0, count);
        }

        return OnHost(_data.Part(split), [.. Enumerable.Range(0, count)]);
    }

    /// <summary>Creates input words and the words that follow each, on the CPU, padded with 0 and −100.</summary>
    /// <param name="captions">The captions.</param>
    /// <param name="longest">The words of the longest caption, and its end.</param>
    public static (Tensor Words, Tensor Target) Words(int[][] captions, int longest)
    {
        var words = zeros([captions.Length, longest], dtype: ScalarType.Int64, device: CPU);
        var target = full([captions.Length, longest], Ignored, dtype: ScalarType.Int64, device: CPU);
        var inputs = MemoryMarshal.Cast<byte, long>(words.bytes);
        var targets = MemoryMarshal.Cast<byte, long>(target.bytes);
        for (var i = 0; i < captions.Length; i++)
        {
            var caption = captions[i];
            for (var j = 0; j < caption.Length; j++)
            {
                inputs[(i * longest) + j + 1] = caption[j];
                targets[(i * longest) + j] = caption[j];
            }

            targets[(i * longest) + caption.Length] = WordVocabulary.End;
        }

        return (words, target);
    }

    /// <summary>Writes the features of some images one after the other.</summary>
    public static void Write(CaptionSplit part, int[] images, Span<float> target)
    {
        for (var i = 0; i < images.Length; i++)
        {
            part.Feature(images[i]).CopyTo(target[(i * part.FeatureWidth)..]);
        }
    }

    private (Tensor Features, Tensor Words, Tensor Target) OnHost(CaptionSplit part, (int Image, int[] Words)[] pairs)
    {
        var (words, target) = Words([.. pairs.Select(p => p.Words)], pairs.Max(p => p.Words.Length) + 1);
        return (OnHost(part, [.. pairs.Select(p => p.Image)]), DeviceCopy.Send(words, _device), DeviceCopy.Send(target, _device));
    }

    private Tensor OnHost(CaptionSplit part, int[] images)
    {
        // Memory allocated by libtorch, since the alignment of an array changes the last bits of products.
        var features = empty(images.Length, part.FeatureWidth, dtype: ScalarType.Float32, device: CPU);
        Write(part, images, MemoryMarshal.Cast<byte, float>(features.bytes));
        return DeviceCopy.Send(features, _device);
    }

    private void Plan(long step, Span<long> numbers)
    {
        var (_, _, examples) = _order.At(step);
        for (var i = 0; i < examples.Length; i++)
        {
            numbers[i] = examples.Span[i];
            numbers[examples.Length + i] = _pairs[examples.Span[i]].Image;
        }
    }
}
