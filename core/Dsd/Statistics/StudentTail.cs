using MathNet.Numerics.Distributions;
using MathNet.Numerics.RootFinding;

namespace Dsd.Statistics;

/// <summary>The upper tail of Student's t distribution and its inverse.</summary>
internal static class StudentTail
{
    /// <summary>Computes the probability of a value above <paramref name="t"/>; a small one keeps its digits, which 1 − CDF would lose.</summary>
    public static double Above(double t, double degreesOfFreedom) =>
        double.IsInfinity(t) ? (t > 0 ? 0 : 1) : StudentT.CDF(0, 1, degreesOfFreedom, -t);

    /// <summary>Computes the value whose upper tail has a probability of <paramref name="tail"/>, in (0, 1/2).</summary>
    /// <remarks>MathNet's inverse searches up to 800 only, which is too little for one degree of freedom.</remarks>
    public static double Quantile(double tail, double degreesOfFreedom)
    {
        var high = 1.0;
        while (Above(high, degreesOfFreedom) > tail)
        {
            high *= 2;
        }

        return Brent.FindRoot(t => (Above(t, degreesOfFreedom) / tail) - 1, high == 1 ? 0 : high / 2, high, 1e-13, 200);
    }
}
