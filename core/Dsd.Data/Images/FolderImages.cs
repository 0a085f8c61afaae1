using Dsd.Optimizers;
using Dsd.Records;

namespace Dsd.Data;

/// <summary>A source of images in files, decoded, cropped, resized and normalised at each call.</summary>
/// <param name="part">The files.</param>
/// <param name="size">Height and width in pixels of an image as it is written.</param>
/// <param name="split">The split.</param>
/// <param name="rejected">Collects files that cannot be decoded.</param>
internal sealed class FolderImages(FolderPart part, DataSplit split, int size, RejectedImages rejected) : IImageSource
{
    private const int FewRejected = 10;
    private const int Channels = 3;
    private int _rejectedHere;

    /// <inheritdoc/>
    public int Count => part.Count;

    /// <inheritdoc/>
    public (int Channels, int Height, int Width) Form => (Channels, size, size);

    /// <inheritdoc/>
    public bool HasTenCrops => true;

    /// <inheritdoc/>
    public int Label(int index) => part.DrawnLabels?[index] ?? part.Labels[index];

    /// <inheritdoc/>
    public int TrueLabel(int index) => part.Labels[index];

    /// <inheritdoc/>
    public string ClassOf(int index) => part.ClassNames[part.Labels[index]];

    /// <inheritdoc/>
    public string NameOf(int index) => part.NameOf(index);

    /// <inheritdoc/>
    public void Write(int index, Span<float> target)
    {
        WriteCentre(index, target);
        Normalisation.ToUnit(target);
        ImageNet.Normalisation.Apply(target);
    }

    /// <inheritdoc/>
    public void Write(int index, in Variation variation, Span<float> target)
    {
        if (variation.Augmentation.SmallestCrop is null)
        {
            WriteCentre(index, target);
        }
        else
        {
            using var bytes = FileBytes.Read(part.FilePath(index));
            using var file = ImageFile.Open(bytes.Memory);
            var crop = variation.Crop(file.Width, file.Height);
            using var image = Decode(file, Math.Max((double)size / crop.Width, (double)size / crop.Height));
            Resampler.Resize(image, crop.Scaled(file, image), (size, size), new(0, 0, size, size), Channels, target);
        }

        Normalisation.ToUnit(target);
        variation.Apply(target, size, size);
        ImageNet.Normalisation.Apply(target);
    }

    /// <inheritdoc/>
    public void WriteTenCrops(int index, Span<float> target)
    {
        using var image = Whole(index, out var resized);
        var (right, bottom) = (resized.Width - size, resized.Height - size);
        (int X, int Y)[] corners = [(0, 0), (right, 0), (0, bottom), (right, bottom), (Middle(right), Middle(bottom))];
        var numbers = Channels * size * size;
        for (var i = 0; i < 2 * corners.Length; i++)
        {
            // The left corner of the mirrored image is the right one of the image.
            var mirrored = i >= corners.Length;
            var (x, y) = corners[i % corners.Length];
            x = mirrored ? right - x : x;
            var crop = target.Slice(i * numbers, numbers);
            if (mirrored && Array.IndexOf(corners, (x, y)) is >= 0 and var known)
            {
                target.Slice(known * numbers, numbers).CopyTo(crop);
            }
            else
            {
                Resampler.Resize(image, image.All, resized, new(x, y, size, size), Channels, crop);
                Normalisation.ToUnit(crop);
                ImageNet.Normalisation.Apply(crop);
            }

            for (var row = 0; mirrored && row < Channels * size; row++)
            {
                crop.Slice(row * size, size).Reverse();
            }
        }
    }

    /// <inheritdoc/>
    public int Instead(int index)
    {
        var label = part.Labels[index];
        if (index + 1 < part.Count && part.Labels[index + 1] == label)
        {
            return index + 1;
        }

        // The last of its class is followed by the first.
        var (low, high) = (0, index);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = part.Labels[middle] < label ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <inheritdoc/>
    public void Reject(int index, string reason)
    {
        if (rejected.Add(split, new(part.FilePath(index), reason)))
        {
            Interlocked.Increment(ref _rejectedHere);
        }

        if (_rejectedHere > FewRejected && _rejectedHere > part.Count / 100)
        {
            throw new DsdException(
                $"{_rejectedHere} of the {part.Count} images in '{part.Path}' cannot be decoded, which is more than 1 %; there may be others. "
                + $"The last one: '{part.FilePath(index)}': {reason}. Check that the files were copied completely and that you may read them.");
        }
    }

    /// <inheritdoc/>
    public void Tell() => rejected.Tell();

    /// <summary>Checks that each class has an image that can be decoded; stops at the first of each class, so that few are read.</summary>
    /// <exception cref="DsdException">Classes have no such image; the message lists them.</exception>
    public void CheckThatEachClassHasOne()
    {
        var gone = new System.Collections.Concurrent.ConcurrentBag<(int Label, int Files, string First)>();
        var classes = Enumerable.Range(0, part.Count).GroupBy(i => part.Labels[i]).ToList();
        Parallel.ForEach(classes, ofClass =>
        {
            string? first = null;
            foreach (var index in ofClass)
            {
                try
                {
                    using var bytes = FileBytes.Read(part.FilePath(index));
                    using var file = ImageFile.Open(bytes.Memory);
                    using var image = Decode(file, (double)size / Math.Max(file.Width, file.Height));
                    return;
                }
                catch (UnreadableImageException e)
                {
                    first ??= $"{part.NameOf(index)}: {e.Message}";
                }
            }

            gone.Add((ofClass.Key, ofClass.Count(), first!));
        });
        if (!gone.IsEmpty)
        {
            throw new DsdException(
                $"The {split.ToString().ToLowerInvariant()} split of '{Path.GetDirectoryName(part.Path)}' has classes without an image that can be decoded: "
                + TextList.FirstFew([.. gone.OrderBy(g => g.Label).Select(g => FormattableString.Invariant($"'{part.ClassNames[g.Label]}' (all {g.Files} files; {g.First})"))], "; ")
                + ". Replace the damaged images, or remove the class from every split.");
        }
    }

    private void WriteCentre(int index, Span<float> target)
    {
        using var image = Whole(index, out var resized);
        Resampler.Resize(image, image.All, resized, new(Middle(resized.Width - size), Middle(resized.Height - size), size, size), Channels, target);
    }

    /// <summary>Decodes an image to be resized as a whole, its shorter side to 256/224 of the crop's.</summary>
    private DecodedImage Whole(int index, out (int Width, int Height) resized)
    {
        using var bytes = FileBytes.Read(part.FilePath(index));
        using var file = ImageFile.Open(bytes.Memory);
        resized = ImageNet.Resized(file.Width, file.Height, size);
        return Decode(file, (double)resized.Width / file.Width);
    }

    /// <summary>Decodes a file at a fraction of its size or slightly more.</summary>
    private static DecodedImage Decode(ImageFile file, double scale)
    {
        var (width, height) = file.ScaledSize(Math.Min(1, scale));
        return file.Decode(width, height);
    }

    /// <summary>Halves a margin, rounding half to even.</summary>
    private static int Middle(int left) => (int)Math.Round(left / 2.0);
}
