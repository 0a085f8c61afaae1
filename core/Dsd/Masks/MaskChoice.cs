using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Statistics;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Turns a plan's counts and the live weights into masks. Reads weights, never changes them.</summary>
/// <param name="scoreFunctions">The user's score functions by the name that a schedule calls them.</param>
internal sealed class MaskChoice(IReadOnlyDictionary<string, Func<PrunableWeight, Tensor>> scoreFunctions)
{
    /// <summary>Refuses a plan that ranks weights by a function that was not given.</summary>
    /// <exception cref="DsdException">It does.</exception>
    public static void Check(Plan plan, IReadOnlyDictionary<string, Func<PrunableWeight, Tensor>> functions)
    {
        var missing = plan.Phases.Where(p => !p.IsDense).Select(p => p.Phase.Mask.Criterion.Name).FirstOrDefault(n => n is not null && !functions.ContainsKey(n));
        if (missing is not null)
        {
            var given = functions.Count == 0 ? "none was given" : $"given are {string.Join(", ", functions.Keys.Select(k => $"'{k}'"))}";
            throw new DsdException($"The schedule ranks weights by the score function '{missing}', but {given}. Pass it to the session under that name.");
        }
    }

    /// <summary>Chooses the masks of a phase's pruned layers at one update.</summary>
    /// <param name="phase">The phase.</param>
    /// <param name="update">Which update of it, from 0.</param>
    /// <param name="live">The live weights of each pruned layer, and the mask that holds there.</param>
    /// <returns>One mask for each pruned layer, in the plan's order.</returns>
    /// <exception cref="DsdException">A weight or score is NaN or infinite, or a score has another shape than its weight.</exception>
    public List<(PlannedLayer Layer, BitMask Mask)> Choose(PlannedPhase phase, long update, Func<PlannedLayer, LiveLayer> live)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var rule = phase.Phase.Mask;
        var pruned = phase.Layers.Where(l => l.IsPruned).ToList();
        var layers = pruned.ToDictionary(l => l, live);
        var scores = pruned.ToDictionary(l => l, l => Scores(rule.Criterion, layers[l]));
        var pooled = pruned.Where(l => l.IsGlobal).ToArray();
        var groups = pruned.Where(l => !l.IsGlobal).Select(l => (Layers: new[] { l }, Keep: phase.KeptAt(l, update)!.Value)).ToList();
        groups.AddRange(pooled.Length == 0 ? [] : [(pooled, phase.GlobalKeptAt(update))]);
        var masks = Rank([.. groups.Select(g => new ScoreGroup([.. g.Layers.Select(l => scores[l])], g.Keep, g.Layers.Length > 1))]);

        // A random order is the same each time, so that its masks are nested by themselves.
        if (!rule.Update.MayRegrow && rule.Criterion.Kind != CriterionKind.Random && layers.Values.All(l => l.Mask is not null))
        {
            var nested = new NestedChoice(layers, scores);
            groups.ForEach(g => nested.Apply(g.Layers, g.Keep, masks));
        }

        return [.. pruned.Select(l => (l, masks[scores[l]]))];
    }

    /// <summary>Chooses the mask of one tensor.</summary>
    /// <param name="criterion">What ranks the weights.</param>
    /// <param name="weight">The tensor.</param>
    /// <param name="sparsity">The fraction to prune.</param>
    public BitMask Choose(MaskCriterion criterion, PrunableWeight weight, Sparsity sparsity)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var score = Scores(criterion, new LiveLayer(weight));
        return Rank([new([score], sparsity.Kept(score.Count), false)])[score];
    }

    /// <summary>Chooses the masks of rankings, one for each of their scores.</summary>
    /// <exception cref="DsdException">A value is NaN or infinite.</exception>
    public static Dictionary<WeightScores, BitMask> Rank(ScoreGroup[] groups)
    {
        var masks = new Dictionary<WeightScores, BitMask>(ReferenceEqualityComparer.Instance);
        foreach (var batch in groups.GroupBy(g => g.Format))
        {
            ScoreGroup.Choose(batch.Key, [.. batch], masks);
        }

        return groups.SelectMany(g => g.Scores).FirstOrDefault(s => !masks.ContainsKey(s)) switch
        {
            null => masks,
            { IsMagnitude: true } wrong => throw new DivergedException(
                $"{wrong.Name} {wrong.Verb} values that are NaN or infinite, so its weights cannot be ranked. "
                + "Look at where the weights come from, at the losses and at the data up to here; where the loss grew, training has diverged: lower the learning rate, or clip gradients."),
            var wrong => throw new DsdException(
                $"{wrong.Name} {wrong.Verb} values that are NaN or infinite, so its weights cannot be ranked. The function must give a finite score for every weight."),
        };
    }

    private WeightScores Scores(MaskCriterion criterion, LiveLayer layer)
    {
        var weight = layer.Weight;
        var count = weight.Weight.numel();
        if (criterion.Kind == CriterionKind.Random)
        {
            return new(weight.Name, "has", null, CounterRandom.For(criterion.Seed, weight.Name), false, count);
        }

        if (criterion.Kind == CriterionKind.Magnitude)
        {
            // Where pruned weights may come back, they rank as they did when they were pruned.
            var values = layer is { Mask: { } mask, PrunedValues: { } pruned } ? where(MaskedMemory.Pruned(mask, pruned.shape, pruned.device), pruned, weight.Weight) : weight.Weight;
            return new(weight.Name, "holds", values, null, true, count);
        }

        var score = scoreFunctions[criterion.Name!](weight);
        if (score is null || !score.shape.SequenceEqual(weight.Weight.shape))
        {
            var got = score is null ? "null" : $"a tensor of shape {Shape(score)}";
            throw new DsdException($"The score function '{criterion.Name}' returned {got} for {weight.Name}; it must return one score for each weight, shape {Shape(weight.Weight)}.");
        }

        return new(weight.Name, $"has, by the score function '{criterion.Name}',", score, null, false, count);
    }

    private static string Shape(Tensor tensor) => $"({string.Join(", ", tensor.shape)})";
}
