namespace Dsd.Records;

/// <summary>The histogram of one tensor's weights: equal bins around zero, with exact zeros counted separately.</summary>
/// <param name="Parameter">The parameter's full name, e.g. <c>"fc1.weight"</c>.</param>
/// <param name="Range">The largest absolute value; the bins divide [−Range, Range] equally.</param>
/// <param name="Zeros">The number of weights that are exactly zero; they are in no bin.</param>
/// <param name="Counts">The number of other weights in each bin; the number of bins is odd, and the middle one contains zero.</param>
/// <param name="NotFinite">The number of weights that are NaN or infinite; they are in no bin.</param>
public sealed record WeightHistogram(string Parameter, double Range, long Zeros, ValueList<long> Counts, long NotFinite)
{
    /// <summary>The number of bins.</summary>
    public const int Bins = 101;

    /// <summary>Computes the lower edge of a bin.</summary>
    /// <param name="bin">The bin, from 0; the number of bins gives the upper edge of the last.</param>
    public double Edge(int bin) => ((2.0 * bin / Counts.Count) - 1) * Range;

    /// <summary>Computes the histogram of values.</summary>
    /// <param name="parameter">The parameter's full name.</param>
    /// <param name="values">Its weights.</param>
    public static WeightHistogram Of(string parameter, ReadOnlySpan<float> values)
    {
        var range = 0f;
        foreach (var value in values)
        {
            var size = Math.Abs(value);
            range = float.IsFinite(size) && size > range ? size : range;
        }

        var counts = new long[Bins];
        var (zeros, notFinite) = (0L, 0L);
        var scale = range > 0 ? Bins / (2.0 * range) : 0;
        foreach (var value in values)
        {
            if (value == 0)
            {
                zeros++;
            }
            else if (!float.IsFinite(value))
            {
                notFinite++;
            }
            else
            {
                counts[Math.Min(Bins - 1, (int)((value + (double)range) * scale))]++;
            }
        }

        return new(parameter, range, zeros, ValueList.Create<long>(counts), notFinite);
    }
}
