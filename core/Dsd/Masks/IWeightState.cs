using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>The state that an optimiser keeps for each weight, as far as masks touch it.</summary>
internal interface IWeightState
{
    /// <summary>Sets the state of some weights of a parameter to 0.</summary>
    /// <param name="parameter">The parameter; one that the optimiser does not train has no state.</param>
    /// <param name="which">True for those weights, in the parameter's shape.</param>
    void ZeroState(Parameter parameter, Tensor which);

    /// <summary>Drops all state: the optimiser goes on as if it were new.</summary>
    void Reset();
}
