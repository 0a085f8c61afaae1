namespace Dsd.Models;

/// <summary>The value by which <see cref="NodePruning"/> ranks the nodes of a layer; those with the smallest are pruned.</summary>
public enum NodeCriterion
{
    /// <summary>The magnitude of the node's eigenvalue, |λ_out| of the <see cref="SpectralLinear"/> that computes the node (Buffoni et al. 2022).</summary>
    Eigenvalue,

    /// <summary>The sum of the magnitudes of the effective weights that enter the node, the alternative to which Buffoni et al. compare.</summary>
    IncomingL1,

    /// <summary>The Euclidean norm of the effective weights that enter the node.</summary>
    IncomingL2,
}
