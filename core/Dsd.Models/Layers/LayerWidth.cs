namespace Dsd.Models;

/// <summary>The one rule by which channels and units of a network are scaled.</summary>
internal static class LayerWidth
{
    /// <summary>The largest factor.</summary>
    public const double Largest = 4;

    /// <summary>Channels or units of a layer in a network of another width: rounded half to even, and at least 1.</summary>
    /// <param name="full">Their number at full size.</param>
    /// <param name="width">The factor.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="width"/> is not above 0 and at most 4.</exception>
    public static int Scaled(int full, double width) => Math.Max(1, checked((int)Math.Round(full * Checked(width), MidpointRounding.ToEven)));

    /// <summary>The factor, if it is one.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="width"/> is not above 0 and at most 4.</exception>
    public static double Checked(double width) => width is > 0 and <= Largest
        ? width
        : throw new ArgumentOutOfRangeException(nameof(width), width, "A width is a factor above 0 and at most 4; 1 is full size.");
}
