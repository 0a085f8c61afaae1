using System.Numerics;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace Dsd.Statistics;

/// <summary>Bootstrap confidence intervals of the difference of two weighted means over the same examples, which resample examples, or seeds and examples.</summary>
/// <remarks>
/// Percentiles of 10,000 draws, expanded for few examples or seeds to the width of a t-interval of the same size
/// (T. C. Hesterberg, The American Statistician 69, 2015), since plain percentiles are too narrow by a third with six.
/// The smaller number of seeds and examples decides, which is conservative if the others vary more.
/// Seeds and examples are crossed, each seed being measured on the same examples, and are drawn independently of each other
/// (A. B. Owen, The Annals of Applied Statistics 1, 2007). The same numbers give the same interval on every machine.
/// </remarks>
internal static class PairedBootstrap
{
    /// <summary>The number of bootstrap draws.</summary>
    public const int Draws = 10_000;

    /// <summary>The smallest number of examples, and of seeds if they are resampled too, for an interval.</summary>
    public const int Fewest = 6;

    /// <summary>Computes the interval of the first mean minus the second over examples.</summary>
    /// <param name="first">An outcome of each example, finite.</param>
    /// <param name="second">The other outcome of each example, in the same order.</param>
    /// <param name="weights">The weight of each example, at least 0 and finite; null for equal weights.</param>
    /// <param name="confidence">The confidence level, above 0 and below 1. Default 0.95.</param>
    /// <param name="seed">The seed of the draws. Default 0.</param>
    /// <returns>Null without a spread, and with fewer than <see cref="Fewest"/> examples that have a weight.</returns>
    /// <exception cref="ArgumentException">Lengths differ, or a number is not finite.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="confidence"/> is not between 0 and 1.</exception>
    public static (double Low, double High)? OverExamples(IReadOnlyList<double> first, IReadOnlyList<double> second, IReadOnlyList<double>? weights = null, double confidence = 0.95, long seed = 0) =>
        Interval([(first, second)], weights, confidence, seed, drawsSeeds: false);

    /// <summary>Computes the interval of the first mean minus the second over seeds and examples.</summary>
    /// <param name="seeds">For each seed an outcome of each example and the other outcome, finite and in the same order throughout.</param>
    /// <param name="weights">The weight of each example, at least 0 and finite; null for equal weights.</param>
    /// <param name="confidence">The confidence level, above 0 and below 1. Default 0.95.</param>
    /// <param name="seed">The seed of the draws. Default 0.</param>
    /// <returns>Null without a spread, and with fewer than <see cref="Fewest"/> seeds or examples that have a weight.</returns>
    /// <exception cref="ArgumentException">Lengths differ, or a number is not finite.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="confidence"/> is not between 0 and 1.</exception>
    public static (double Low, double High)? OverSeedsAndExamples(
        IReadOnlyList<(IReadOnlyList<double> First, IReadOnlyList<double> Second)> seeds,
        IReadOnlyList<double>? weights = null,
        double confidence = 0.95,
        long seed = 0) => Interval(seeds, weights, confidence, seed, drawsSeeds: true);

    /// <summary>Computes the mean difference of each draw, sorted.</summary>
    /// <param name="rows">The weighted differences: those of one example for all seeds, then the next example.</param>
    /// <param name="weights">The weight of each example.</param>
    /// <param name="seeds">The number of seeds.</param>
    /// <param name="drawsSeeds">True to resample seeds too.</param>
    /// <param name="seed">The seed of the draws.</param>
    internal static double[] Drawn(double[] rows, double[] weights, int seeds, bool drawsSeeds, long seed)
    {
        // Rows are padded to whole vectors, and those in which all seeds agree, the most of an accuracy, come last and are not added.
        var width = (seeds + Vector<double>.Count - 1) / Vector<double>.Count;
        var order = Enumerable.Range(0, weights.Length).OrderBy(i => rows.AsSpan(i * seeds, seeds).ContainsAnyExcept(0.0) ? 0 : 1).ToArray();
        var told = order.Count(i => rows.AsSpan(i * seeds, seeds).ContainsAnyExcept(0.0));
        var vectors = new Vector<double>[told * width];
        var padded = new double[width * Vector<double>.Count];
        for (var i = 0; i < told; i++)
        {
            rows.AsSpan(order[i] * seeds, seeds).CopyTo(padded);
            for (var v = 0; v < width; v++)
            {
                vectors[(i * width) + v] = new Vector<double>(padded, v * Vector<double>.Count);
            }
        }

        var sorted = order.Select(i => weights[i]).ToArray();
        var equal = weights.All(w => w == 1);
        var drawn = new double[Draws];
        Parallel.For(0, Draws, draw =>
        {
            var random = CounterRandom.For(seed, "bootstrap", draw);
            Span<Vector<double>> sums = stackalloc Vector<double>[width];
            sums.Clear();
            var total = equal ? sorted.Length : 0.0;
            for (var k = 0; k < sorted.Length; k++)
            {
                var i = random.Below(k, sorted.Length);
                total += equal ? 0 : sorted[i];
                if (i < told)
                {
                    for (var v = 0; v < width; v++)
                    {
                        sums[v] += vectors[(i * width) + v];
                    }
                }
            }

            var mean = 0.0;
            for (var s = 0; s < seeds; s++)
            {
                var from = drawsSeeds ? random.Below(sorted.Length + s, seeds) : s;
                mean += sums[from / Vector<double>.Count][from % Vector<double>.Count];
            }

            drawn[draw] = mean / seeds / total;
        });
        Array.Sort(drawn);
        return drawn;
    }

    private static (double Low, double High)? Interval(
        IReadOnlyList<(IReadOnlyList<double> First, IReadOnlyList<double> Second)> seeds,
        IReadOnlyList<double>? weights,
        double confidence,
        long seed,
        bool drawsSeeds)
    {
        ArgumentNullException.ThrowIfNull(seeds);
        Check.Fraction(confidence, "A confidence");
        var examples = seeds.Count == 0 ? 0 : seeds[0].First.Count;
        if (seeds.Any(s => s.First.Count != examples || s.Second.Count != examples) || (weights is not null && weights.Count != examples))
        {
            throw new ArgumentException("Outcomes and weights must be of the same examples; their numbers differ.", nameof(seeds));
        }

        var weighed = Enumerable.Range(0, examples).Where(i => weights is null || weights[i] != 0).ToArray();
        var rows = new double[weighed.Length * seeds.Count];
        var magnitude = 0.0;
        for (var i = 0; i < weighed.Length; i++)
        {
            for (var s = 0; s < seeds.Count; s++)
            {
                var (a, b, w) = (seeds[s].First[weighed[i]], seeds[s].Second[weighed[i]], weights?[weighed[i]] ?? 1);
                if (!double.IsFinite(w * (a - b)) || w < 0)
                {
                    throw new ArgumentException(FormattableString.Invariant($"Outcomes must be finite and weights at least 0; example {weighed[i] + 1} has {a} and {b} with the weight {w}."), nameof(seeds));
                }

                rows[(i * seeds.Count) + s] = w * (a - b);
                magnitude = Math.Max(magnitude, Math.Max(Math.Abs(a), Math.Abs(b)));
            }
        }

        var fewest = drawsSeeds ? Math.Min(weighed.Length, seeds.Count) : weighed.Length;
        if (fewest < Fewest)
        {
            return null;
        }

        var drawn = Drawn(rows, [.. weighed.Select(i => weights?[i] ?? 1)], seeds.Count, drawsSeeds, seed);
        if (!Sample.Of([drawn[0], drawn[^1]], magnitude).HasSpread)
        {
            return null;
        }

        var tail = Normal.CDF(0, 1, -Math.Sqrt(fewest / (fewest - 1.0)) * StudentTail.Quantile((1 - confidence) / 2, fewest - 1));
        return (SortedArrayStatistics.Quantile(drawn, tail), SortedArrayStatistics.Quantile(drawn, 1 - tail));
    }
}
