using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dsd.Data;

/// <summary>Resizes part of an image: bilinear, with antialiasing when it becomes smaller.</summary>
/// <remarks>
/// Each pixel of the result is a mean of the pixels around its position in the image, weighted by a triangle that extends one pixel to each
/// side, or one pixel of the result if that is larger; pixels outside the image have no weight. Columns first, then rows,
/// in float32 without intermediate rounding. Apart from rounding, Pillow's BILINEAR and torchvision's resize with
/// <c>antialias=True</c> compute the same.
/// </remarks>
internal static class Resampler
{
    /// <summary>Writes a window of the resized part.</summary>
    /// <param name="image">The image.</param>
    /// <param name="part">The part to resize; pixels outside it are not used.</param>
    /// <param name="size">The width and height of the whole resized part.</param>
    /// <param name="window">The window of the resized part to compute.</param>
    /// <param name="channels">The number of channels to write, 1 to 3.</param>
    /// <param name="target">Receives channels × window height × window width values from 0 to 255.</param>
    public static void Resize(DecodedImage image, CropBox part, (int Width, int Height) size, CropBox window, int channels, Span<float> target)
    {
        var columns = Taps.Of(part.Width, size.Width, window.X, window.Width);
        var rows = Taps.Of(part.Height, size.Height, window.Y, window.Height);
        var (firstRow, lastRow) = (rows.First[0], rows.First[^1] + rows.Count - 1);

        // Pooled memory: large arrays for each image would keep the collector busy.
        var pool = ArrayPool<Vector128<float>>.Shared;
        var narrow = pool.Rent((lastRow - firstRow + 1) * window.Width);
        var wide = pool.Rent(Math.Max(part.Width, window.Width));
        var line = wide.AsSpan(0, part.Width);
        for (var row = firstRow; row <= lastRow; row++)
        {
            Widen(image.Bytes.AsSpan(((((part.Y + row) * image.Width) + part.X) * DecodedImage.PixelBytes), part.Width * DecodedImage.PixelBytes), line);
            var goal = narrow.AsSpan((row - firstRow) * window.Width, window.Width);
            for (var x = 0; x < goal.Length; x++)
            {
                goal[x] = Sum(line.Slice(columns.First[x], columns.Count), columns.Of(x));
            }
        }

        var plane = window.Width * window.Height;
        var sums = wide.AsSpan(0, window.Width);
        for (var y = 0; y < window.Height; y++)
        {
            sums.Clear();
            var weights = rows.Of(y);
            for (var k = 0; k < weights.Length; k++)
            {
                var source = narrow.AsSpan((rows.First[y] - firstRow + k) * window.Width, window.Width);
                var weight = Vector128.Create(weights[k]);
                for (var x = 0; x < sums.Length; x++)
                {
                    sums[x] += source[x] * weight;
                }
            }

            for (var channel = 0; channel < channels; channel++)
            {
                var goal = target.Slice((channel * plane) + (y * window.Width), window.Width);
                for (var x = 0; x < goal.Length; x++)
                {
                    goal[x] = sums[x].GetElement(channel);
                }
            }
        }

        pool.Return(narrow);
        pool.Return(wide);
    }

    private static Vector128<float> Sum(ReadOnlySpan<Vector128<float>> pixels, ReadOnlySpan<float> weights)
    {
        var sum = Vector128<float>.Zero;
        for (var k = 0; k < weights.Length; k++)
        {
            sum += pixels[k] * weights[k];
        }

        return sum;
    }

    private static void Widen(ReadOnlySpan<byte> bytes, Span<Vector128<float>> line)
    {
        for (var x = 0; x < line.Length; x++)
        {
            var pixel = Vector128.CreateScalar(MemoryMarshal.Read<uint>(bytes[(4 * x)..])).AsByte();
            line[x] = Vector128.ConvertToSingle(Vector128.WidenLower(Vector128.WidenLower(pixel)).AsInt32());
        }
    }

    /// <summary>The source pixels of each result pixel along one direction, the same number for each, with their weights.</summary>
    private sealed record Taps(int[] First, float[] Weights, int Count)
    {
        public ReadOnlySpan<float> Of(int index) => Weights.AsSpan(index * Count, Count);

        public static Taps Of(int from, int to, int start, int length)
        {
            var scale = (double)from / to;
            var reach = Math.Max(scale, 1);
            var count = Math.Min(from, (2 * (int)Math.Ceiling(reach)) + 1);
            var first = new int[length];
            var weights = new float[length * count];
            Span<double> exact = new double[count];
            for (var i = 0; i < length; i++)
            {
                var centre = (start + i + 0.5) * scale;
                first[i] = Math.Clamp((int)Math.Floor(centre - reach), 0, from - count);
                var sum = 0.0;
                for (var k = 0; k < count; k++)
                {
                    exact[k] = Math.Max(0, 1 - (Math.Abs(first[i] + k + 0.5 - centre) / reach));
                    sum += exact[k];
                }

                for (var k = 0; k < count; k++)
                {
                    weights[(i * count) + k] = (float)(exact[k] / sum);
                }
            }

            return new(first, weights, count);
        }
    }
}
