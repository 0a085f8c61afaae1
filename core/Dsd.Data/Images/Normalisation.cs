namespace Dsd.Data;

/// <summary>The normalisation of images: centres and scales each channel.</summary>
/// <param name="mean">The mean of each channel, for values in [0, 1].</param>
/// <param name="deviation">The standard deviation of each channel; a channel of deviation 0 is only centred.</param>
internal sealed class Normalisation(ValueList<double> mean, ValueList<double> deviation)
{
    /// <summary>Scales values from 0…255 to 0…1.</summary>
    public static void ToUnit(Span<float> planes)
    {
        foreach (ref var value in planes)
        {
            value *= 1 / 255f;
        }
    }

    /// <summary>Normalises an image in place, channel after channel.</summary>
    public void Apply(Span<float> planes)
    {
        var plane = planes.Length / mean.Count;
        for (var channel = 0; channel < mean.Count; channel++)
        {
            var (centre, scale) = ((float)mean[channel], (float)(1 / (deviation[channel] is > 0 and var positive ? positive : 1)));
            foreach (ref var value in planes.Slice(channel * plane, plane))
            {
                value = (value - centre) * scale;
            }
        }
    }
}
