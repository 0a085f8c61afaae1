using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>A pattern other than single elements, applied to one weight tensor.</summary>
/// <param name="Rule">The pattern as the schedule refers to it.</param>
/// <param name="Pattern">The pattern.</param>
/// <param name="Dims">The dimensions of the tensor, outermost first.</param>
internal sealed record LayerPattern(MaskPattern Rule, IMaskPattern Pattern, ValueList<long> Dims)
{
    /// <summary>Computes the groups at a sparsity.</summary>
    /// <param name="sparsity">The sparsity of the tensor.</param>
    /// <exception cref="DsdException">A custom pattern returns none.</exception>
    public PatternGroups Groups(Sparsity sparsity) => Pattern.Divide(Dims, sparsity)
        ?? throw new DsdException($"The pattern {Rule} returned null from Divide for a tensor of {string.Join('×', Dims)} weights at a sparsity of {sparsity.ToShortString()}. Return its groups, or explain in Refuse why the tensor has none.");
}
