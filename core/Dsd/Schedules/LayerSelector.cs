namespace Dsd.Schedules;

/// <summary>A selector of parameters: by glob, by kind of layer, or as the first or last layer.</summary>
public sealed record LayerSelector
{
    private LayerSelector(string? glob, LayerKind? kind, LayerEnd? end)
    {
        Glob = glob;
        Kind = kind is { } known ? Defined.Value(known, nameof(kind)) : null;
        End = end;
    }

    /// <summary>The pattern; null if the selector is not a glob.</summary>
    public string? Glob { get; }

    /// <summary>The kind of layer; null for any.</summary>
    public LayerKind? Kind { get; }

    /// <summary>The end of the network, for only the first or last layer; null for all.</summary>
    internal LayerEnd? End { get; }

    /// <summary>Selects parameters whose layer name or full name matches a pattern.</summary>
    /// <param name="glob">
    /// <c>*</c> stands for any characters (dots too), <c>?</c> for one; everything else for itself; case
    /// matters. <c>"fc*"</c> matches the layers fc1 and fc2; <c>"lstm.weight_hh*"</c> matches single parameters. Not empty.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="glob"/> is empty.</exception>
    public static LayerSelector Named(string glob)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(glob);
        return new(glob, null, null);
    }

    /// <summary>Selects the weights of all layers of a kind.</summary>
    /// <param name="kind">The kind.</param>
    public static LayerSelector OfKind(LayerKind kind) => new(null, kind, null);

    /// <summary>Selects the weights of the first layer that can be pruned, in the model's order.</summary>
    /// <param name="kind">Restricts the layers to this kind. Default null: linear, convolutional and recurrent layers.</param>
    public static LayerSelector First(LayerKind? kind = null) => new(null, kind, LayerEnd.First);

    /// <summary>Selects the weights of the last layer that can be pruned, in the model's order.</summary>
    /// <param name="kind">Restricts the layers to this kind. Default null: linear, convolutional and recurrent layers.</param>
    public static LayerSelector Last(LayerKind? kind = null) => new(null, kind, LayerEnd.Last);

    /// <summary>Formats the selector, e.g. <c>"fc*"</c>, <c>"linear layers"</c> or <c>"first convolution"</c>.</summary>
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
