using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Dsd.Records;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>Batches of images that are read and augmented on the CPU, on several threads, and then copied to the device: to an NVIDIA GPU during the step before.</summary>
internal sealed class HostBatches
{
    private const long MostPrefetchedBytes = 1L << 30;

    // Held here, since TorchSharp does not keep arguments alive while libtorch reads them.
    private static readonly Scalar s_zero = 0L;

    private readonly ILabelledImages _data;
    private readonly BatchOrder _order;
    private readonly Augmentation _augmentation;
    private readonly long _seed;
    private readonly Device? _device;
    private readonly IImageSource _train;
    private readonly Prefetcher _ahead;
    private readonly Lazy<StagedBatches?> _staged;
    private readonly ConcurrentDictionary<(DataSplit Split, int Example), string> _leftOut = new();

    /// <summary>Prepares the batches of a task; nothing is read yet.</summary>
    public HostBatches(ILabelledImages data, BatchOrder order, Augmentation augmentation, long seed, Device? device)
    {
        (_data, _order, _augmentation, _seed, _device) = (data, order, augmentation, seed, device);
        _train = data.Source(DataSplit.Train);
        _ahead = Prefetch(_train, order.BatchSize, Open);
        _staged = new(() => CudaStaging.Create(_device, LabelBytes + ImageBytes).Staging is { } staging ? new(staging, Write) : null);
    }

    /// <summary>The images that could not be decoded so far, each with the reason.</summary>
    public IReadOnlyDictionary<(DataSplit Split, int Example), string> LeftOut => _leftOut;

    /// <summary>Creates the batch of a step, on the device.</summary>
    public (Tensor Input, Tensor Target) Batch(long step)
    {
        if (_staged.Value is not { } staged)
        {
            var (images, classes) = Assemble(_train, _ahead, step, _order.BatchSize);
            return (DeviceCopy.Send(images, _device), DeviceCopy.Send(classes, _device));
        }

        var (input, target) = Empty(_train, _order.BatchSize, _device!);
        return Filled(_train, input, target, () => staged.Take(step, (target, 0), (input, LabelBytes)));
    }

    /// <summary>Writes the batch of a step into memory: the classes, int64, and then the images, float32.</summary>
    /// <param name="step">The step.</param>
    /// <param name="memory">The memory, of exactly this size.</param>
    public void Write(long step, Span<byte> memory) => _ahead.Take(
        step, Workers, MemoryMarshal.Cast<byte, long>(memory[..LabelBytes]), MemoryMarshal.Cast<byte, float>(memory[LabelBytes..]));

    /// <summary>Returns the reason why small batches for a device are not copied there during the step before; null if they are.</summary>
    public static string? ObstacleToCopyAhead(Device? device)
    {
        var (staging, obstacle) = CudaStaging.Create(device, 1);
        staging?.Dispose();
        return obstacle;
    }

    /// <summary>Starts to read a split in order.</summary>
    /// <param name="split">The split.</param>
    /// <param name="source">Its images.</param>
    /// <param name="inBatch">The number of images in a batch.</param>
    /// <param name="crops">The number of crops of each image.</param>
    public Prefetcher ToMeasure(DataSplit split, IImageSource source, int inBatch, int crops) =>
        Prefetch(source, inBatch, (step, labels, images) => OpenToMeasure(split, source, step * inBatch, crops, labels, images), crops, (source.Count + inBatch - 1) / inBatch);

    /// <summary>Creates a batch to measure, on the device; null if none of its images can be decoded.</summary>
    /// <param name="source">The images.</param>
    /// <param name="batches">What <see cref="ToMeasure"/> returned.</param>
    /// <param name="step">The number of the batch.</param>
    /// <param name="count">The number of its images.</param>
    /// <param name="crops">The number of crops of each image.</param>
    public (Tensor Input, Tensor Target)? Measured(IImageSource source, Prefetcher batches, long step, int count, int crops)
    {
        using var scope = NewDisposeScope();
        var (input, target) = Assemble(source, batches, step, count, crops);
        var there = target.ge(s_zero);
        if (!there.any().ToBoolean())
        {
            return null;
        }

        if (!there.all().ToBoolean())
        {
            (input, target) = (input[there.repeat_interleave(crops)], target[there]);
        }

        return (DeviceCopy.Send(input, _device).MoveToOuterDisposeScope(), DeviceCopy.Send(target, _device).MoveToOuterDisposeScope());
    }

    /// <summary>Computes the number of values of an image as it is written.</summary>
    public static int Numbers(IImageSource source) => source.Form.Channels * source.Form.Height * source.Form.Width;

    private int LabelBytes => sizeof(long) * _order.BatchSize;

    private long ImageBytes => sizeof(float) * (long)Numbers(_train) * _order.BatchSize;

    private int Workers => _data.Workers(get_num_threads());

    private Prefetcher Prefetch(IImageSource source, int batchSize, Prefetcher.Opener open, int crops = 1, long steps = long.MaxValue)
    {
        var numbers = crops * Numbers(source);
        var ahead = (int)Math.Clamp(MostPrefetchedBytes / (sizeof(float) * (long)numbers * batchSize), 1, _data.Prefetched);
        return new(open, batchSize, numbers, ahead, steps);
    }

    private Action<int> Open(long step, long[] labels, float[] images)
    {
        var (epoch, position, examples) = _order.At(step);
        var numbers = Numbers(_train);
        return place =>
        {
            var target = images.AsSpan(place * numbers, numbers);
            var example = examples.Span[place];
            while (!TryWrite(example, new(_augmentation, _seed, epoch, position + place), target))
            {
                example = _train.Instead(example);
                if (example == examples.Span[place])
                {
                    throw new DsdException($"{_data.Name}: no image of class {_train.ClassOf(example)} can be decoded, so there is no substitute. Replace the damaged images, or remove the class.");
                }
            }

            labels[place] = _train.Label(example);
        };
    }

    private bool TryWrite(int example, in Variation variation, Span<float> target)
    {
        try
        {
            if (variation.Augmentation.IsNone)
            {
                _train.Write(example, target);
            }
            else
            {
                _train.Write(example, variation, target);
            }

            return true;
        }
        catch (UnreadableImageException e)
        {
            Reject(DataSplit.Train, _train, example, e.Message);
            return false;
        }
    }

    /// <summary>Fills a batch of consecutive images; one that cannot be decoded gets the label −1.</summary>
    private Action<int> OpenToMeasure(DataSplit split, IImageSource source, long first, int crops, long[] labels, float[] images)
    {
        var numbers = crops * Numbers(source);
        return place =>
        {
            if (first + place >= source.Count)
            {
                return;
            }

            var example = (int)first + place;
            var target = images.AsSpan(place * numbers, numbers);
            labels[place] = source.Label(example);
            try
            {
                if (crops == 1)
                {
                    source.Write(example, target);
                }
                else
                {
                    source.WriteTenCrops(example, target);
                }
            }
            catch (UnreadableImageException e)
            {
                Reject(split, source, example, e.Message);
                labels[place] = -1;
                target.Clear();
            }
        };
    }

    private void Reject(DataSplit split, IImageSource source, int example, string reason)
    {
        _leftOut.TryAdd((split, example), $"{source.NameOf(example)}: {reason}");
        source.Reject(example, reason);
    }

    /// <summary>Writes a batch directly into the memory of its tensors.</summary>
    private (Tensor Input, Tensor Target) Assemble(IImageSource source, Prefetcher batches, long step, int count, int crops = 1)
    {
        var (input, target) = Empty(source, count, CPU, crops);
        return Filled(source, input, target, () => batches.Take(step, Workers, MemoryMarshal.Cast<byte, long>(target.bytes), MemoryMarshal.Cast<byte, float>(input.bytes)));
    }

    private static (Tensor Input, Tensor Target) Empty(IImageSource source, int count, Device device, int crops = 1)
    {
        var (channels, height, width) = source.Form;
        return (empty(count * crops, channels, height, width, dtype: ScalarType.Float32, device: device), empty(count, dtype: ScalarType.Int64, device: device));
    }

    private static (Tensor Input, Tensor Target) Filled(IImageSource source, Tensor input, Tensor target, Action fill)
    {
        try
        {
            fill();
            source.Tell();
        }
        catch
        {
            input.Dispose();
            target.Dispose();
            throw;
        }

        return (input, target);
    }
}
