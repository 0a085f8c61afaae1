using Dsd.Plans;
using Dsd.Schedules;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Turns a plan's counts and the live weights into masks. Reads weights, never changes them.</summary>
/// <param name="scoreFunctions">The user's score functions by the name that a schedule calls them.</param>
internal sealed class MaskChoice(IReadOnlyDictionary<string, Func<PrunableWeight, Tensor>> scoreFunctions)
{
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
        var masks = pruned.Where(l => !l.IsPooled).ToDictionary(l => l, l => Choose([scores[l]], phase.KeptAt(l, update)!.Value)[0]);
        var pooled = pruned.Where(l => l.IsPooled).ToList();
        if (pooled.Count > 0)
        {
            var chosen = Choose([.. pooled.Select(l => scores[l])], phase.PoolKeptAt(update));
            for (var i = 0; i < pooled.Count; i++)
            {
                masks[pooled[i]] = chosen[i];
            }
        }

        return [.. pruned.Select(l => (l, masks[l]))];
    }

    /// <summary>Chooses the mask of one tensor.</summary>
    /// <param name="criterion">What ranks the weights.</param>
    /// <param name="weight">The tensor.</param>
    /// <param name="sparsity">The fraction to prune.</param>
    public BitMask Choose(MaskCriterion criterion, PrunableWeight weight, Sparsity sparsity)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return Choose([Scores(criterion, weight)], sparsity.Kept(weight.Weight.numel()))[0];
    }

    private static unsafe BitMask[] Choose(Score[] scores, long keep)
    {
        // Tensors of one pool are compared in one format: the widest that any of them needs.
        if (scores[0].Random is not null)
        {
            return TopSelection.ChooseAcross<RandomKeys>([.. scores.Select(s => new RandomKeys(s.Random!.Value, s.Count))], keep, scores.Length > 1);
        }

        if (!scores[0].IsMagnitude)
        {
            return TopSelection.ChooseAcross<ScoreKeys>([.. scores.Select(s => new ScoreKeys((double*)s.Memory(ScalarType.Float64), s.Count))], keep, scores.Length > 1);
        }

        return scores.Any(s => s.Values!.dtype == ScalarType.Float64)
            ? TopSelection.ChooseAcross<MagnitudeKeys64>([.. scores.Select(s => new MagnitudeKeys64((double*)s.Memory(ScalarType.Float64), s.Count))], keep, scores.Length > 1)
            : TopSelection.ChooseAcross<MagnitudeKeys32>([.. scores.Select(s => new MagnitudeKeys32((float*)s.Memory(ScalarType.Float32), s.Count))], keep, scores.Length > 1);
    }

    private Score Scores(MaskCriterion criterion, PrunableWeight weight)
    {
        var count = weight.Weight.numel();
        if (criterion.Kind == CriterionKind.Random)
        {
            return new(null, CounterRandom.For(criterion.Seed, weight.Name), false, count);
        }

        if (criterion.Kind == CriterionKind.Magnitude)
        {
            RequireFinite(weight.Weight, weight.Name, "holds");
            return new(weight.Weight, null, true, count);
        }

        var score = scoreFunctions[criterion.Name!](weight);
        if (score is null || !score.shape.SequenceEqual(weight.Weight.shape))
        {
            var got = score is null ? "null" : $"a tensor of shape {Shape(score)}";
            throw new DsdException($"The score function '{criterion.Name}' returned {got} for {weight.Name}; it must return one score for each weight, shape {Shape(weight.Weight)}.");
        }

        RequireFinite(score, weight.Name, $"has, by the score function '{criterion.Name}',");
        return new(score, null, false, count);
    }

    private static string Shape(Tensor tensor) => $"({string.Join(", ", tensor.shape)})";

    private static void RequireFinite(Tensor values, string name, string verb)
    {
        using var finite = values.isfinite();
        using var all = finite.all();
        if (!all.item<bool>())
        {
            throw new DsdException($"{name} {verb} values that are NaN or infinite, so its weights cannot be ranked. Training has diverged: lower the learning rate, or clip gradients.");
        }
    }

    private sealed record Score(Tensor? Values, CounterRandom? Random, bool IsMagnitude, long Count)
    {
        /// <summary>The values row by row in CPU memory as the given type; no copy where they already lie so. Lives as long as the scope.</summary>
        public unsafe void* Memory(ScalarType type)
        {
            var plain = Values!.detach().to(type).cpu().contiguous();
            return System.Runtime.CompilerServices.Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetReference(plain.bytes));
        }
    }
}
