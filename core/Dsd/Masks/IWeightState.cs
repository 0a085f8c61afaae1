using TorchSharp.Modules;

namespace Dsd.Masks;

/// <summary>Per-weight optimiser state, as far as masks affect it.</summary>
internal interface IWeightState
{
    /// <summary>Sets the state of some weights to 0.</summary>
    /// <param name="kept">Their parameters, each with the mask that keeps the state of its other weights; a parameter that the optimiser does not train has no state.</param>
    void ZeroState(IReadOnlyList<(Parameter Parameter, BitMask Mask)> kept);

    /// <summary>Drops all state: the optimiser continues as if it were new.</summary>
    void Reset();
}
