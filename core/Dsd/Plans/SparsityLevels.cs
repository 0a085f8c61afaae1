using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>Gives each layer a sparsity so that together they have the one asked for.</summary>
/// <param name="layers">The weights of the layers to prune, those with a level of their own left out.</param>
/// <param name="sparsity">The fraction of all their weights to prune.</param>
/// <returns>One level a layer, in order, each at least 0 and below 1; together they prune what <paramref name="sparsity"/> says, within one weight a layer.</returns>
public delegate IReadOnlyList<double> SparsityLevels(IReadOnlyList<ParameterShape> layers, Sparsity sparsity);
