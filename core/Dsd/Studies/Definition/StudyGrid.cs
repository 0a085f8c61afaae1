using System.Globalization;
using System.Text.Json;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Studies;

/// <summary>The grid of a study in JSON: axes of values, each combination of which is a variant of one schedule.</summary>
internal static class StudyGrid
{
    private const int MaxVariants = 10_000;

    public static List<StudyVariant> Read(JsonPlace grid, Schedule schedule, TrainingConfig config)
    {
        grid.Fields("sparsity", "lastRateFactor", "laterRatesFactor", "spread", "rebornState", "rebornWeights", "network", "augment", "labelNoise", "trainLimit");
        var made = new List<(string Name, Schedule Schedule, TrainingConfig Config)> { ("", schedule, config) };
        foreach (var axis in grid.Element.EnumerateObject().Select(f => grid.At(f.Name)!.Value))
        {
            var values = axis.Items();
            if (values.Count == 0)
            {
                throw axis.Wrong("an axis needs at least one value");
            }

            made = [.. made.SelectMany(m => values.Select(v => Along(axis.Path.Split('.')[^1], v, m)))];
            if (made.Count > MaxVariants)
            {
                throw grid.Wrong(FormattableString.Invariant($"the grid has more than {MaxVariants} variants"));
            }
        }

        return made.ConvertAll(m => grid.Make(() => new StudyVariant(m.Name.Length == 0 ? "schedule" : m.Name, m.Schedule, m.Config == config ? null : m.Config)));
    }

    private static (string Name, Schedule Schedule, TrainingConfig Config) Along(string axis, JsonPlace value, (string Name, Schedule Schedule, TrainingConfig Config) from)
    {
        var name = $"{from.Name}{(from.Name.Length == 0 ? "" : ", ")}{Words(axis)} {(value.Kind == JsonValueKind.String ? value.Text() : value.Element.GetRawText())}";
        return axis switch
        {
            "sparsity" => (name, Sparse(p => p.WithSparsity(value.Make(() => SparsityCurve.Constant(value.Number())))), from.Config),
            "spread" => (name, Sparse(p => p.WithMask(p.Mask.WithDistribution(MaskRuleJson.ReadSpread(value)))), from.Config),
            "rebornState" => (name, Sparse(p => p.WithRegrown(p.RegrownWeights, value.OneOf(("zero", RegrownState.Zero), ("kept", RegrownState.Kept), ("reset", RegrownState.Reset)))), from.Config),
            "rebornWeights" => (name, Sparse(p => p.WithRegrown(value.OneOf(("zero", RegrownWeights.Zero), ("restored", RegrownWeights.Restored), ("redrawn", RegrownWeights.Redrawn)), p.RegrownState)), from.Config),
            "lastRateFactor" => (name, LastRate(value), from.Config),
            "laterRatesFactor" => (name, value.Make(() => from.Schedule.WithLaterRatesTimes(value.Number())), from.Config),
            "network" => (name, from.Schedule, value.Make(() => from.Config.WithNetwork(value.Text()))),
            "labelNoise" => (name, from.Schedule, from.Config.WithLabelNoise(value.Make(() => value.Number() is not 0 and var fraction ? new LabelNoise(fraction, from.Config.LabelNoise?.Seed) : null))),
            "trainLimit" => (name, from.Schedule, value.Make(() => from.Config.WithTrainLimit(value.Int()))),
            _ => (name, from.Schedule, from.Config.WithAugment(value.Kind == JsonValueKind.True || (value.Kind == JsonValueKind.False ? false : throw value.Wrong("expected true or false")))),
        };

        Schedule Sparse(Func<Phase, Phase> change) => new(from.Schedule.Phases.Select(p => p.IsDense ? p : change(p)).ToValueList());

        Schedule LastRate(JsonPlace factor) => new(from.Schedule.Phases.SetItem(
            from.Schedule.Phases.Count - 1,
            from.Schedule.Phases[^1].WithRate(factor.Make(() => from.Schedule.Phases[^1].Rate.Times(factor.Number())))));
    }

    private static string Words(string axis) => axis switch
    {
        "lastRateFactor" => "last rate ×",
        "laterRatesFactor" => "later rates ×",
        "rebornState" => "reborn state",
        "rebornWeights" => "reborn weights",
        "labelNoise" => "label noise",
        "trainLimit" => "examples",
        _ => axis.ToLower(CultureInfo.InvariantCulture),
    };
}
