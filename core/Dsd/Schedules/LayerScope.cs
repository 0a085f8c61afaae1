namespace Dsd.Schedules;

/// <summary>Which layers are pruned, and at what level: a list of rules of which the last that matches wins.</summary>
/// <remarks>
/// Before the user's rules stand the defaults: the weights of linear, convolutional and recurrent layers are pruned at the
/// sparsity of the phase, and the first convolution is kept dense (the paper's exclusions). Biases, norms and embeddings are
/// never pruned, whatever a rule says. A rule that matches nothing is an error of the plan.
/// </remarks>
public sealed record LayerScope
{
    private LayerScope(ValueList<LayerRule> rules) => Rules = rules;

    /// <summary>The defaults and nothing more.</summary>
    public static LayerScope Default { get; } = new(ValueList<LayerRule>.Empty);

    /// <summary>The user's rules in order; the defaults are not among them.</summary>
    public ValueList<LayerRule> Rules { get; }

    /// <summary>A scope of the given rules.</summary>
    /// <param name="rules">The rules, weakest first.</param>
    public static LayerScope Of(IEnumerable<LayerRule> rules) => new(rules.ToValueList());

    /// <summary>This scope with one more rule, which wins over those before.</summary>
    /// <param name="rule">The rule.</param>
    public LayerScope With(LayerRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return new(Rules.Add(rule));
    }

    /// <summary>Leaves layers dense.</summary>
    /// <param name="glob">A pattern on layer names or parameter names; see <see cref="LayerSelector.Named"/>.</param>
    public LayerScope Keep(string glob) => Keep(LayerSelector.Named(glob));

    /// <summary>Leaves layers dense.</summary>
    /// <param name="selector">Which layers.</param>
    public LayerScope Keep(LayerSelector selector) => With(LayerRule.Keep(selector));

    /// <summary>Prunes layers at the sparsity of the phase.</summary>
    /// <param name="glob">A pattern on layer names or parameter names; see <see cref="LayerSelector.Named"/>.</param>
    public LayerScope Prune(string glob) => Prune(LayerSelector.Named(glob));

    /// <summary>Prunes layers at the sparsity of the phase.</summary>
    /// <param name="selector">Which layers.</param>
    public LayerScope Prune(LayerSelector selector) => With(LayerRule.Prune(selector));

    /// <summary>Prunes layers at a sparsity of their own.</summary>
    /// <param name="glob">A pattern on layer names or parameter names; see <see cref="LayerSelector.Named"/>.</param>
    /// <param name="sparsity">Their level, at least 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sparsity"/> is outside that range.</exception>
    public LayerScope Set(string glob, double sparsity) => Set(LayerSelector.Named(glob), sparsity);

    /// <summary>Prunes layers at a sparsity of their own.</summary>
    /// <param name="selector">Which layers.</param>
    /// <param name="sparsity">Their level, at least 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sparsity"/> is outside that range.</exception>
    public LayerScope Set(LayerSelector selector, double sparsity) => With(LayerRule.Set(selector, new Sparsity(sparsity)));

    /// <summary>The rules as text, e.g. <c>"default"</c> or <c>"keep conv1, set fc* = 0.5"</c>.</summary>
    public override string ToString() => Rules.Count == 0 ? "default" : string.Join(", ", Rules);
}
