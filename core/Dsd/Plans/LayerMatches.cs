using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>The parameters of a network that selectors match, and those that no rule can prune.</summary>
/// <param name="shape">The network.</param>
internal sealed class LayerMatches(ModelShape shape)
{
    private static readonly LayerKind[] s_prunedByDefault = [LayerKind.Linear, LayerKind.Convolution, LayerKind.Recurrent];

    /// <summary>The places of each parameter by the name of its first.</summary>
    public ILookup<string, ParameterShape> Aliases { get; } = shape.Parameters.ToLookup(p => p.SharedWith ?? p.Name);

    /// <summary>True if weights of layers of a kind are pruned where no rule says otherwise.</summary>
    public static bool IsPrunedByDefault(LayerKind kind) => s_prunedByDefault.Contains(kind);

    /// <summary>Returns the reason why no rule can prune a parameter under any of its names; null if one can.</summary>
    public string? Never(ParameterShape p) =>
        p.Count == 0 ? "never: empty"
        : p.Dims.Count == 0 ? "never: scalar"
        : Aliases[p.SharedWith ?? p.Name].Select(a => a.IsBias ? "bias" : a.Kind is LayerKind.Embedding or LayerKind.Norm ? LayerSelector.Name(a.Kind) : null)
            .FirstOrDefault(kind => kind is not null) is { } kind ? $"never: {kind}"
        : null;

    /// <summary>Returns the first or last layer of a kind that has a weight to prune; null if there is none.</summary>
    public string? At(LayerEnd end, LayerKind? kind)
    {
        var layers = shape.Parameters.Where(p => (kind is { } k ? p.Kind == k : IsPrunedByDefault(p.Kind)) && Never(p) is null);
        return (end == LayerEnd.First ? layers.FirstOrDefault() : layers.LastOrDefault())?.Layer;
    }

    /// <summary>Returns the function that is true for the parameters that a selector matches.</summary>
    public Func<ParameterShape, bool> Of(LayerSelector selector)
    {
        if (selector.Glob is { } glob)
        {
            return p => Glob.IsMatch(glob, p.Layer) || Glob.IsMatch(glob, p.Name);
        }

        if (selector.End is { } end)
        {
            var layer = At(end, selector.Kind);
            return p => layer is not null && p.Layer == layer;
        }

        return p => p.Kind == selector.Kind;
    }

    /// <summary>Names what a selector that matches nothing may have meant.</summary>
    public string Hint(LayerSelector selector)
    {
        var weights = shape.Parameters.Where(p => !p.IsBias && p.Kind != LayerKind.Norm).ToList();
        var layers = weights.Select(p => p.Layer).Distinct().ToList();
        if (layers.Count == 0)
        {
            return "The network has no weights.";
        }

        if (selector.Glob is not { } glob)
        {
            return $"The network has layers of these kinds: {string.Join(", ", weights.Select(p => LayerSelector.Name(p.Kind)).Distinct())}.";
        }

        if (layers.Any(l => l.StartsWith(glob + ".", StringComparison.Ordinal)))
        {
            return $"'{glob}' holds further layers: write '{glob}.*' for all of them.";
        }

        return NearestNames.Sentence(glob, layers.Concat(weights.Select(p => p.Name)));
    }
}
