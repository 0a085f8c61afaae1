using Dsd.Plans;
using Dsd.Schedules;

namespace Dsd.Testing;

/// <summary>Layers of a network and the fraction of their weights to prune, as plain data that prints as code.</summary>
public sealed record DistributionCase
{
    /// <summary>Creates a case.</summary>
    /// <param name="layers">The dimensions of each layer's weights: two are linear, more a convolution.</param>
    /// <param name="sparsity">The fraction to prune of all weights, at least 0 and below 1.</param>
    public DistributionCase(IEnumerable<IEnumerable<long>> layers, double sparsity) =>
        (Dims, Sparsity) = (layers.Select(l => l.ToValueList()).ToValueList(), new Sparsity(sparsity).Value);

    /// <summary>The dimensions of each layer's weights, outermost first.</summary>
    public ValueList<ValueList<long>> Dims { get; }

    /// <summary>The fraction to prune of all weights.</summary>
    public double Sparsity { get; }

    /// <summary>The layers as a distribution sees them, named <c>layer1.weight</c>, <c>layer2.weight</c>, ….</summary>
    public IReadOnlyList<ParameterShape> Layers =>
        [.. Dims.Select((d, i) => new ParameterShape(FormattableString.Invariant($"layer{i + 1}.weight"), d.Count > 2 ? LayerKind.Convolution : LayerKind.Linear, false, d))];

    /// <summary>Prints the case as a C# expression that makes it.</summary>
    public override string ToString() => Print(Code.CSharp);

    internal string Print(Code code) => code.New(nameof(DistributionCase), code.List(Dims.Select(d => code.Longs(d))), Code.Double(Sparsity));

    internal IEnumerable<DistributionCase> Shrink()
    {
        for (var i = 0; i < Dims.Count; i++)
        {
            if (Dims.Count > 1)
            {
                yield return new(Dims.Where((_, j) => j != i), Sparsity);
            }

            for (var d = 0; d < Dims[i].Count; d++)
            {
                if (Dims[i][d] > 1)
                {
                    yield return new(Dims.SetItem(i, Dims[i].SetItem(d, Dims[i][d] / 2)), Sparsity);
                }
            }
        }

        if (Math.Round(Sparsity, 1) is var round && round != Sparsity && round is > 0 and < 1)
        {
            yield return new(Dims, round);
        }
    }
}
