using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>The treatment of one weight tensor in a phase.</summary>
/// <param name="Parameter">The parameter's full name, e.g. <c>"fc1.weight"</c>.</param>
/// <param name="Dims">Its dimensions as text, e.g. <c>"500×800"</c>.</param>
/// <param name="Weights">The number of its weights.</param>
/// <param name="Sparsity">Its sparsity over the phase; null if it stays dense.</param>
/// <param name="IsGlobal">True if it shares a global ranking with other layers, so that its own count is not known in advance.</param>
/// <param name="Rule">The deciding rule, e.g. <c>"set fc* = 0.5"</c> or <c>"default: first convolution stays dense"</c>.</param>
/// <param name="IsDistributed">True if its level comes from the distribution's function. Default false.</param>
public sealed record PlannedLayer(string Parameter, string Dims, long Weights, SparsityCurve? Sparsity, bool IsGlobal, string Rule, bool IsDistributed = false)
{
    /// <summary>The pattern of its mask; null if any set of weights may be kept.</summary>
    internal LayerPattern? Pattern { get; init; }

    /// <summary>True if the number of kept weights is known only when masks are chosen, by a threshold, by a norm or by masks that the plan has not seen; at least those of <see cref="Sparsity"/> are kept.</summary>
    public bool IsOpen { get; init; }

    /// <summary>The number of weights that given masks keep; null if there are none or the plan has not seen them.</summary>
    internal long? GivenKept { get; init; }

    /// <summary>True if any of its weights are masked at any time in the phase.</summary>
    public bool IsPruned => Sparsity is not null;
}
