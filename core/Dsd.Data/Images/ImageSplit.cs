namespace Dsd.Data;

/// <summary>One split of a data set of labelled 8-bit images in memory.</summary>
public sealed class ImageSplit
{
    private readonly byte[] _pixels;
    private readonly byte[] _labels;

    /// <summary>Wraps arrays of images and labels, which must not be modified afterwards.</summary>
    /// <param name="pixels">The concatenated images, each channels × height × width, 0 to 255.</param>
    /// <param name="labels">The class of each image, from 0.</param>
    /// <param name="channels">The number of channels, at least 1.</param>
    /// <param name="height">The height in pixels, at least 1.</param>
    /// <param name="width">The width in pixels, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    /// <exception cref="ArgumentException">The number of pixels is not channels × height × width for each label.</exception>
    public ImageSplit(byte[] pixels, byte[] labels, int channels, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if ((Int128)labels.Length * channels * height * width != pixels.Length)
        {
            throw new ArgumentException(
                $"{labels.Length} images of {channels}×{height}×{width} need {(Int128)labels.Length * channels * height * width} pixels; got {pixels.Length}.",
                nameof(pixels));
        }

        _pixels = pixels;
        _labels = labels;
        Channels = channels;
        Height = height;
        Width = width;
    }

    /// <summary>The concatenated images, each channels × height × width.</summary>
    public ReadOnlyMemory<byte> Pixels => _pixels;

    /// <summary>The class of each image.</summary>
    public ReadOnlyMemory<byte> Labels => _labels;

    /// <summary>The number of images.</summary>
    public int Count => _labels.Length;

    /// <summary>The number of channels: 1 for grey, 3 for colour.</summary>
    public int Channels { get; }

    /// <summary>The height of an image in pixels.</summary>
    public int Height { get; }

    /// <summary>The width of an image in pixels.</summary>
    public int Width { get; }

    /// <summary>The number of values of an image over all channels.</summary>
    public int PixelsPerImage => Channels * Height * Width;

    /// <summary>Gets one image.</summary>
    /// <param name="index">Its position, from 0 to <see cref="Count"/> − 1.</param>
    /// <returns>Its pixels as channels × height × width.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is outside the split.</exception>
    public ReadOnlySpan<byte> Image(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return _pixels.AsSpan(index * PixelsPerImage, PixelsPerImage);
    }

    /// <summary>Copies some of the images.</summary>
    /// <param name="indices">Their positions, in the order of the result.</param>
    /// <exception cref="ArgumentOutOfRangeException">A position is outside the split.</exception>
    public ImageSplit Select(ReadOnlySpan<int> indices)
    {
        var size = PixelsPerImage;
        var pixels = new byte[checked(indices.Length * size)];
        var labels = new byte[indices.Length];
        for (var i = 0; i < indices.Length; i++)
        {
            Image(indices[i]).CopyTo(pixels.AsSpan(i * size));
            labels[i] = _labels[indices[i]];
        }

        return new(pixels, labels, Channels, Height, Width);
    }

    /// <summary>Copies some images of two splits of one shape.</summary>
    /// <param name="first">The first split.</param>
    /// <param name="second">The split whose positions follow those of the first.</param>
    /// <param name="places">Positions, in the order of the result.</param>
    internal static ImageSplit Select(ImageSplit first, ImageSplit second, ReadOnlySpan<int> places)
    {
        var size = first.PixelsPerImage;
        var pixels = new byte[checked(places.Length * size)];
        var labels = new byte[places.Length];
        for (var i = 0; i < places.Length; i++)
        {
            var (part, index) = places[i] < first.Count ? (first, places[i]) : (second, places[i] - first.Count);
            part.Image(index).CopyTo(pixels.AsSpan(i * size));
            labels[i] = part._labels[index];
        }

        return new(pixels, labels, first.Channels, first.Height, first.Width);
    }

    /// <summary>Gives the images other labels; the pixels are shared.</summary>
    internal ImageSplit WithLabels(byte[] labels) => new(_pixels, labels, Channels, Height, Width);

    /// <summary>Combines a file of grey images with the file of their labels.</summary>
    /// <exception cref="DsdException">The files do not match, or a label is not below the number of classes.</exception>
    internal static ImageSplit From(IdxFile images, IdxFile labels, int classes)
    {
        if (images.Dims.Count != 3 || images.Dims[1] < 1 || images.Dims[2] < 1)
        {
            throw new DsdException($"The file '{images.Path}' has sizes {images.Dims}; expected [images, rows, columns]. Check that it is the file of the images.");
        }

        if (labels.Dims.Count != 1 || labels.Dims[0] != images.Dims[0])
        {
            throw new DsdException(
                $"The file '{labels.Path}' has sizes {labels.Dims}; expected [{images.Dims[0]}], one label for each image of '{images.Path}'. "
                + "Check that the two files belong together.");
        }

        var split = new ImageSplit(images.ItemArray, labels.ItemArray, 1, images.Dims[1], images.Dims[2]);
        split.CheckLabels(classes, $"The file '{labels.Path}'");
        return split;
    }

    /// <summary>Checks that every label is below the number of classes.</summary>
    /// <exception cref="DsdException">A label is too large.</exception>
    internal void CheckLabels(int classes, string where)
    {
        var position = classes > byte.MaxValue ? -1 : _labels.AsSpan().IndexOfAnyInRange((byte)classes, byte.MaxValue);
        if (position >= 0)
        {
            throw new DsdException(
                $"{where} has the label {_labels[position]} at position {position}; 0 to {classes - 1} are allowed. "
                + "Check that the labels belong to this data set and that the number of classes is right.");
        }
    }
}
