namespace Dsd.Schedules;

/// <summary>Names parameters of a network: by glob, by kind of layer, or as the first or last pruned layer.</summary>
public sealed record LayerSelector
{
    private LayerSelector(string? glob, LayerKind? kind, LayerEnd? end)
    {
        Glob = glob;
        Kind = kind is { } known ? Defined.Value(known, nameof(kind)) : null;
        End = end;
    }

    /// <summary>The pattern, or null where the selector is not a glob.</summary>
    public string? Glob { get; }

    /// <summary>The kind of layer, or null for any.</summary>
    public LayerKind? Kind { get; }

    /// <summary>Whether it is only the first or last, or null for all.</summary>
    public LayerEnd? End { get; }

    /// <summary>Parameters whose layer name or full name matches a pattern.</summary>
    /// <param name="glob">
    /// <c>*</c> stands for any characters (dots too), <c>?</c> for one; everything else for itself, upper and lower case told
    /// apart. <c>"fc*"</c> matches the layers fc1 and fc2; <c>"lstm.weight_hh*"</c> matches single parameters. Not empty.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="glob"/> is empty.</exception>
    public static LayerSelector Named(string glob)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(glob);
        return new(glob, null, null);
    }

    /// <summary>The weights of all layers of a kind.</summary>
    /// <param name="kind">The kind.</param>
    public static LayerSelector OfKind(LayerKind kind) => new(null, kind, null);

    /// <summary>The weights of the first layer of those that can be pruned, in the model's order.</summary>
    /// <param name="kind">Only among layers of this kind. Default null: among linear, convolutional and recurrent ones.</param>
    public static LayerSelector First(LayerKind? kind = null) => new(null, kind, LayerEnd.First);

    /// <summary>The weights of the last layer of those that can be pruned, in the model's order.</summary>
    /// <param name="kind">Only among layers of this kind. Default null: among linear, convolutional and recurrent ones.</param>
    public static LayerSelector Last(LayerKind? kind = null) => new(null, kind, LayerEnd.Last);

    /// <summary>The selector as text, e.g. <c>"fc*"</c>, <c>"linear layers"</c> or <c>"first convolution"</c>.</summary>
    public override string ToString()
    {
        if (Glob is not null)
        {
            return Glob;
        }

        var kind = Kind is { } k ? Name(k) : null;
        return End is { } end ? $"{(end == LayerEnd.First ? "first" : "last")} {kind ?? "layer"}" : $"{kind} layers";
    }

    internal static string Name(LayerKind kind) => kind.ToString().ToLowerInvariant();
}
