namespace Dsd.Data;

/// <summary>Writes 8-bit images as normalised float32 values.</summary>
internal sealed class ImageWriter
{
    /// <summary>The values in a table, one for each 8-bit value.</summary>
    public const int Bytes = 256;

    private readonly ImageSplit _part;
    private readonly float[][] _tables;

    /// <summary>Creates a writer for the images of one split.</summary>
    /// <param name="data">The data set with its means and deviations; a channel of deviation 0 is only centred.</param>
    /// <param name="part">The split that holds the images.</param>
    public ImageWriter(ImageDataset data, ImageSplit part)
    {
        _part = part;
        _tables = Tables(data);
    }

    /// <summary>Computes the normalised value of each 8-bit value, one table per channel.</summary>
    /// <param name="data">The data set with its means and deviations; a channel of deviation 0 is only centred.</param>
    public static float[][] Tables(ImageDataset data) => [.. data.Mean.Zip(data.StandardDeviation, (mean, deviation) =>
        Enumerable.Range(0, Bytes).Select(value => (float)(((value / 255.0) - mean) / (deviation > 0 ? deviation : 1))).ToArray())];

    /// <summary>Writes an image without augmentation.</summary>
    /// <param name="index">The position of the image.</param>
    /// <param name="target">Receives channels × height × width values.</param>
    public void Write(int index, Span<float> target)
    {
        var plane = _part.Height * _part.Width;
        var image = _part.Image(index);
        for (var channel = 0; channel < _tables.Length; channel++)
        {
            Normalise(image.Slice(channel * plane, plane), target.Slice(channel * plane, plane), _tables[channel]);
        }
    }

    /// <summary>Writes an image mirrored and shifted.</summary>
    /// <param name="index">The position of the image.</param>
    /// <param name="down">The number of rows to shift down; negative: up. Pixels shifted in are 0 before normalisation.</param>
    /// <param name="right">The number of columns to shift right, after mirroring; negative: left.</param>
    /// <param name="flip">True to mirror left to right.</param>
    /// <param name="target">Receives channels × height × width values.</param>
    public void Write(int index, int down, int right, bool flip, Span<float> target)
    {
        var (height, width) = (_part.Height, _part.Width);
        var image = _part.Image(index);

        // The columns from..to of a row come from the image; shifts beyond the image leave none.
        var from = Math.Clamp(right, 0, width);
        var to = Math.Clamp(width + right, from, width);
        for (var channel = 0; channel < _tables.Length; channel++)
        {
            var table = _tables[channel];
            for (var row = 0; row < height; row++)
            {
                var line = target.Slice(((channel * height) + row) * width, width);
                var source = row - down;
                if (source < 0 || source >= height || from == to)
                {
                    line.Fill(table[0]);
                    continue;
                }

                line[..from].Fill(table[0]);
                line[to..].Fill(table[0]);
                var pixels = image.Slice(((channel * height) + source) * width, width);
                if (flip)
                {
                    for (var column = from; column < to; column++)
                    {
                        line[column] = table[pixels[width - 1 - (column - right)]];
                    }
                }
                else
                {
                    Normalise(pixels[(from - right)..(to - right)], line[from..to], table);
                }
            }
        }
    }

    private static void Normalise(ReadOnlySpan<byte> pixels, Span<float> target, float[] table)
    {
        target = target[..pixels.Length];
        for (var i = 0; i < pixels.Length; i++)
        {
            target[i] = table[pixels[i]];
        }
    }
}
