using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>Computes Erdős–Rényi levels: the fewer weights a layer has for its width, the denser it stays.</summary>
/// <remarks>
/// Sources: Mocanu et al., "Scalable training of artificial neural networks with adaptive sparse connectivity inspired by network science",
/// 2018 (ER); Evci et al., "Rigging the lottery", 2020, section 3 (ERK).
/// </remarks>
internal static class ErdosRenyi
{
    /// <summary>Levels by the sum of all dimensions over their product, kernels included.</summary>
    public static IReadOnlyList<double> WithKernel(IReadOnlyList<ParameterShape> layers, Sparsity sparsity, double power = 1) => Levels(layers, sparsity, power, dims => dims);

    /// <summary>Levels by outputs and inputs alone.</summary>
    public static IReadOnlyList<double> WithoutKernel(IReadOnlyList<ParameterShape> layers, Sparsity sparsity, double power = 1) => Levels(layers, sparsity, power, dims => dims.Take(2));

    private static double[] Levels(IReadOnlyList<ParameterShape> layers, Sparsity sparsity, double power, Func<IEnumerable<long>, IEnumerable<long>> counted)
    {
        var raw = layers.Select(l => Math.Pow(counted(l.Dims).Sum() / counted(l.Dims).Aggregate(1.0, (product, dim) => product * dim), power)).ToArray();
        var keep = layers.Sum(l => (double)l.Count) * (1 - sparsity.Value);
        var isFull = new bool[layers.Count];
        while (true)
        {
            // Layers whose share exceeds their size stay dense; the others share the rest in proportion, until no share exceeds its layer.
            var open = Enumerable.Range(0, layers.Count).Where(i => !isFull[i]).ToList();
            var rest = keep - layers.Where((_, i) => isFull[i]).Sum(l => (double)l.Count);
            var scale = rest / open.Sum(i => raw[i] * layers[i].Count);
            var over = open.Where(i => scale * raw[i] >= 1).ToList();
            if (over.Count == 0)
            {
                return [.. raw.Select((r, i) => isFull[i] ? 0 : Math.Clamp(1 - (scale * r), 0, Math.BitDecrement(1.0)))];
            }

            over.ForEach(i => isFull[i] = true);
        }
    }
}
