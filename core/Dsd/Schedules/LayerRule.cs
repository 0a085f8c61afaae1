namespace Dsd.Schedules;

/// <summary>One rule of a <see cref="LayerScope"/>: which layers, and what to do with them.</summary>
public sealed record LayerRule
{
    private LayerRule(LayerSelector selector, LayerAction action, Sparsity? sparsity)
    {
        ArgumentNullException.ThrowIfNull(selector);
        Selector = selector;
        Action = action;
        Sparsity = sparsity;
    }

    /// <summary>Which layers.</summary>
    public LayerSelector Selector { get; }

    /// <summary>What to do with them.</summary>
    public LayerAction Action { get; }

    /// <summary>The level of a <see cref="LayerAction.Set"/> rule; null for the others.</summary>
    public Sparsity? Sparsity { get; }

    /// <summary>Leaves the selected layers dense.</summary>
    /// <param name="selector">Which layers.</param>
    public static LayerRule Keep(LayerSelector selector) => new(selector, LayerAction.Keep, null);

    /// <summary>Prunes the selected layers at the sparsity of the phase.</summary>
    /// <param name="selector">Which layers.</param>
    public static LayerRule Prune(LayerSelector selector) => new(selector, LayerAction.Prune, null);

    /// <summary>Prunes the selected layers at a sparsity of their own.</summary>
    /// <param name="selector">Which layers.</param>
    /// <param name="sparsity">Their level; in a phase whose sparsity is a ramp, the level where theirs ends.</param>
    public static LayerRule Set(LayerSelector selector, Sparsity sparsity) => new(selector, LayerAction.Set, sparsity);

    /// <summary>The rule as text, e.g. <c>"keep conv1"</c> or <c>"set fc* = 0.5"</c>.</summary>
    public override string ToString() => Action switch
    {
        LayerAction.Keep => $"keep {Selector}",
        LayerAction.Prune => $"prune {Selector}",
        _ => $"set {Selector} = {Sparsity}",
    };
}
