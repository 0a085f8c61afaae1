namespace Dsd.Models;

/// <summary>The rule by which a width factor scales a network's channels and units.</summary>
internal static class LayerWidth
{
    /// <summary>The largest width factor.</summary>
    public const double Largest = 4;

    /// <summary>Scales a number of channels or units: rounded half to even, and at least 1.</summary>
    /// <param name="full">The number at full size.</param>
    /// <param name="width">The width factor.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="width"/> is not above 0 and at most 4.</exception>
    public static int Scaled(int full, double width) => Math.Max(1, checked((int)Math.Round(full * Checked(width), MidpointRounding.ToEven)));

    /// <summary>Returns the width factor if it is in range.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="width"/> is not above 0 and at most 4.</exception>
    public static double Checked(double width) => width is > 0 and <= Largest
        ? width
        : throw new ArgumentOutOfRangeException(nameof(width), width, "A width factor must be above 0 and at most 4; 1 is full size.");
}
