namespace Dsd.Data;

/// <summary>The random augmentation of one image: the augmentation and the stream position of its random numbers.</summary>
/// <param name="Augmentation">The augmentation.</param>
/// <param name="Seed">The seed of the run.</param>
/// <param name="Epoch">The epoch.</param>
/// <param name="Position">The position in the epoch's order.</param>
internal readonly record struct Variation(Augmentation Augmentation, long Seed, long Epoch, long Position)
{
    private const long Positions = 64;

    private CounterRandom Places => CounterRandom.For(Seed, "augment", Epoch);

    private CounterRandom Recipe => CounterRandom.For(Seed, "recipe", Epoch);

    /// <summary>Draws shift and mirroring: three random numbers per position.</summary>
    public (int Down, int Right, bool Flip) Place()
    {
        var (random, reach) = (Places, (2 * Augmentation.ShiftPixels) + 1);
        var down = random.Below(3L * Position, reach) - Augmentation.ShiftPixels;
        var right = random.Below((3L * Position) + 1, reach) - Augmentation.ShiftPixels;
        return (down, right, Augmentation.Flip && random.Below((3L * Position) + 2, 2) == 1);
    }

    /// <summary>Draws the crop; the whole image without random crops.</summary>
    public CropBox Crop(int width, int height) => Augmentation.SmallestCrop is { } smallest
        ? CropBox.Random(width, height, smallest, Recipe, Positions * Position)
        : new(0, 0, width, height);

    /// <summary>Mirrors and shifts the image, and changes its colours.</summary>
    /// <param name="planes">The channel planes, values in [0, 1].</param>
    /// <param name="width">The width in pixels.</param>
    /// <param name="height">The height in pixels.</param>
    public void Apply(Span<float> planes, int width, int height)
    {
        var (down, right, flip) = Place();
        for (var row = 0; flip && row < planes.Length / width; row++)
        {
            planes.Slice(row * width, width).Reverse();
        }

        if (down != 0 || right != 0)
        {
            Shift(planes, width, height, down, right);
        }

        const long ColoursFrom = Positions - Colours.Positions;
        if (Augmentation.Jitter > 0)
        {
            Colours.Jitter(planes, Augmentation.Jitter, Recipe, (Positions * Position) + ColoursFrom);
        }

        if (Augmentation.Lighting > 0)
        {
            Colours.Lighting(planes, Augmentation.Lighting, Recipe, (Positions * Position) + ColoursFrom);
        }
    }

    private static void Shift(Span<float> planes, int width, int height, int down, int right)
    {
        var shifted = new float[planes.Length];
        for (var channel = 0; channel < planes.Length / (width * height); channel++)
        {
            for (var row = Math.Max(0, down); row < Math.Min(height, height + down); row++)
            {
                var from = planes.Slice(((channel * height) + row - down) * width, width);
                var to = shifted.AsSpan(((channel * height) + row) * width, width);
                var kept = Math.Max(0, width - Math.Abs(right));
                from.Slice(Math.Min(width, Math.Max(0, -right)), kept).CopyTo(to.Slice(Math.Min(width, Math.Max(0, right)), kept));
            }
        }

        shifted.CopyTo(planes);
    }
}
