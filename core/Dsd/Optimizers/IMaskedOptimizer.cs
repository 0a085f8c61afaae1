using Dsd.Masks;
using TorchSharp.Modules;

namespace Dsd.Optimizers;

/// <summary>An optimiser whose step applies masks itself: masked weights are treated as having no gradient and are +0 afterwards.</summary>
internal interface IMaskedOptimizer
{
    /// <summary>Applies the current masks of a set in every step from now on; an empty or disposed set applies none.</summary>
    /// <param name="masks">The masks; a weight that they do not keep is 0 before the step, as their choice left it.</param>
    void Follow(MaskSet masks);

    /// <summary>The first parameter in CPU memory that the last step left with a weight that is not finite; null if there is none.</summary>
    Parameter? NonFinite { get; }
}
