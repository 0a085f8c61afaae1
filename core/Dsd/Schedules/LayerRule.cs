namespace Dsd.Schedules;

/// <summary>A rule of a <see cref="LayerScope"/>: a selector of layers and an action.</summary>
internal sealed record LayerRule
{
    private LayerRule(LayerSelector selector, LayerAction action, Sparsity? sparsity)
    {
        ArgumentNullException.ThrowIfNull(selector);
        Selector = selector;
        Action = action;
        Sparsity = sparsity;
    }

    /// <summary>The selected layers.</summary>
    public LayerSelector Selector { get; }

    /// <summary>The action on them.</summary>
    public LayerAction Action { get; }

    /// <summary>The sparsity of a <see cref="LayerAction.Set"/> rule; null for others.</summary>
    public Sparsity? Sparsity { get; }

    /// <summary>Creates a rule that leaves the selected layers dense.</summary>
    /// <param name="selector">The layers.</param>
    public static LayerRule Keep(LayerSelector selector) => new(selector, LayerAction.Keep, null);

    /// <summary>Creates a rule that prunes the selected layers at the sparsity of the phase.</summary>
    /// <param name="selector">The layers.</param>
    public static LayerRule Prune(LayerSelector selector) => new(selector, LayerAction.Prune, null);

    /// <summary>Creates a rule that prunes the selected layers at a separate sparsity.</summary>
    /// <param name="selector">The layers.</param>
    /// <param name="sparsity">Their sparsity; in a phase whose sparsity is a ramp, the target of their ramp.</param>
    public static LayerRule Set(LayerSelector selector, Sparsity sparsity) => new(selector, LayerAction.Set, sparsity);

    /// <summary>Formats the rule, e.g. <c>"keep conv1"</c> or <c>"set fc* = 0.5"</c>.</summary>
    public override string ToString() => Action switch
    {
        LayerAction.Keep => $"keep {Selector}",
        LayerAction.Prune => $"prune {Selector}",
        _ => $"set {Selector} = {Sparsity}",
    };
}
