namespace Dsd.Data;

/// <summary>One split of a caption data set: image features with their captions.</summary>
/// <remarks>Captions without a word, and images without a caption, are excluded and counted.</remarks>
internal sealed class CaptionSplit
{
    private readonly float[] _features;
    private readonly int[] _rows;

    /// <summary>Wraps an array of features, which must not be modified afterwards.</summary>
    /// <param name="features">The concatenated features of the images, finite values.</param>
    /// <param name="featureWidth">The length of a feature, at least 1.</param>
    /// <param name="images">The images in the order of the features.</param>
    /// <param name="pixels">The pixels of the images in the same order, for a baseline. Default null: not available.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="featureWidth"/> is below 1.</exception>
    /// <exception cref="ArgumentException">The number of features, or pixels, does not match the images.</exception>
    /// <exception cref="DsdException">A feature holds a value that is not finite; the message names the image.</exception>
    public CaptionSplit(float[] features, int featureWidth, IReadOnlyList<CaptionedImage> images, ImageSplit? pixels = null)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentOutOfRangeException.ThrowIfLessThan(featureWidth, 1);
        if ((long)images.Count * featureWidth != features.Length || (pixels is not null && pixels.Count != images.Count))
        {
            throw new ArgumentException(
                $"{images.Count} images need {images.Count} features of {featureWidth} values; got {features.Length} values"
                + (pixels is null ? "." : $", and pixels of {pixels.Count} images."),
                nameof(features));
        }

        for (var i = 0; i < images.Count; i++)
        {
            if (Array.FindIndex(features, i * featureWidth, featureWidth, f => !float.IsFinite(f)) is >= 0 and var place)
            {
                throw new DsdException(
                    $"The feature of the image '{images[i].Name}' holds {features[place]} at position {place - (i * featureWidth)}; all of its {featureWidth} values must be finite. Compute the features again.");
            }
        }

        _features = features;
        FeatureWidth = featureWidth;
        _rows = [.. Enumerable.Range(0, images.Count).Where(i => images[i].Captions.Any(c => c.Count > 0))];
        Images = [.. _rows.Select(i => images[i] with { Captions = [.. images[i].Captions.Where(c => c.Count > 0)] })];
        Pixels = pixels?.Select(_rows);
        Raw = images;
        EmptyCaptions = images.Sum(i => i.Captions.Count) - Images.Sum(i => i.Captions.Count);
        ImagesWithoutCaption = images.Count - Images.Count;
    }

    private CaptionSplit(CaptionSplit whole, int count)
    {
        _features = whole._features;
        FeatureWidth = whole.FeatureWidth;
        _rows = whole._rows[..count];
        Images = [.. whole.Images.Take(count)];
        Pixels = whole.Pixels?.Select([.. Enumerable.Range(0, count)]);
        (Raw, EmptyCaptions, ImagesWithoutCaption) = (whole.Raw, whole.EmptyCaptions, whole.ImagesWithoutCaption);
    }

    /// <summary>The images with at least one caption, and their captions with at least one word.</summary>
    public IReadOnlyList<CaptionedImage> Images { get; }

    /// <summary>All images with all captions, including the excluded ones.</summary>
    internal IReadOnlyList<CaptionedImage> Raw { get; }

    /// <summary>The pixels of the images; null if they are not available.</summary>
    public ImageSplit? Pixels { get; }

    /// <summary>The number of images.</summary>
    public int Count => _rows.Length;

    /// <summary>The length of a feature.</summary>
    public int FeatureWidth { get; }

    /// <summary>The number of captions excluded because they have no word.</summary>
    public int EmptyCaptions { get; }

    /// <summary>The number of images excluded because they have no caption with a word.</summary>
    public int ImagesWithoutCaption { get; }

    /// <summary>Takes the first images; what was excluded stays that of the whole split.</summary>
    /// <param name="count">Their number, from 0 to <see cref="Count"/>.</param>
    internal CaptionSplit First(int count) => new(this, count);

    /// <summary>Gets the feature of an image.</summary>
    /// <param name="index">Its position, from 0 to <see cref="Count"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is outside the split.</exception>
    public ReadOnlySpan<float> Feature(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return _features.AsSpan(_rows[index] * FeatureWidth, FeatureWidth);
    }
}
