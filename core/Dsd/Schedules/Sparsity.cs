using System.Globalization;

namespace Dsd.Schedules;

/// <summary>The fraction of pruned weights, in [0, 1), with the rule that converts it to a count.</summary>
/// <remarks>0 is dense. 1 would leave no weight to train and is not allowed.</remarks>
public readonly record struct Sparsity : IComparable<Sparsity>
{
    /// <summary>Creates a sparsity.</summary>
    /// <param name="value">The fraction of weights to prune, at least 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="value"/> is outside that range or not a number.</exception>
    public Sparsity(double value) => Value = value is >= 0 and < 1
        ? value + 0.0 // so that −0 prints as 0
        : throw new ArgumentOutOfRangeException(nameof(value), value, Allowed(value));

    /// <summary>The sparsity 0: no weight is pruned.</summary>
    public static Sparsity Dense { get; }

    /// <summary>The fraction of pruned weights, at least 0 and below 1.</summary>
    public double Value { get; }

    /// <summary>True if nothing is pruned.</summary>
    public bool IsDense => Value == 0;

    /// <summary>Reads a sparsity such as <c>"0.3"</c>, with a decimal point in any culture.</summary>
    /// <param name="text">A number at least 0 and below 1.</param>
    /// <exception cref="FormatException">The text is not such a number.</exception>
    public static Sparsity Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
        {
            throw new FormatException($"'{text}' is not a sparsity: give the fraction of weights to prune, such as 0.3.");
        }

        return value is >= 0 and < 1 ? new(value) : throw new FormatException($"'{text}' is not a sparsity. {Allowed(value)}");
    }

    /// <summary>Computes the number of a tensor's kept weights: count − round(count × sparsity), halves to even, but at least 1 of a non-empty tensor.</summary>
    /// <param name="count">The number of weights, at least 0.</param>
    /// <returns>From 1 to <paramref name="count"/>, or 0 if <paramref name="count"/> is 0.</returns>
    /// <remarks>The product is computed in decimal, so that 0.29 of 100 is 29 and 0.35 of 10 is exactly a half away from 3 and 4.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    public long Kept(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var pruned = (long)Math.Round((decimal)Value * count, MidpointRounding.ToEven);
        return count == 0 ? 0 : Math.Max(1, count - pruned);
    }

    /// <inheritdoc/>
    public int CompareTo(Sparsity other) => Value.CompareTo(other.Value);

    /// <summary>True if the left prunes less.</summary>
    public static bool operator <(Sparsity left, Sparsity right) => left.Value < right.Value;

    /// <summary>True if the left prunes more.</summary>
    public static bool operator >(Sparsity left, Sparsity right) => left.Value > right.Value;

    /// <summary>True if the left prunes no more.</summary>
    public static bool operator <=(Sparsity left, Sparsity right) => left.Value <= right.Value;

    /// <summary>True if the left prunes no less.</summary>
    public static bool operator >=(Sparsity left, Sparsity right) => left.Value >= right.Value;

    /// <summary>Formats the fraction, e.g. <c>"0.3"</c>, independent of culture.</summary>
    public override string ToString() => Value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Formats the fraction to six digits for display, e.g. <c>"0.666667"</c>; <see cref="ToString"/> round-trips.</summary>
    internal string ToShortString() => Value.ToString("G6", CultureInfo.InvariantCulture);

    private static string Allowed(double value) => value is > 1 and < 100
        ? string.Create(CultureInfo.InvariantCulture, $"A sparsity is a fraction, at least 0 and below 1; for {value:R} percent write {(decimal)value / 100}.")
        : "A sparsity is a fraction, at least 0 and below 1.";
}
