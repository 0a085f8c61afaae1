using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>What a phase does to one weight tensor.</summary>
/// <param name="Parameter">The parameter's full name, e.g. <c>"fc1.weight"</c>.</param>
/// <param name="Dims">Its dimensions as text, e.g. <c>"500×800"</c>.</param>
/// <param name="Weights">The number of its weights.</param>
/// <param name="Sparsity">Its sparsity over the phase, or null where it stays dense.</param>
/// <param name="IsGlobal">Whether it shares one ranking with the other pooled layers, so that its own count is not known before.</param>
/// <param name="Rule">The rule that decided, e.g. <c>"set fc* = 0.5"</c> or <c>"default: first convolution stays dense"</c>.</param>
/// <param name="Pattern">The pattern that its mask obeys, or null where any set of weights may stay. Default null.</param>
/// <param name="IsDistributed">Whether its level comes from the distribution's function. Default false.</param>
public sealed record PlannedLayer(string Parameter, string Dims, long Weights, SparsityCurve? Sparsity, bool IsGlobal, string Rule, LayerPattern? Pattern = null, bool IsDistributed = false)
{
    /// <summary>Whether some of its weights are masked at some time of the phase.</summary>
    public bool IsPruned => Sparsity is not null;
}
