using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>A pattern other than single elements, applied to one weight tensor.</summary>
/// <param name="Pattern">The pattern.</param>
/// <param name="Dims">The dimensions of the tensor, outermost first.</param>
internal sealed record LayerPattern(IMaskPattern Pattern, ValueList<long> Dims)
{
    /// <summary>Computes the groups at a sparsity.</summary>
    /// <param name="sparsity">The sparsity of the tensor.</param>
    public PatternGroups Groups(Sparsity sparsity) => Pattern.Divide(Dims, sparsity);
}
