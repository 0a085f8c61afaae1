namespace Dsd.Models;

/// <summary>The parameters of a <see cref="SpectralLinear"/> that are trained, besides its bias; the others stay as they are. Values combine.</summary>
[Flags]
public enum SpectralTraining
{
    /// <summary>One eigenvalue for each output node, the scale of its row of weights (Buffoni et al. 2022, where the eigenvalues of the input nodes stay 0).</summary>
    OutputEigenvalues = 1,

    /// <summary>One eigenvalue for each input node.</summary>
    InputEigenvalues = 2,

    /// <summary>The eigenvalues of input and output nodes (Giambagli et al. 2021; Chicchi et al. 2021).</summary>
    Eigenvalues = OutputEigenvalues | InputEigenvalues,

    /// <summary>The entries of the eigenvectors, φ. Alone, they are trained as the weights of an ordinary layer are.</summary>
    Eigenvectors = 4,

    /// <summary>Eigenvalues and eigenvectors.</summary>
    All = Eigenvalues | Eigenvectors,
}
