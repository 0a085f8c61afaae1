namespace Dsd.Data;

/// <summary>How training images are varied at random, as plain data.</summary>
public sealed record Augmentation
{
    /// <summary>The largest <see cref="ShiftPixels"/>: 8.</summary>
    public const int MaxShiftPixels = 8;

    /// <summary>Describes an augmentation.</summary>
    /// <param name="shiftPixels">The largest shift in each direction, in pixels, 0 to 8. Default 0.</param>
    /// <param name="flip">Whether images are mirrored left to right with probability one half. Default false.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="shiftPixels"/> is outside 0 to 8.</exception>
    public Augmentation(int shiftPixels = 0, bool flip = false)
    {
        if (shiftPixels is < 0 or > MaxShiftPixels)
        {
            throw new ArgumentOutOfRangeException(nameof(shiftPixels), shiftPixels, $"A shift must be 0 to {MaxShiftPixels} pixels; 0 means none.");
        }

        ShiftPixels = shiftPixels;
        Flip = flip;
    }

    /// <summary>Images as they are.</summary>
    public static Augmentation None { get; } = new();

    /// <summary>What <c>dsd train --augment</c> does: shifts by up to 2 pixels, and flips.</summary>
    public static Augmentation Usual { get; } = new(2, flip: true);

    /// <summary>The largest shift in each direction, in pixels, 0 to 8.</summary>
    /// <remarks>
    /// Rows and columns shift independently, each by a whole number drawn uniformly from −ShiftPixels to ShiftPixels; what
    /// comes in is 0 before normalisation. This is the random crop of an image padded by that much on each side.
    /// </remarks>
    public int ShiftPixels { get; }

    /// <summary>Whether images are mirrored left to right with probability one half, before the shift.</summary>
    public bool Flip { get; }

    /// <summary>Whether images stay as they are.</summary>
    public bool IsNone => ShiftPixels == 0 && !Flip;

    /// <summary>The augmentation as text, e.g. <c>"shift 2, flip"</c> or <c>"no augmentation"</c>.</summary>
    public override string ToString() => (ShiftPixels, Flip) switch
    {
        (0, false) => "no augmentation",
        (0, true) => "flip",
        (_, false) => $"shift {ShiftPixels}",
        _ => $"shift {ShiftPixels}, flip",
    };

    /// <summary>The same with another largest shift.</summary>
    /// <param name="shiftPixels">The largest shift in pixels, 0 to 8.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="shiftPixels"/> is outside 0 to 8.</exception>
    public Augmentation WithShiftPixels(int shiftPixels) => new(shiftPixels, Flip);

    /// <summary>The same with or without mirroring.</summary>
    /// <param name="flip">Whether images are mirrored with probability one half.</param>
    public Augmentation WithFlip(bool flip) => new(ShiftPixels, flip);
}
