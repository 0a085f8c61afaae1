using Dsd.Plans;
using TorchSharp.Modules;

namespace Dsd.Masks;

/// <summary>Checks that live masks and weights are those of a plan.</summary>
internal static class MaskVerification
{
    /// <summary>Checks that the masks in place are those of a phase: each has the plan's count, and every weight that it prunes is exactly +0.</summary>
    /// <param name="phase">The phase.</param>
    /// <param name="steps">The number of its steps that are done, at least 1.</param>
    /// <param name="masks">The masks by parameter.</param>
    /// <param name="parameters">The model's parameters by name.</param>
    /// <exception cref="DsdException">A mask or a weight differs; the message names the parameter.</exception>
    public static void Verify(PlannedPhase phase, long steps, IReadOnlyDictionary<string, BitMask> masks, IReadOnlyDictionary<string, Parameter> parameters)
    {
        var pruned = phase.Layers.Where(l => l.IsPruned).ToList();
        var update = phase.IsDense ? 0 : phase.UpdateAt(steps - 1);
        if (masks.Keys.Except(pruned.Select(l => l.Parameter)).FirstOrDefault() is { } beyond)
        {
            throw new DsdException($"{beyond} has a mask, but phase {phase.Phase.Name} does not prune it. Masks and plan are of different runs.");
        }

        foreach (var layer in pruned)
        {
            var mask = masks.GetValueOrDefault(layer.Parameter)
                ?? throw new DsdException($"{layer.Parameter} has no mask, but phase {phase.Phase.Name} prunes it. Masks and plan are of different runs.");
            var keep = phase.KeptAt(layer, update) ?? mask.Kept;
            if (mask.Count != layer.Weights || mask.Kept != keep)
            {
                throw new DsdException(FormattableString.Invariant(
                    $"The mask of {layer.Parameter} keeps {mask.Kept} of {mask.Count} weights; by the plan of phase {phase.Phase.Name} it must keep {keep} of {layer.Weights}. Masks and plan are of different runs."));
            }

            if (MaskedMemory.FirstNonZero(parameters[layer.Parameter], mask) is { } place)
            {
                throw new DsdException(FormattableString.Invariant(
                    $"{layer.Parameter} is pruned at weight {place} of {mask.Count} (row by row, from 0), but its value there is not 0. Something other than the session and its optimiser changed the weights in phase {phase.Phase.Name}, e.g. loaded or averaged ones; change them before the session is made, or apply session.Masks.ApplyToWeights() afterwards."));
            }
        }

        var pooled = pruned.Where(l => l.IsGlobal).Sum(l => masks[l.Parameter].Kept);
        if (pruned.Any(l => l.IsGlobal) && pooled != phase.GlobalKeptAt(update))
        {
            throw new DsdException(FormattableString.Invariant(
                $"The masks of the layers that phase {phase.Phase.Name} ranks together keep {pooled} weights; by the plan they must keep {phase.GlobalKeptAt(update)}. Masks and plan are of different runs."));
        }
    }
}
