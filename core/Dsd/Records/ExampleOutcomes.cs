using System.Collections.Immutable;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Dsd.Records;

/// <summary>The outcomes of a metric, one per example in the order of the data, whose mean is the metric's value.</summary>
/// <remarks>
/// For an accuracy, 1 if the example is right and 0 otherwise; for a loss, the loss of the example. If examples count
/// differently, each has a weight: for a character error rate, edits per character, with the number of characters as weight.
/// </remarks>
public sealed class ExampleOutcomes : IEquatable<ExampleOutcomes>
{
    /// <summary>The largest number of examples: 4,194,304.</summary>
    public const int Most = 1 << 22;

    // The highest compression ratio of Deflate (RFC 1951: 258 bytes for two bits).
    private const long MaxCompression = 1032;

    /// <summary>Creates outcomes.</summary>
    /// <param name="values">The outcome of each example, at least one.</param>
    /// <param name="weights">The weight of each example, finite and not negative, their sum above 0. Default null: equal weights.</param>
    /// <exception cref="ArgumentException">There is no example, or there are too many, or weights are invalid.</exception>
    public ExampleOutcomes(IEnumerable<float> values, IEnumerable<float>? weights = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        Values = [.. values];
        Weights = weights is null ? null : [.. weights];
        if (Values.Length is 0 or > Most)
        {
            throw new ArgumentException(FormattableString.Invariant($"Outcomes must be of 1 to {Most} examples; there are {Values.Length}."), nameof(values));
        }

        if (Weights is { } w && (w.Length != Values.Length || !w.All(v => float.IsFinite(v) && v >= 0) || !w.Any(v => v > 0)))
        {
            throw new ArgumentException(FormattableString.Invariant($"There must be one weight for each of the {Values.Length} examples, none negative and not all 0."), nameof(weights));
        }
    }

    /// <summary>Creates outcomes if they can be kept, so that a split of any size can be measured.</summary>
    /// <param name="values">The outcome of each example.</param>
    /// <param name="weights">The weight of each example. Default null: equal weights.</param>
    /// <returns>The outcomes; null without any example, or of more than <see cref="Most"/>.</returns>
    /// <exception cref="ArgumentException">Weights are invalid, as for the constructor.</exception>
    public static ExampleOutcomes? Kept(IReadOnlyCollection<float> values, IReadOnlyCollection<float>? weights = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        return values.Count is 0 or > Most ? null : new(values, weights);
    }

    /// <summary>The outcome of each example.</summary>
    public ImmutableArray<float> Values { get; }

    /// <summary>The weight of each example; null for equal weights.</summary>
    public ImmutableArray<float>? Weights { get; }

    /// <summary>The number of examples.</summary>
    public int Count => Values.Length;

    /// <summary>The weighted mean of the outcomes.</summary>
    public double Mean
    {
        get
        {
            var (sum, total) = (0.0, 0.0);
            for (var i = 0; i < Values.Length; i++)
            {
                var weight = Weights is { } w ? w[i] : 1.0;
                sum += weight > 0 ? weight * Values[i] : 0;
                total += weight;
            }

            return sum / total;
        }
    }

    /// <summary>True if every outcome is finite.</summary>
    internal bool AreFinite => Values.All(float.IsFinite);

    /// <inheritdoc/>
    public bool Equals(ExampleOutcomes? other) =>
        other is not null
        && Values.AsSpan().SequenceEqual(other.Values.AsSpan())
        && Weights is null == other.Weights is null
        && (Weights is not { } mine || mine.AsSpan().SequenceEqual(other.Weights!.Value.AsSpan()));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ExampleOutcomes);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Count, Values[0], Values[^1], Weights is null);

    /// <summary>Formats the number of examples and their mean.</summary>
    public override string ToString() => FormattableString.Invariant($"{Count} outcomes, mean {Mean:0.######}");

    /// <summary>Converts the outcomes to doubles.</summary>
    internal double[] Doubles() => [.. Values];

    /// <summary>Converts the weights to doubles; null for equal weights.</summary>
    internal double[]? DoubleWeights() => Weights is { } weights ? [.. weights] : null;

    /// <summary>True if these can be compared example by example with others: the same number, with the same weights.</summary>
    internal bool IsOfTheSameExamplesAs(ExampleOutcomes other) =>
        Count == other.Count
        && Weights is null == other.Weights is null
        && (Weights is not { } weights || weights.AsSpan().SequenceEqual(other.Weights!.Value.AsSpan()));

    /// <summary>Packs numbers into text: 32-bit, little-endian, deflated (RFC 1951), in Base64.</summary>
    internal static string Pack(ImmutableArray<float> numbers)
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            deflate.Write(MemoryMarshal.AsBytes(numbers.AsSpan()));
        }

        return Convert.ToBase64String(packed.GetBuffer().AsSpan(0, (int)packed.Length));
    }

    /// <summary>Unpacks numbers from text.</summary>
    /// <exception cref="FormatException">The text does not hold exactly <paramref name="count"/> numbers.</exception>
    internal static float[] Unpack(string text, int count)
    {
        if (count is < 1 or > Most)
        {
            throw new FormatException(FormattableString.Invariant($"There cannot be outcomes of {count} examples."));
        }

        var packed = Convert.FromBase64String(text);
        if (packed.Length * MaxCompression < (long)count * sizeof(float))
        {
            throw new FormatException(FormattableString.Invariant($"There are outcomes of fewer than {count} examples."));
        }

        var numbers = new float[count];
        using var deflate = new DeflateStream(new MemoryStream(packed), CompressionMode.Decompress);
        try
        {
            deflate.ReadExactly(MemoryMarshal.AsBytes(numbers.AsSpan()));
            return deflate.ReadByte() < 0 ? numbers : throw new FormatException(FormattableString.Invariant($"There are outcomes of more than {count} examples."));
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new FormatException(FormattableString.Invariant($"The outcomes of {count} examples cannot be unpacked."), e);
        }
    }
}
