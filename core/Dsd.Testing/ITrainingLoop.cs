using Dsd.Masks;

namespace Dsd.Testing;

/// <summary>A training loop that carries out a plan, as the laws of training drive it: in each step BeginStep, the backward pass, MaskGradients, the optimiser's step, EndStep.</summary>
public interface ITrainingLoop : IDisposable
{
    /// <summary>The mask of each pruned parameter by its full name; empty in a dense phase.</summary>
    IReadOnlyDictionary<string, BitMask> Masks { get; }

    /// <summary>Starts the next step: opens and closes phases, chooses and applies masks where due, and sets the learning rate.</summary>
    /// <returns>False if the plan is over.</returns>
    bool BeginStep();

    /// <summary>Sets the gradients of masked weights to 0; called after the backward pass and before gradients are clipped.</summary>
    void MaskGradients();

    /// <summary>Ends the step after the optimiser's: masked weights are exactly 0 again.</summary>
    void EndStep();
}
