using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>A classifier with further heads, which take part in the loss and in nothing else.</summary>
/// <remarks>
/// A task trains on <see cref="Loss"/>, which serves networks without further heads too; it measures by the network's ordinary
/// output, for which the further heads are not computed.
/// Source: Szegedy et al., "Going deeper with convolutions", CVPR 2015, section 5.
/// </remarks>
public interface IAuxiliaryScores
{
    /// <summary>The weight of the loss of each auxiliary head, relative to 1 for the main scores.</summary>
    double AuxiliaryWeight { get; }

    /// <summary>The scores of all heads for one batch, from one forward pass.</summary>
    /// <param name="input">What the network takes, a batch of N.</param>
    /// <returns>
    /// The main scores and those of the further heads, each unnormalised (logits), shape (N, classes); all belong to the caller's
    /// dispose scope.
    /// </returns>
    (Tensor Scores, IReadOnlyList<Tensor> Auxiliary) ScoresOfAllHeads(Tensor input);

    /// <summary>The loss of a classifier on one batch: that of its main scores, plus the weighted losses of further heads where it has any.</summary>
    /// <param name="model">The classifier, with further heads or without.</param>
    /// <param name="input">What it takes, a batch of N.</param>
    /// <param name="lossOf">The loss of one head's scores, a scalar; the cross entropy as a rule.</param>
    /// <returns>A scalar tensor that can be differentiated; it and all tensors on the way belong to the caller's dispose scope.</returns>
    static Tensor Loss(nn.Module<Tensor, Tensor> model, Tensor input, Func<Tensor, Tensor> lossOf)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(lossOf);
        if (model is not IAuxiliaryScores all)
        {
            return lossOf(model.call(input));
        }

        var (scores, auxiliary) = all.ScoresOfAllHeads(input);
        return auxiliary.Aggregate(lossOf(scores), (loss, further) => loss + (all.AuxiliaryWeight * lossOf(further)));
    }
}
