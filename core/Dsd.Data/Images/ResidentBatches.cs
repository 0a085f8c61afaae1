using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>Batches of images that lie on a device: gathered, mirrored, shifted and normalised there, with the bits of <see cref="ImageWriter"/>.</summary>
/// <remarks>
/// A batch has a fixed shape and reads nothing on the host: <see cref="Indices"/> says which pixels it takes, and <see cref="Gather"/> takes them. The normalised
/// values come from a table of the 256 bytes per channel, so that no device computes them in a way of its own.
/// </remarks>
internal sealed class ResidentBatches
{
    private readonly ResidentImages _images;
    private readonly StepTable? _plan;
    private readonly Tensor _table;

    /// <summary>The first number of each value's table, int32: by channel or by image and channel; null if there is one table.</summary>
    private readonly Tensor? _tables;
    private readonly Tensor _columns;
    private readonly Tensor _rows;

    /// <summary>Prepares batches of one split.</summary>
    /// <param name="data">The data set with its means and deviations.</param>
    /// <param name="images">The split on its device.</param>
    /// <param name="plan">The batches of steps; null for a split that is only measured.</param>
    private ResidentBatches(ImageDataset data, ResidentImages images, Func<Device, StepTable>? plan)
    {
        using var scope = NewDisposeScope();
        var (device, padding) = (images.Pixels.device, images.Padding);
        var (height, width) = (images.Height + (2 * padding), images.Width + (2 * padding));
        (_images, _plan) = (images, plan?.Invoke(device));
        _table = tensor(ImageWriter.Tables(data).SelectMany(t => t).ToArray(), device: device).DetachFromDisposeScope();
        _tables = (images.Channels == 1 ? null : (arange(images.Channels, dtype: ScalarType.Int32, device: device) * ImageWriter.Bytes).view(-1, 1, 1))?.DetachFromDisposeScope();
        _columns = arange(images.Width, dtype: ScalarType.Int64, device: device).DetachFromDisposeScope();
        var channels = arange(images.Channels, dtype: ScalarType.Int64, device: device).view(-1, 1) * (height * width);
        _rows = (channels + (arange(images.Height, dtype: ScalarType.Int64, device: device) * width)).view(-1, 1).DetachFromDisposeScope();
    }

    /// <summary>Prepares batches of several seeds as one.</summary>
    /// <param name="seeds">The batches of each seed.</param>
    /// <param name="images">Their images, joined.</param>
    /// <param name="size">The images in a batch of one seed.</param>
    private ResidentBatches(IReadOnlyList<ResidentBatches> seeds, ResidentImages images, long size)
    {
        using var scope = NewDisposeScope();
        (_images, _columns, _rows) = (images, seeds[0]._columns, seeds[0]._rows);
        _table = cat([.. seeds.Select(s => s._table)]).DetachFromDisposeScope();
        var first = arange(seeds.Count, dtype: ScalarType.Int32, device: images.Pixels.device).repeat_interleave(size).view(-1, 1, 1, 1) * (images.Channels * ImageWriter.Bytes);
        _tables = (seeds[0]._tables is { } channels ? first + channels : first).DetachFromDisposeScope();
    }

    /// <summary>Prepares the batches of a training split; null if the images are not kept on the device.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="order">The order of examples.</param>
    /// <param name="augmentation">The augmentation: shifts and mirroring at most.</param>
    /// <param name="seed">The seed of the augmentation.</param>
    /// <param name="device">The device.</param>
    /// <param name="isWanted">See <see cref="ResidentImages.Of"/>.</param>
    public static ResidentBatches? ToTrain(ImageDataset data, BatchOrder order, Augmentation augmentation, long seed, Device? device, bool? isWanted)
    {
        var images = augmentation.IsPlain ? ResidentImages.Of(data.Train, augmentation.ShiftPixels, device, isWanted) : null;
        return images is null ? null : new(data, images, where => new(where, [augmentation.IsNone ? 1 : 3, order.BatchSize], (step, numbers) => Plan(images, order, augmentation, seed, step, numbers)));
    }

    /// <summary>Prepares the batches of a split to measure on; null if the images are not kept on the device.</summary>
    public static ResidentBatches? ToMeasure(ImageDataset data, ImageSplit part, Device? device, bool? isWanted) =>
        ResidentImages.Of(part, 0, device, isWanted) is { } images ? new(data, images, null) : null;

    /// <summary>Gets the pixels that the batch of a step takes.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <returns>
    /// int64 on the device, owned by the caller. Without augmentation the examples, shape (1, batch). Otherwise shape (3, batch): the examples; the place of each
    /// one's first pixel among all padded pixels; and the step from one column to the next, 1 or, mirrored, −1.
    /// </returns>
    public Tensor Indices(long step) => _plan!.At(step);

    /// <summary>Prepares the batches of several seeds, gathered together; null if they differ in their form, or if seeds drew images of their own that do not fit on the device once more.</summary>
    /// <param name="seeds">The batches of each seed.</param>
    /// <returns>A function from a step to the images, shape (k, batch, channels, height, width), and their classes, shape (k, batch).</returns>
    public static Func<long, (Tensor Input, Tensor Target)>? Together(IReadOnlyList<ResidentBatches> seeds)
    {
        if (seeds[0]._plan is not { } plan || seeds.Any(s => s._plan is null || !s._plan.Shape.SequenceEqual(plan.Shape))
            || ResidentImages.Joined([.. seeds.Select(s => s._images)]) is not { } images)
        {
            return null;
        }

        // Seed after seed within each row of the plan, as one batch that is k times as long.
        long rows = plan.Shape[0], size = plan.Shape[1];
        var all = images == seeds[0]._images ? seeds[0] : new(seeds, images, size);
        long[] begins = [.. seeds.Select(s => images.Begin(s._images))];
        var together = new StepTable(images.Pixels.device, [rows, seeds.Count * size], (step, numbers) => Fill(seeds, begins, images.Pixels.numel() / images.Pixels.shape[0], size, step, numbers));
        return step =>
        {
            using var indices = together.At(step);
            using var scope = NewDisposeScope();
            var (input, target) = all.Gather(indices);
            return (input.view([seeds.Count, size, .. input.shape[1..]]).MoveToOuterDisposeScope(), target.view(seeds.Count, size).MoveToOuterDisposeScope());
        };

        static unsafe void Fill(IReadOnlyList<ResidentBatches> seeds, long[] begins, long pixels, long size, long step, Span<long> numbers)
        {
            var rows = (int)(numbers.Length / (seeds.Count * size));
            fixed (long* all = numbers)
            {
                var there = (nint)all;

                // Each epoch of each seed has a permutation of its own to make.
                Parallel.For(0, seeds.Count, i =>
                {
                    var own = new long[rows * size];
                    seeds[i]._plan!.Fill(step, own);
                    for (var j = 0; j < size; j++)
                    {
                        own[j] += begins[i];
                        if (rows > 1)
                        {
                            own[size + j] += begins[i] * pixels;
                        }
                    }

                    for (var row = 0; row < rows; row++)
                    {
                        own.AsSpan((int)(row * size), (int)size).CopyTo(new Span<long>((long*)there + (((row * seeds.Count) + i) * size), (int)size));
                    }
                });
            }
        }
    }

    /// <summary>Gathers a batch.</summary>
    /// <param name="indices">What <see cref="Indices"/> returned.</param>
    /// <returns>The normalised images, float32, and their classes, int64; the caller owns both.</returns>
    public (Tensor Input, Tensor Target) Gather(Tensor indices)
    {
        using var scope = NewDisposeScope();
        var examples = indices.select(0, 0);
        var pixels = indices.shape[0] == 1
            ? _images.Pixels.index_select(0, examples)
            : _images.Pixels.take((indices.select(0, 1).view(-1, 1, 1) + (indices.select(0, 2).view(-1, 1, 1) * _columns)) + _rows);
        return (Normalised(pixels).MoveToOuterDisposeScope(), _images.Labels.index_select(0, examples).MoveToOuterDisposeScope());
    }

    /// <summary>Gets consecutive images without augmentation.</summary>
    /// <param name="first">The first one.</param>
    /// <param name="count">Their number.</param>
    /// <returns>The normalised images, float32, and their classes, int64; the caller owns both.</returns>
    public (Tensor Input, Tensor Target) Range(int first, int count)
    {
        using var scope = NewDisposeScope();
        return (Normalised(_images.Pixels.narrow(0, first, count)).MoveToOuterDisposeScope(), _images.Labels.narrow(0, first, count).MoveToOuterDisposeScope());
    }

    private Tensor Normalised(Tensor pixels)
    {
        // 32-bit indices: those of int64 would be eight times the bytes.
        var shaped = pixels.view(-1, _images.Channels, _images.Height, _images.Width);
        var places = _tables is null ? shaped.to(ScalarType.Int32) : shaped + _tables;
        return _table.index_select(0, places.view(-1)).view(shaped.shape);
    }

    private static void Plan(ResidentImages images, BatchOrder order, Augmentation augmentation, long seed, long step, Span<long> numbers)
    {
        var (epoch, position, examples) = order.At(step);
        var (height, width) = (images.Height + (2L * images.Padding), images.Width + (2L * images.Padding));
        var size = examples.Length;
        for (var i = 0; i < size; i++)
        {
            long example = examples.Span[i];
            numbers[i] = example;
            if (!augmentation.IsNone)
            {
                var (down, right, flip) = new Variation(augmentation, seed, epoch, position + i).Place();
                numbers[size + i] = (example * images.Channels * height * width) + ((images.Padding - down) * width) + images.Padding + (flip ? images.Width - 1 + right : -right);
                numbers[(2 * size) + i] = flip ? -1 : 1;
            }
        }
    }
}
