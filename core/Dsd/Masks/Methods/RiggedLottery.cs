using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Rigged lottery (RigL): drops the smallest kept weights and grows the pruned ones with the largest dense gradients.</summary>
/// <remarks>
/// Source: Evci et al., "Rigging the lottery: making all tickets winners", 2020. The gradients are those of the step before the update, of which
/// every weight has one; at other steps only kept weights have gradients.
/// </remarks>
internal sealed class RiggedLottery : DropAndGrow
{
    /// <inheritdoc/>
    private protected override bool GrowsByMagnitude => true;

    /// <summary>Scores each weight by its gradient, whose absolute value counts.</summary>
    protected override Tensor Grow(MaskContext context) => GradientMagnitude.Score(context);
}
