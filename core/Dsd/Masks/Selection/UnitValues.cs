using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Dsd.Masks;

/// <summary>The scores of a tensor as numbers, to be summed up in double precision.</summary>
internal interface IUnitValues
{
    long Count { get; }

    double this[long index] { get; }

    /// <summary>Adds rows of scores to a row of sums, one each.</summary>
    /// <param name="sums">The sums.</param>
    /// <param name="from">The index of the first score.</param>
    /// <param name="stride">The distance between rows.</param>
    /// <param name="rows">The number of rows.</param>
    void AddTo<TTerm>(Span<double> sums, long from, long stride, int rows)
        where TTerm : struct, IUnitTerm;

    /// <summary>True if no score in a row is NaN or infinite.</summary>
    bool AreFinite(long from, int count);
}

/// <summary>32-bit floats.</summary>
/// <param name="values">The floats.</param>
/// <param name="count">How many there are.</param>
internal readonly unsafe struct FloatValues(float* values, long count) : IUnitValues
{
    public long Count => count;

    public double this[long index] => values[index];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void AddTo<TTerm>(Span<double> sums, long from, long stride, int rows)
        where TTerm : struct, IUnitTerm
    {
        fixed (double* sum = sums)
        {
            var i = 0;
            for (; i <= sums.Length - 16; i += 16)
            {
                var score = values + from + i;
                var (low, high) = (Vector512.Load(sum + i), Vector512.Load(sum + i + 8));
                for (var row = 0; row < rows; row++, score += stride)
                {
                    var (lower, upper) = Vector512.Widen(Vector512.Load(score));
                    (low, high) = (TTerm.Add(low, lower), TTerm.Add(high, upper));
                }

                low.Store(sum + i);
                high.Store(sum + i + 8);
            }

            for (; i < sums.Length; i++)
            {
                for (var row = 0; row < rows; row++)
                {
                    sum[i] = TTerm.Add(sum[i], values[from + i + (row * stride)]);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool AreFinite(long from, int count)
    {
        var row = (uint*)values + from;
        var (magnitude, top, i) = (Vector512.Create(uint.MaxValue >> 1), Vector512<uint>.Zero, 0);
        for (; i <= count - 16; i += 16)
        {
            top = Vector512.Max(top, Vector512.Load(row + i) & magnitude);
        }

        var isFinite = Vector512.LessThanOrEqualAll(top, Vector512.Create(WeightBits.Highest32));
        for (; i < count; i++)
        {
            isFinite &= (row[i] & (uint.MaxValue >> 1)) <= WeightBits.Highest32;
        }

        return isFinite;
    }
}

/// <summary>64-bit floats, on a scale on which no sum or square is infinite.</summary>
/// <param name="values">The floats.</param>
/// <param name="count">How many there are.</param>
/// <param name="scale">A power of two.</param>
internal readonly unsafe struct DoubleValues(double* values, long count, double scale) : IUnitValues
{
    public long Count => count;

    public double this[long index] => values[index] * scale;

    /// <summary>The values on a scale on which the highest magnitude is about 1.</summary>
    public static DoubleValues Of(double* values, long count)
    {
        var highest = 0UL;
        for (var i = 0L; i < count; i++)
        {
            highest = Math.Max(highest, BitConverter.DoubleToUInt64Bits(values[i]) & (ulong.MaxValue >> 1));
        }

        var exponent = highest is 0 or > WeightBits.Highest64 ? 0 : Math.ILogB(BitConverter.UInt64BitsToDouble(highest));
        return new(values, count, Math.ScaleB(1, Math.Min(1023, -exponent)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void AddTo<TTerm>(Span<double> sums, long from, long stride, int rows)
        where TTerm : struct, IUnitTerm
    {
        var scales = Vector512.Create(scale);
        fixed (double* sum = sums)
        {
            var i = 0;
            for (; i <= sums.Length - 8; i += 8)
            {
                var score = values + from + i;
                var own = Vector512.Load(sum + i);
                for (var row = 0; row < rows; row++, score += stride)
                {
                    own = TTerm.Add(own, Vector512.Load(score) * scales);
                }

                own.Store(sum + i);
            }

            for (; i < sums.Length; i++)
            {
                for (var row = 0; row < rows; row++)
                {
                    sum[i] = TTerm.Add(sum[i], values[from + i + (row * stride)] * scale);
                }
            }
        }
    }

    public bool AreFinite(long from, int count)
    {
        var isFinite = true;
        for (var i = 0; i < count; i++)
        {
            isFinite &= double.IsFinite(values[from + i]);
        }

        return isFinite;
    }
}
