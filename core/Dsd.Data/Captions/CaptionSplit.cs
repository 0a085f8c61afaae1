namespace Dsd.Data;

/// <summary>Images as features with their captions: one part of a data set.</summary>
/// <remarks>Captions without a word, and images without a caption, are left out and counted.</remarks>
public sealed class CaptionSplit
{
    private readonly float[] _features;
    private readonly int[] _rows;

    /// <summary>Takes features over; the array must not be changed afterwards.</summary>
    /// <param name="features">The images' features one after the other, finite numbers.</param>
    /// <param name="featureWidth">Numbers in a feature, at least 1.</param>
    /// <param name="images">The images in the order of the features.</param>
    /// <param name="pixels">The images themselves in the same order, for a baseline that looks at them. Default null: they are not at hand.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="featureWidth"/> is below 1.</exception>
    /// <exception cref="ArgumentException">There are not as many features, or pixels, as images.</exception>
    /// <exception cref="DsdException">A feature holds a number that is not finite; the message says of which image.</exception>
    public CaptionSplit(float[] features, int featureWidth, IReadOnlyList<CaptionedImage> images, ImageSplit? pixels = null)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentOutOfRangeException.ThrowIfLessThan(featureWidth, 1);
        if ((long)images.Count * featureWidth != features.Length || (pixels is not null && pixels.Count != images.Count))
        {
            throw new ArgumentException(
                $"{images.Count} images need {images.Count} features of {featureWidth} numbers, but {features.Length} numbers were given"
                + (pixels is null ? "." : $", and pixels of {pixels.Count} images."),
                nameof(features));
        }

        for (var i = 0; i < images.Count; i++)
        {
            if (Array.FindIndex(features, i * featureWidth, featureWidth, f => !float.IsFinite(f)) is >= 0 and var place)
            {
                throw new DsdException(
                    $"The feature of the image '{images[i].Name}' holds {features[place]} at position {place - (i * featureWidth)}; all of its {featureWidth} numbers must be finite. Compute the features again.");
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

    /// <summary>The images with at least one caption, and their captions with at least one word.</summary>
    public IReadOnlyList<CaptionedImage> Images { get; }

    /// <summary>All images with all captions, those that were left out too.</summary>
    internal IReadOnlyList<CaptionedImage> Raw { get; }

    /// <summary>The images themselves, where they are at hand.</summary>
    public ImageSplit? Pixels { get; }

    /// <summary>How many images there are.</summary>
    public int Count => _rows.Length;

    /// <summary>Numbers in a feature.</summary>
    public int FeatureWidth { get; }

    /// <summary>How many captions had no word and were left out.</summary>
    public int EmptyCaptions { get; }

    /// <summary>How many images had no caption with a word and were left out.</summary>
    public int ImagesWithoutCaption { get; }

    /// <summary>The feature of an image.</summary>
    /// <param name="index">Its position, from 0 to <see cref="Count"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is outside the part.</exception>
    public ReadOnlySpan<float> Feature(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return _features.AsSpan(_rows[index] * FeatureWidth, FeatureWidth);
    }
}
