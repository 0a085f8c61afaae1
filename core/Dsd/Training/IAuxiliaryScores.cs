using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>A classifier with further heads, which take part in the loss and in nothing else.</summary>
/// <remarks>
/// A task that knows this trains on the cross entropy of the main scores plus <see cref="AuxiliaryWeight"/> times that of each
/// further head; it measures by the network's ordinary output, for which the further heads are not computed.
/// Source: Szegedy et al., "Going deeper with convolutions", CVPR 2015, section 5.
/// </remarks>
public interface IAuxiliaryScores
{
    /// <summary>What the loss of each further head counts, beside 1 for the main scores.</summary>
    double AuxiliaryWeight { get; }

    /// <summary>The scores of all heads for one batch, from one forward pass.</summary>
    /// <param name="input">What the network takes, a batch of N.</param>
    /// <returns>
    /// The main scores and those of the further heads, each unnormalised (logits), shape (N, classes); all belong to the caller's
    /// dispose scope.
    /// </returns>
    (Tensor Scores, IReadOnlyList<Tensor> Auxiliary) ScoresOfAllHeads(Tensor input);
}
