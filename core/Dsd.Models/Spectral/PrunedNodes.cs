namespace Dsd.Models;

/// <summary>The nodes that <see cref="NodePruning"/> pruned from one layer.</summary>
/// <param name="Layer">The name of the layer that computes them, e.g. <c>"fc1"</c>.</param>
/// <param name="Nodes">Their indices among the layer's nodes before, from 0, ascending.</param>
/// <param name="Count">The number of the layer's nodes before.</param>
public sealed record PrunedNodes(string Layer, ValueList<long> Nodes, long Count)
{
    /// <summary>Formats the counts, e.g. <c>"fc1: 150 of 300 nodes pruned"</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Layer}: {Nodes.Count} of {Count} nodes pruned");
}
