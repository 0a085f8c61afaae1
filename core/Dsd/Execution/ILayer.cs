using Dsd.Schedules;

namespace Dsd.Execution;

/// <summary>A layer written by hand: a module with weights of its own, which says what kind of layer it is.</summary>
/// <remarks>
/// Without it a module that is none of TorchSharp's own layers is of kind <see cref="LayerKind.Other"/>, which the default scope leaves
/// dense. Those of its own parameters whose names begin with <c>bias</c> are biases; all others are weights.
/// </remarks>
public interface ILayer
{
    /// <summary>What kind of layer it is.</summary>
    LayerKind Kind { get; }
}
