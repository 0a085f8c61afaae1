namespace Dsd.Data;

/// <summary>What one image of a batch undergoes: an augmentation and the random numbers that belong to the image's place.</summary>
/// <param name="Augmentation">How images are varied.</param>
/// <param name="Seed">The seed of the run.</param>
/// <param name="Epoch">The epoch.</param>
/// <param name="Position">The place in the epoch's order.</param>
internal readonly record struct Variation(Augmentation Augmentation, long Seed, long Epoch, long Position)
{
    private const long Positions = 64;

    private CounterRandom Places => CounterRandom.For(Seed, "augment", Epoch);

    private CounterRandom Recipe => CounterRandom.For(Seed, "recipe", Epoch);

    /// <summary>How far and whether it is shifted and mirrored: three numbers a position.</summary>
    public (int Down, int Right, bool Flip) Place()
    {
        var (random, reach) = (Places, (2 * Augmentation.ShiftPixels) + 1);
        var down = random.Below(3L * Position, reach) - Augmentation.ShiftPixels;
        var right = random.Below((3L * Position) + 1, reach) - Augmentation.ShiftPixels;
        return (down, right, Augmentation.Flip && random.Below((3L * Position) + 2, 2) == 1);
    }

    /// <summary>The part of it that is cropped; all of it where images are not cropped.</summary>
    public CropBox Crop(int width, int height) => Augmentation.SmallestCrop is { } smallest
        ? CropBox.Random(width, height, smallest, Recipe, Positions * Position)
        : new(0, 0, width, height);

    /// <summary>Mirrors and shifts it, and changes its colours.</summary>
    /// <param name="planes">Its channels one after the other, 1 for full.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="height">Its rows.</param>
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
