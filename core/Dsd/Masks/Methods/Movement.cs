using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Scores weights by their movement away from 0: the sum of −w·g over the steps of the phase.</summary>
/// <remarks>
/// Source: Sanh et al., "Movement pruning: adaptive sparsity by fine-tuning", 2020. A pruned weight counts with the value that it had when it was pruned, so
/// that its score goes on changing.
/// </remarks>
internal static class Movement
{
    /// <summary>The name of the sum in the layer's state.</summary>
    public const string Sum = "movement";

    /// <summary>Adds the movement of one step to the layer's state.</summary>
    public static void Accumulate(MaskContext context)
    {
        var moved = context.Weight.mul(context.Gradient!).neg();
        context.State[Sum] = context.State[Sum] is { } before ? before.add(moved) : moved;
    }

    /// <summary>Returns the sum so far; 0 before the first step.</summary>
    public static Tensor Score(MaskContext context) => context.State[Sum] ?? zeros_like(context.Weight);
}
