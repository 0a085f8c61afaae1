using MathNet.Numerics;
using MathNet.Numerics.Distributions;

namespace Dsd.Statistics;

/// <summary>The noncentral t distribution: of (Z + noncentrality) / √(χ²/df), Z standard normal.</summary>
internal static class NoncentralT
{
    /// <summary>Computes the probability of a value above <paramref name="t"/>.</summary>
    /// <remarks>
    /// With s = √(χ²/df) it is the mean of Φ(noncentrality − t·s) over s. The integral over s goes piece by piece: from either
    /// side of the peak of s at 1, and from either side of where Φ turns, by Gauss and Legendre's rule of 128 points each.
    /// </remarks>
    public static double Above(double t, double degreesOfFreedom, double noncentrality)
    {
        const double Reach = 8;
        var half = degreesOfFreedom / 2;
        var spread = 12 / Math.Sqrt(2 * degreesOfFreedom);
        var (low, high) = (Math.Max(0, 1 - spread), 1 + spread);
        var peak = (half * Math.Log(half)) - half - SpecialFunctions.GammaLn(half) + Math.Log(2);
        double[] turns = t == 0 ? [] : [(noncentrality - Reach) / t, noncentrality / t, (noncentrality + Reach) / t];
        double[] ends = [low, .. turns.Append(1).Where(s => s > low && s < high).Order(), high];
        return ends.Zip(ends.Skip(1)).Sum(piece => Integrate.GaussLegendre(
            s => Normal.CDF(0, 1, noncentrality - (t * s)) * Math.Exp(peak + (degreesOfFreedom * (Math.Log(s) - (((s * s) - 1) / 2))) - Math.Log(s)),
            piece.First,
            piece.Second,
            128));
    }
}
