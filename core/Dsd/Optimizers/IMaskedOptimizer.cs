using Dsd.Masks;

namespace Dsd.Optimizers;

/// <summary>An optimiser whose step holds masks by itself: masked weights count as having no gradient and are +0 afterwards.</summary>
internal interface IMaskedOptimizer
{
    /// <summary>From now on each step holds what is in a set of masks at that time; empty or disposed, it holds nothing.</summary>
    /// <param name="masks">The masks; a weight that they do not keep is 0 before the step, as their choice left it.</param>
    void Follow(MaskSet masks);
}
