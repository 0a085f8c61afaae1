using Dsd.Plans;
using Dsd.Schedules;
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
    /// <param name="weights">The live parameter of each pruned layer.</param>
    /// <returns>One mask for each pruned layer, in the plan's order.</returns>
    /// <exception cref="DsdException">A weight or score is NaN or infinite, or a score has another shape than its weight.</exception>
    public List<(PlannedLayer Layer, BitMask Mask)> Choose(PlannedPhase phase, long update, Func<PlannedLayer, PrunableWeight> weights)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var pruned = phase.Layers.Where(l => l.IsPruned).ToList();
        var scores = pruned.ToDictionary(l => l, l => Scores(phase.Phase.Mask.Criterion, weights(l)));
        var groups = pruned.Where(l => !l.IsPooled).Select(l => new ScoreGroup([scores[l]], phase.KeptAt(l, update)!.Value, false)).ToList();
        var pooled = pruned.Where(l => l.IsPooled).Select(l => scores[l]).ToArray();
        var masks = Choose([.. groups, .. pooled.Length == 0 ? [] : new[] { new ScoreGroup(pooled, phase.PoolKeptAt(update), pooled.Length > 1) }], [.. scores.Values]);
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
        var score = Scores(criterion, weight);
        return Choose([new([score], sparsity.Kept(score.Count), false)], [score])[score];
    }

    private static Dictionary<WeightScores, BitMask> Choose(ScoreGroup[] groups, WeightScores[] scores)
    {
        var masks = new Dictionary<WeightScores, BitMask>(ReferenceEqualityComparer.Instance);
        foreach (var batch in groups.GroupBy(g => g.Format))
        {
            ScoreGroup.Choose(batch.Key, [.. batch], masks);
        }

        return scores.FirstOrDefault(s => !masks.ContainsKey(s)) switch
        {
            null => masks,
            { IsMagnitude: true } wrong => throw new DivergedException(
                $"{wrong.Name} {wrong.Verb} values that are NaN or infinite, so its weights cannot be ranked. "
                + "Look at where the weights come from, at the losses and at the data up to here; where the loss grew, training has diverged: lower the learning rate, or clip gradients."),
            var wrong => throw new DsdException(
                $"{wrong.Name} {wrong.Verb} values that are NaN or infinite, so its weights cannot be ranked. The function must give a finite score for every weight."),
        };
    }

    private WeightScores Scores(MaskCriterion criterion, PrunableWeight weight)
    {
        var count = weight.Weight.numel();
        if (criterion.Kind == CriterionKind.Random)
        {
            return new(weight.Name, "has", null, CounterRandom.For(criterion.Seed, weight.Name), false, count);
        }

        if (criterion.Kind == CriterionKind.Magnitude)
        {
            return new(weight.Name, "holds", weight.Weight, null, true, count);
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
