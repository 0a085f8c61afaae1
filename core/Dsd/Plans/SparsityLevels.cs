using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>Assigns each layer a sparsity so that together they have the requested one.</summary>
/// <param name="layers">The weights of the layers to prune, those with a level of their own left out.</param>
/// <param name="sparsity">The fraction of all their weights to prune.</param>
/// <returns>One level per layer, in order, each at least 0 and below 1; together they prune the fraction <paramref name="sparsity"/>, within one weight per layer.</returns>
public delegate IReadOnlyList<double> SparsityLevels(IReadOnlyList<ParameterShape> layers, Sparsity sparsity);
