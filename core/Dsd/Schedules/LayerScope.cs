namespace Dsd.Schedules;

/// <summary>The scope of pruning: a list of rules for layers, of which the last match wins.</summary>
/// <remarks>
/// The defaults precede the user's rules: the weights of linear, convolutional and recurrent layers are pruned at the
/// sparsity of the phase, and the first convolution is kept dense (the paper's exclusions). Biases, norms and embeddings are
/// never pruned, whatever a rule says. A rule that matches nothing is a plan issue.
/// </remarks>
public sealed record LayerScope
{
    private LayerScope(ValueList<LayerRule> rules) => Rules = rules;

    /// <summary>The default scope, without further rules.</summary>
    public static LayerScope Default { get; } = new(ValueList<LayerRule>.Empty);

    /// <summary>The user's rules in order, without the defaults.</summary>
    internal ValueList<LayerRule> Rules { get; }

    /// <summary>Creates a scope of the given rules.</summary>
    /// <param name="rules">The rules; later ones win.</param>
    internal static LayerScope Of(IEnumerable<LayerRule> rules) => new(rules.ToValueList());

    /// <summary>Adds a rule, which wins over earlier ones.</summary>
    /// <param name="rule">The rule.</param>
    internal LayerScope With(LayerRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return new(Rules.Add(rule));
    }

    /// <summary>Leaves layers dense.</summary>
    /// <param name="glob">A pattern on layer names or parameter names; see <see cref="LayerSelector.Named"/>.</param>
    public LayerScope Keep(string glob) => Keep(LayerSelector.Named(glob));

    /// <summary>Leaves layers dense.</summary>
    /// <param name="selector">The layers.</param>
    public LayerScope Keep(LayerSelector selector) => With(LayerRule.Keep(selector));

    /// <summary>Prunes layers at the sparsity of the phase.</summary>
    /// <param name="glob">A pattern on layer names or parameter names; see <see cref="LayerSelector.Named"/>.</param>
    public LayerScope Prune(string glob) => Prune(LayerSelector.Named(glob));

    /// <summary>Prunes layers at the sparsity of the phase.</summary>
    /// <param name="selector">The layers.</param>
    public LayerScope Prune(LayerSelector selector) => With(LayerRule.Prune(selector));

    /// <summary>Prunes layers at a separate sparsity.</summary>
    /// <param name="glob">A pattern on layer names or parameter names; see <see cref="LayerSelector.Named"/>.</param>
    /// <param name="sparsity">Their sparsity, at least 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sparsity"/> is outside that range.</exception>
    public LayerScope Set(string glob, double sparsity) => Set(LayerSelector.Named(glob), sparsity);

    /// <summary>Prunes layers at a separate sparsity.</summary>
    /// <param name="selector">The layers.</param>
    /// <param name="sparsity">Their sparsity, at least 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sparsity"/> is outside that range.</exception>
    public LayerScope Set(LayerSelector selector, double sparsity) => With(LayerRule.Set(selector, new Sparsity(sparsity)));

    /// <summary>Formats the rules, e.g. <c>"default"</c> or <c>"keep conv1, set fc* = 0.5"</c>.</summary>
    public override string ToString() => Rules.Count == 0 ? "default" : string.Join(", ", Rules);
}
