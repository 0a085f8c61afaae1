using Dsd.Records;
using Dsd.Statistics;

namespace Dsd.Studies;

/// <summary>The outcomes of each test example under two arms, seed by seed.</summary>
internal static class CrossedOutcomes
{
    /// <summary>Computes the 95 % interval of the mean difference over seeds and examples.</summary>
    /// <param name="pairs">The records of both arms for each seed.</param>
    /// <param name="metric">The metric that was measured on test.</param>
    /// <returns>The interval; null if outcomes were not recorded, are not all of the same examples, or have no interval.</returns>
    public static (double Low, double High)? Interval(IReadOnlyList<(RunRecord? First, RunRecord? Other)> pairs, Metric metric)
    {
        var outcomes = pairs.Select(p => (First: Outcomes(p.First), Other: Outcomes(p.Other))).ToList();
        if (outcomes.Count == 0 || outcomes[0].First is not { } model || !pairs.All(p => IsOfTheSameTest(p.First) && IsOfTheSameTest(p.Other)))
        {
            return null;
        }

        var seeds = new List<(IReadOnlyList<double>, IReadOnlyList<double>)>();
        foreach (var (first, other) in outcomes)
        {
            if (first is null || other is null || !IsComparable(first) || !IsComparable(other))
            {
                return null;
            }

            seeds.Add((first.Doubles(), other.Doubles()));
        }

        return PairedBootstrap.OverSeedsAndExamples(seeds, model.DoubleWeights());

        ExampleOutcomes? Outcomes(RunRecord? run) => run?.Test?.ValueOf(metric)?.Outcomes;

        bool IsOfTheSameTest(RunRecord? run) => run?.HasTheTestOf(pairs[0].First!) == true;

        bool IsComparable(ExampleOutcomes some) => some.AreFinite && some.IsOfTheSameExamplesAs(model);
    }
}
