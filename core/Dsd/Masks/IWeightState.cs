using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Per-weight optimiser state, as far as masks affect it.</summary>
internal interface IWeightState
{
    /// <summary>Sets the state of some weights of a parameter to 0.</summary>
    /// <param name="parameter">The parameter; one that the optimiser does not train has no state.</param>
    /// <param name="which">True for those weights, in the parameter's shape.</param>
    void ZeroState(Parameter parameter, Tensor which);

    /// <summary>Drops all state: the optimiser continues as if it were new.</summary>
    void Reset();
}
