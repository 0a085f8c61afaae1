using Dsd.Studies;

namespace Dsd.Data;

/// <summary>Changes of an image's colours in place, on red, green and blue planes in [0, 1].</summary>
internal static class Colours
{
    /// <summary>The number of positions in a random stream reserved for the changes of one image.</summary>
    public const int Positions = 16;

    // The principal components of ImageNet's colours: roots of the eigenvalues, and the eigenvectors (red, green, blue) of each. As
    // published with fb.resnet.torch (datasets/imagenet.lua), after Krizhevsky et al., 2012.
    private static readonly double[] s_deviations = [0.2175, 0.0188, 0.0045];
    private static readonly double[][] s_components = [[-0.5675, -0.5808, -0.5836], [0.7192, -0.0045, -0.6948], [0.4009, -0.8140, 0.4203]];

    /// <summary>Changes brightness, contrast and saturation in random order.</summary>
    /// <param name="planes">The image.</param>
    /// <param name="amount">The largest relative change, 0 to 1.</param>
    /// <param name="random">The stream to draw from.</param>
    /// <param name="counter">The first of the image's positions in the stream.</param>
    public static void Jitter(Span<float> planes, double amount, CounterRandom random, long counter)
    {
        // One of the six orders, then a weight for each change.
        var order = random.Below(counter, 6);
        int[] changes = [order / 2, 0, 0];
        changes[1] = (changes[0] + 1 + (order % 2)) % 3;
        changes[2] = 3 - changes[0] - changes[1];
        foreach (var change in changes)
        {
            var weight = (float)(1 + (amount * ((2 * random.Uniform(counter + 1 + change)) - 1)));
            switch (change)
            {
                case 0:
                    Brightness(planes, weight);
                    break;
                case 1:
                    Contrast(planes, weight);
                    break;
                default:
                    Saturation(planes, weight);
                    break;
            }
        }
    }

    /// <summary>Blends the image with black.</summary>
    public static void Brightness(Span<float> planes, float weight)
    {
        foreach (ref var value in planes)
        {
            value *= weight;
        }
    }

    /// <summary>Blends the image with the mean of its grey values.</summary>
    public static void Contrast(Span<float> planes, float weight)
    {
        var plane = planes.Length / 3;
        var sum = 0.0;
        for (var i = 0; i < plane; i++)
        {
            sum += Grey(planes, plane, i);
        }

        var rest = (float)(sum / plane) * (1 - weight);
        foreach (ref var value in planes)
        {
            value = (value * weight) + rest;
        }
    }

    /// <summary>Blends the image with its grey version.</summary>
    public static void Saturation(Span<float> planes, float weight)
    {
        var plane = planes.Length / 3;
        for (var i = 0; i < plane; i++)
        {
            var rest = Grey(planes, plane, i) * (1 - weight);
            planes[i] = (planes[i] * weight) + rest;
            planes[plane + i] = (planes[plane + i] * weight) + rest;
            planes[(2 * plane) + i] = (planes[(2 * plane) + i] * weight) + rest;
        }
    }

    /// <summary>Shifts all pixels along the principal components of colours, by a normally distributed amount for each.</summary>
    /// <param name="planes">The image.</param>
    /// <param name="deviation">The standard deviation of these amounts.</param>
    /// <param name="random">The stream to draw from.</param>
    /// <param name="counter">The first of the image's positions in the stream, an even number.</param>
    public static void Lighting(Span<float> planes, double deviation, CounterRandom random, long counter)
    {
        var plane = planes.Length / 3;
        for (var channel = 0; channel < 3; channel++)
        {
            var shift = 0.0;
            for (var component = 0; component < 3; component++)
            {
                // A normal number takes two positions; the first four are those of the jitter.
                shift += deviation * random.Normal((counter / 2) + 2 + component) * s_deviations[component] * s_components[component][channel];
            }

            foreach (ref var value in planes.Slice(channel * plane, plane))
            {
                value += (float)shift;
            }
        }
    }

    private static float Grey(ReadOnlySpan<float> planes, int plane, int i) =>
        (0.299f * planes[i]) + (0.587f * planes[plane + i]) + (0.114f * planes[(2 * plane) + i]);
}
