using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Sparse evolutionary training (SET): drops the smallest kept weights and grows as many pruned ones at random.</summary>
/// <remarks>Source: Mocanu et al., "Scalable training of artificial neural networks with adaptive sparse connectivity inspired by network science", 2018.</remarks>
internal sealed class SparseEvolution : DropAndGrow
{
    public override bool ReadsGradients => false;

    /// <summary>Draws a uniform score for each weight, as a function of seed, layer and step.</summary>
    protected override Tensor Grow(MaskContext context)
    {
        var random = CounterRandom.For(context.Seed, $"grow {context.Name}", context.Step);
        var draws = new double[context.Weight.numel()];
        for (var i = 0; i < draws.Length; i++)
        {
            draws[i] = random.Uniform(i);
        }

        return tensor(draws, context.Weight.shape);
    }
}
