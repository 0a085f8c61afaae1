using System.Globalization;

namespace Dsd.Schedules;

/// <summary>The fraction of weights that are pruned, in [0, 1), and the only home of the rule that turns it into a count.</summary>
/// <remarks>0 is dense. All weights pruned, 1, would leave nothing to train and is not a sparsity.</remarks>
public readonly record struct Sparsity : IComparable<Sparsity>
{
    /// <summary>Creates a sparsity.</summary>
    /// <param name="value">The fraction of weights to prune, at least 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="value"/> is outside that range or not a number.</exception>
    public Sparsity(double value) => Value = value is >= 0 and < 1
        ? value + 0.0 // so that −0 prints as 0
        : throw new ArgumentOutOfRangeException(nameof(value), value, Allowed(value));

    /// <summary>No weight is pruned.</summary>
    public static Sparsity Dense { get; }

    /// <summary>The fraction of weights that are pruned, at least 0 and below 1.</summary>
    public double Value { get; }

    /// <summary>Whether nothing is pruned.</summary>
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

    /// <summary>How many of a tensor's weights stay: count − round(count × sparsity), halves to even, but never none of some.</summary>
    /// <param name="count">The number of weights, at least 0.</param>
    /// <returns>From 1 to <paramref name="count"/>, or 0 where <paramref name="count"/> is 0.</returns>
    /// <remarks>The product is taken in decimal, so that 0.29 of 100 is 29 and 0.35 of 10 is exactly a half away from 3 and 4.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    public long Kept(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var pruned = (long)Math.Round((decimal)Value * count, MidpointRounding.ToEven);
        return count == 0 ? 0 : Math.Max(1, count - pruned);
    }

    /// <inheritdoc/>
    public int CompareTo(Sparsity other) => Value.CompareTo(other.Value);

    /// <summary>Whether the left prunes less.</summary>
    public static bool operator <(Sparsity left, Sparsity right) => left.Value < right.Value;

    /// <summary>Whether the left prunes more.</summary>
    public static bool operator >(Sparsity left, Sparsity right) => left.Value > right.Value;

    /// <summary>Whether the left prunes no more.</summary>
    public static bool operator <=(Sparsity left, Sparsity right) => left.Value <= right.Value;

    /// <summary>Whether the left prunes no less.</summary>
    public static bool operator >=(Sparsity left, Sparsity right) => left.Value >= right.Value;

    /// <summary>The fraction, e.g. <c>"0.3"</c>, the same in every culture.</summary>
    public override string ToString() => Value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>The fraction to six digits, e.g. <c>"0.666667"</c>, for people; <see cref="ToString"/> is read back as it was.</summary>
    internal string ToShortString() => Value.ToString("G6", CultureInfo.InvariantCulture);

    private static string Allowed(double value) => value is > 1 and < 100
        ? string.Create(CultureInfo.InvariantCulture, $"A sparsity is a fraction, at least 0 and below 1; for {value:R} percent write {(decimal)value / 100}.")
        : "A sparsity is a fraction, at least 0 and below 1.";
}
