using Dsd.Masks;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Testing;

// The custom methods of generated trainings.
public static partial class Generators
{
    /// <summary>The custom methods to which the schedules of <see cref="TrainingCases()"/> refer: the criteria <c>saliency</c> and <c>remembering</c>, the distribution <c>tilted</c>, the pattern <c>rows</c> and the update <c>turn</c>.</summary>
    public static MaskMethods Methods { get; } = MaskMethods.None
        .WithCriterion("saliency", layer => layer.Weight.mul(layer.Gradient!).abs())
        .WithCriterion("remembering", Remembered)
        .WithDistribution("tilted", Tilted)
        .WithPattern("rows", new RowPattern())
        .WithUpdate("turn", new TurningUpdate());

    /// <summary>The given masks of generated rules by name, and the share of the weights that each keeps.</summary>
    internal static readonly (string Name, double Share)[] GivenShares = [("some", 2 / 3.0), ("most", 5 / 6.0)];

    private static readonly GivenMasks s_some = GivenMasks.Named("some");
    private static readonly GivenMasks s_most = GivenMasks.Named("most");

    /// <summary>Takes from the first layer's density and gives as many weights to the second.</summary>
    private static IReadOnlyList<double> Tilted(IReadOnlyList<Plans.ParameterShape> layers, Sparsity sparsity)
    {
        var levels = layers.Select(_ => sparsity.Value).ToArray();
        if (levels.Length > 1)
        {
            var ratio = layers[1].Count / (double)layers[0].Count;
            var tilt = Math.Min(sparsity.Value, (1 - sparsity.Value) / ratio) / 2;
            (levels[0], levels[1]) = (levels[0] + (tilt * ratio), levels[1] - tilt);
        }

        return levels;
    }

    /// <summary>Ranks by the sum of all magnitudes at which the function was asked so far: what it remembers is in its state alone.</summary>
    private static Tensor Remembered(MaskContext layer)
    {
        var sum = layer.State["sum"] is { } before ? before + layer.Weight.abs() : layer.Weight.abs();
        layer.State["sum"] = sum;
        return sum;
    }

    /// <summary>A pattern of which every output keeps equally many of its weights.</summary>
    private sealed class RowPattern : IMaskPattern
    {
        public string? Refuse(ValueList<long> dims, Sparsity sparsity) => dims.Count < 2 ? "has no rows" : null;

        public PatternGroups Divide(ValueList<long> dims, Sparsity sparsity)
        {
            var row = dims.Skip(1).Aggregate(1L, (a, b) => a * b);
            return new PatternGroups(dims[0], (int)row, (int)sparsity.Kept(row), (group, place) => (group * row) + place);
        }
    }

    /// <summary>An update after which the weights that stay move on by a draw that is remembered from one update to the next.</summary>
    private sealed class TurningUpdate : IMaskUpdate
    {
        public BitMask Choose(MaskContext context, MaskUpdate update, long keep)
        {
            var turn = (context.State["turn"] is { } before ? before.item<long>() : 0) + context.Update + 1;
            context.State["turn"] = tensor(turn);
            var count = context.Weight.numel();
            return context.Top((arange(count) + turn).remainder(count).view(context.Weight.shape).to(float32), keep);
        }
    }
}
