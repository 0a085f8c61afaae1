using System.Numerics;

namespace Dsd.Data;

/// <summary>The accuracies of simple rules on images, without a network.</summary>
internal static class ImageBaselines
{
    /// <summary>Computes the fraction of a split that has the most frequent class of the train split; of equally frequent ones, the first.</summary>
    public static double MajorityClass(ImageSplit train, ImageSplit part)
    {
        var counts = new int[256];
        foreach (var label in train.Labels.Span)
        {
            counts[label]++;
        }

        var commonest = (byte)counts.AsSpan().IndexOf(counts.Max());
        return (double)part.Labels.Span.Count(commonest) / part.Count;
    }

    /// <summary>Computes the fraction of a split whose nearest train image, by squared pixel differences, has the same class; of equally near ones, the first counts.</summary>
    public static double NearestNeighbour(ImageSplit train, ImageSplit part)
    {
        var right = 0;
        Parallel.For(0, part.Count, index =>
        {
            var (nearest, best) = (0, long.MaxValue);
            for (var i = 0; i < train.Count; i++)
            {
                if (Distance(part.Image(index), train.Image(i)) is var distance && distance < best)
                {
                    (nearest, best) = (i, distance);
                }
            }

            if (train.Labels.Span[nearest] == part.Labels.Span[index])
            {
                Interlocked.Increment(ref right);
            }
        });
        return (double)right / part.Count;
    }

    private static long Distance(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        // A difference is at most 255, its square fits into 16 bits, and 32 bits hold the sum of 65,536 of those in each lane.
        const int Block = 1 << 16;
        var total = 0L;
        for (; a.Length > 0; a = a[Math.Min(Block, a.Length)..], b = b[Math.Min(Block, b.Length)..])
        {
            var length = Math.Min(Block, a.Length);
            var sum = Vector<uint>.Zero;
            var i = 0;
            for (; i <= length - Vector<byte>.Count; i += Vector<byte>.Count)
            {
                var (x, y) = (new Vector<byte>(a[i..]), new Vector<byte>(b[i..]));
                Vector.Widen(Vector.Max(x, y) - Vector.Min(x, y), out var low, out var high);
                Vector.Widen(low * low, out var first, out var second);
                Vector.Widen(high * high, out var third, out var fourth);
                sum += first + second + third + fourth;
            }

            total += Vector.Sum(sum);
            for (; i < length; i++)
            {
                total += (a[i] - b[i]) * (a[i] - b[i]);
            }
        }

        return total;
    }
}
