using System.Globalization;

namespace Dsd.Data;

/// <summary>The random augmentation of training images, as plain data.</summary>
/// <remarks>
/// Transformations in this order: crop and resize to the network's image size, mirror, shift, change colours.
/// They are a pure function of the seed, the epoch and the image's position in it.
/// </remarks>
public sealed record Augmentation
{
    /// <summary>The largest <see cref="ShiftPixels"/>: 8.</summary>
    public const int MaxShiftPixels = 8;

    /// <summary>Describes an augmentation.</summary>
    /// <param name="shiftPixels">The largest shift in each direction, in pixels, 0 to 8. Default 0.</param>
    /// <param name="flip">True to mirror images left to right with probability 0.5. Default false.</param>
    /// <param name="smallestCrop">The smallest fraction of an image's area that a random crop covers, above 0 and up to 1. Default null: no random crops.</param>
    /// <param name="jitter">The largest relative change of brightness, contrast and saturation, 0 to 1. Default 0.</param>
    /// <param name="lighting">The standard deviation of the shift along the colours' principal components, 0 to 1. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    /// <exception cref="ArgumentException">Both a shift and a crop are given; a random crop already shifts.</exception>
    public Augmentation(int shiftPixels = 0, bool flip = false, double? smallestCrop = null, double jitter = 0, double lighting = 0)
    {
        if (shiftPixels is < 0 or > MaxShiftPixels)
        {
            throw new ArgumentOutOfRangeException(nameof(shiftPixels), shiftPixels, $"A shift must be 0 to {MaxShiftPixels} pixels; 0 means none.");
        }

        if (smallestCrop is not (null or (> 0 and <= 1)))
        {
            throw new ArgumentOutOfRangeException(nameof(smallestCrop), smallestCrop, "The smallest crop must be above 0 and at most 1, a fraction of the area; null means none.");
        }

        if (jitter is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(jitter), jitter, "The jitter must be 0 to 1; 0 means none.");
        }

        if (lighting is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(lighting), lighting, "The lighting must be 0 to 1; 0 means none.");
        }

        if (shiftPixels > 0 && smallestCrop is not null)
        {
            throw new ArgumentException("An augmentation either shifts images or crops them at random, which already shifts them; leave one out.", nameof(smallestCrop));
        }

        ShiftPixels = shiftPixels;
        Flip = flip;
        SmallestCrop = smallestCrop;
        Jitter = jitter;
        Lighting = lighting;
    }

    /// <summary>No augmentation.</summary>
    public static Augmentation None { get; } = new();

    /// <summary>The augmentation of <c>dsd train --augment</c> for small images: shifts by up to 2 pixels, and flips.</summary>
    public static Augmentation Usual { get; } = new(2, flip: true);

    /// <summary>The usual recipe for ImageNet networks: crops of 8–100 %, flips, jitter of 0.4 and lighting of 0.1.</summary>
    /// <remarks>Source: Gross and Wilber, "Training and investigating residual nets", 2016 (fb.resnet.torch).</remarks>
    public static Augmentation Reference { get; } = new(flip: true, smallestCrop: 0.08, jitter: 0.4, lighting: 0.1);

    /// <summary>The largest shift in each direction, in pixels, 0 to 8.</summary>
    /// <remarks>
    /// Rows and columns shift independently, each by a whole number drawn uniformly from −ShiftPixels to ShiftPixels; pixels
    /// shifted in are 0 before normalisation. This equals a random crop of an image padded by that much on each side.
    /// </remarks>
    public int ShiftPixels { get; }

    /// <summary>True if images are mirrored left to right with probability 0.5, before the shift.</summary>
    public bool Flip { get; }

    /// <summary>The smallest fraction of an image's area that a random crop covers; null without random crops.</summary>
    /// <remarks>
    /// The area is uniform from this to the whole, the ratio of width to height log-uniform from 3/4 to 4/3. A crop that does not fit is
    /// drawn again, at most ten times; then the largest centred crop of an allowed ratio is used.
    /// </remarks>
    public double? SmallestCrop { get; }

    /// <summary>The largest relative change of brightness, contrast and saturation, 0 to 1.</summary>
    /// <remarks>
    /// In random order, they blend the image with black, with its mean grey, and with its grey version, with a weight of the image uniform
    /// from 1 − Jitter to 1 + Jitter. Values are not clipped at black or white.
    /// </remarks>
    public double Jitter { get; }

    /// <summary>The standard deviation of the shift along the colours' principal components, 0 to 1.</summary>
    /// <remarks>All pixels of an image shift by the same amount. Source: Krizhevsky, Sutskever and Hinton, NeurIPS 2012, section 4.1.</remarks>
    public double Lighting { get; }

    /// <summary>True if images stay unchanged.</summary>
    public bool IsNone => this == None;

    /// <summary>True if images are at most shifted and mirrored.</summary>
    internal bool IsPlain => SmallestCrop is null && !ChangesColours;

    /// <summary>True if colours change, which needs three channels.</summary>
    internal bool ChangesColours => Jitter > 0 || Lighting > 0;

    /// <summary>Formats the augmentation, e.g. <c>"shift 2, flip"</c> or <c>"no augmentation"</c>.</summary>
    public override string ToString()
    {
        string?[] parts =
        [
            SmallestCrop is { } crop ? string.Create(CultureInfo.InvariantCulture, $"crop {100 * crop:0.##}–100 % of the area, ratio 3/4–4/3") : null,
            ShiftPixels > 0 ? $"shift {ShiftPixels}" : null,
            Flip ? "flip" : null,
            Jitter > 0 ? string.Create(CultureInfo.InvariantCulture, $"jitter {Jitter}") : null,
            Lighting > 0 ? string.Create(CultureInfo.InvariantCulture, $"lighting {Lighting}") : null,
        ];
        return IsNone ? "no augmentation" : string.Join(", ", parts.OfType<string>());
    }

    /// <summary>Copies the augmentation with another largest shift.</summary>
    /// <param name="shiftPixels">The largest shift in pixels, 0 to 8.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="shiftPixels"/> is outside 0 to 8.</exception>
    /// <exception cref="ArgumentException">The augmentation has random crops.</exception>
    public Augmentation WithShiftPixels(int shiftPixels) => new(shiftPixels, Flip, SmallestCrop, Jitter, Lighting);

    /// <summary>Copies the augmentation with or without mirroring.</summary>
    /// <param name="flip">True to mirror images with probability 0.5.</param>
    public Augmentation WithFlip(bool flip) => new(ShiftPixels, flip, SmallestCrop, Jitter, Lighting);

    /// <summary>Copies the augmentation with or without random crops.</summary>
    /// <param name="smallestCrop">The smallest fraction of the area, above 0 and up to 1; null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="smallestCrop"/> is outside its range.</exception>
    /// <exception cref="ArgumentException">The augmentation has a shift.</exception>
    public Augmentation WithSmallestCrop(double? smallestCrop) => new(ShiftPixels, Flip, smallestCrop, Jitter, Lighting);

    /// <summary>Copies the augmentation with another change of brightness, contrast and saturation.</summary>
    /// <param name="jitter">The largest relative change, 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="jitter"/> is outside its range.</exception>
    public Augmentation WithJitter(double jitter) => new(ShiftPixels, Flip, SmallestCrop, jitter, Lighting);

    /// <summary>Copies the augmentation with another shift along the colours' principal components.</summary>
    /// <param name="lighting">The standard deviation of the shift, 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="lighting"/> is outside its range.</exception>
    public Augmentation WithLighting(double lighting) => new(ShiftPixels, Flip, SmallestCrop, Jitter, lighting);
}
