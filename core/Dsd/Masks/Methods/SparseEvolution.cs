namespace Dsd.Masks;

/// <summary>Sparse evolutionary training (SET): drops the smallest kept weights and grows as many others at random.</summary>
/// <remarks>Source: Mocanu et al., "Scalable training of artificial neural networks with adaptive sparse connectivity inspired by network science", 2018.</remarks>
internal sealed class SparseEvolution : DropAndGrow
{
    public override bool ReadsGradients => false;
}
