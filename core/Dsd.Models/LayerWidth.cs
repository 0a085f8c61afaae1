namespace Dsd.Models;

/// <summary>How many channels or units a layer has in a network that is narrower or wider than published.</summary>
internal static class LayerWidth
{
    /// <summary>The largest factor: 4.</summary>
    public const double Most = 4;

    /// <summary>A number of channels or units times a factor, rounded half to even, at least 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The factor is not above 0 and at most 4.</exception>
    public static int Scaled(int full, double width) => width is > 0 and <= Most
        ? Math.Max(1, (int)Math.Round(full * width, MidpointRounding.ToEven))
        : throw new ArgumentOutOfRangeException(nameof(width), width, $"A width must be above 0 and at most {Most}; 1 is the network as published.");
}
