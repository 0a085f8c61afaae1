using System.Globalization;
using System.Text.Json.Serialization;
using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>One parameter of a network, as plain data.</summary>
public sealed record ParameterShape
{
    /// <summary>Describes a parameter.</summary>
    /// <param name="name">Its full name, e.g. <c>"fc1.weight"</c>; not empty.</param>
    /// <param name="kind">The kind of its layer.</param>
    /// <param name="isBias">True for a bias or another parameter that is never pruned (the shift or scale of a norm, an eigenvalue), false for a weight.</param>
    /// <param name="dims">Its dimensions, outermost first; none for a scalar. Each at least 0.</param>
    /// <param name="sharedWith">The name of an earlier parameter that is the same tensor, or null. Default null.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A dimension is negative, their product is above 2⁶³ − 1, or <paramref name="kind"/> is undefined.
    /// </exception>
    public ParameterShape(string name, LayerKind kind, bool isBias, ValueList<long> dims, string? sharedWith = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(dims);
        var count = (Int128)1;
        foreach (var dim in dims)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dim, nameof(dims));
            count *= dim;
            if (count > long.MaxValue)
            {
                throw new ArgumentOutOfRangeException(nameof(dims), dims, $"The parameter '{name}' has more elements than can be counted.");
            }
        }

        Name = name;
        Kind = Defined.Value(kind);
        IsBias = isBias;
        Dims = dims;
        Count = (long)count;
        SharedWith = sharedWith;
    }

    /// <summary>The full name, e.g. <c>"fc1.weight"</c>.</summary>
    public string Name { get; }

    /// <summary>The kind of its layer.</summary>
    public LayerKind Kind { get; }

    /// <summary>True for a bias or another parameter that is never pruned, such as those of a norm; false for a weight.</summary>
    public bool IsBias { get; }

    /// <summary>The dimensions, outermost first; empty for a scalar.</summary>
    public ValueList<long> Dims { get; }

    /// <summary>The name of the earlier parameter that is the same tensor, or null.</summary>
    public string? SharedWith { get; }

    /// <summary>The name of its layer: the full name up to the last dot, or the whole name if there is none.</summary>
    [JsonIgnore]
    public string Layer => LayerOf(Name);

    /// <summary>The number of elements: the product of the dimensions, 1 for a scalar.</summary>
    [JsonIgnore]
    public long Count { get; }

    /// <summary>The dimensions as text, e.g. <c>"50×20×5×5"</c>.</summary>
    [JsonIgnore]
    public string DimsText => Dims.Count == 0
        ? "scalar"
        : string.Join('×', Dims.Select(d => d.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Returns the name of the layer of a parameter or buffer by its full name.</summary>
    internal static string LayerOf(string name) => name.LastIndexOf('.') is >= 0 and var dot ? name[..dot] : name;
}
