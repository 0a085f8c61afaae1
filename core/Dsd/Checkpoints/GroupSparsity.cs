using System.Globalization;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>An N:M sparsity that a tensor has: of every M neighbours along the inputs, at most N are not zero.</summary>
/// <param name="Most">The number N.</param>
/// <param name="Size">The number M.</param>
internal sealed record GroupSparsity(int Most, int Size)
{
    /// <summary>The dimension of the neighbours: that of <c>MaskPattern.NOfM</c>.</summary>
    private const int Inputs = 1;

    private static readonly int[] s_sizes = [2, 4, 8, 16, 32];

    /// <summary>Finds the strictest N:M that a tensor satisfies, of M = 2, 4, 8, 16 and 32; of equally strict ones that of the smallest M.</summary>
    /// <param name="nonZero">A boolean tensor, true where a weight is not zero.</param>
    /// <returns>Null if it satisfies none, is all zero, or has no dimension of inputs.</returns>
    public static GroupSparsity? In(Tensor nonZero)
    {
        if (nonZero.dim() <= Inputs || nonZero.numel() == 0)
        {
            return null;
        }

        using var scope = NewDisposeScope();
        return s_sizes.Where(m => nonZero.shape[Inputs] % m == 0)
            .Select(m => new GroupSparsity((int)nonZero.reshape([nonZero.shape[0], nonZero.shape[Inputs] / m, m, -1]).sum(2).max().item<long>(), m))
            .Where(g => g.Most > 0 && g.Most < g.Size)
            .OrderBy(g => (decimal)g.Most / g.Size).ThenBy(g => g.Size)
            .FirstOrDefault();
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Most}:{Size}");
}
