using Dsd.Masks;
using Dsd.Plans;

namespace Dsd.Testing;

/// <summary>Checks the masks after BeginStep against the plan.</summary>
/// <param name="findings">The findings.</param>
/// <param name="methods">The custom methods and masks.</param>
/// <param name="pruned">The values of pruned weights up to the step before.</param>
internal sealed class MaskWatch(Findings findings, MaskMethods methods, PrunedValues pruned)
{
    private readonly Dictionary<string, double> _deviations = [];
    private Dictionary<string, BitMask> _lifted = [];

    /// <summary>Checks a step that has begun.</summary>
    /// <param name="step">The step.</param>
    /// <param name="gradients">The dense gradients of the step before.</param>
    public void Begun(SeenStep step, Dictionary<string, float[]> gradients)
    {
        if (step is { IsEntry: true, MasksBefore.Count: > 0 })
        {
            _lifted = step.MasksBefore;
        }

        if (step.IsEntry)
        {
            _deviations.Clear();
        }

        var (phase, masks) = (step.Phase, step.Masks);
        if (phase.IsDense)
        {
            findings.Check(TrainingLaws.DenseHasNone, masks.Count == 0, () => $"no masks at step {step.Step}, in the dense phase '{phase.Phase.Name}'", () => string.Join(", ", masks.Keys));
            return;
        }

        var layers = phase.Layers.Where(l => l.IsPruned).ToList();
        if (!findings.Check(TrainingLaws.OnlyPruned, masks.Keys.Order().SequenceEqual(layers.Select(l => l.Parameter).Order()), () => $"masks of {Names(layers.Select(l => l.Parameter))} at step {step.Step}", () => Names(masks.Keys)))
        {
            return;
        }

        CheckCounts(step, layers);
        if (step.Chooses)
        {
            new ChoiceWatch(step, findings, methods, pruned, _lifted, gradients, _deviations).Check(layers);
            return;
        }

        var changed = masks.FirstOrDefault(m => !m.Value.Equals(step.MasksBefore.GetValueOrDefault(m.Key)));
        findings.Check(TrainingLaws.Due, changed.Key is null, () => $"the masks of the step before at step {step.Step}, at which none are due", () => $"another one of {changed.Key}");
    }

    private void CheckCounts(SeenStep step, List<PlannedLayer> layers)
    {
        foreach (var layer in layers)
        {
            var mask = step.Masks[layer.Parameter];
            var (kept, keep) = (MaskLaws.Kept(mask).LongCount(), step.Phase.KeptAt(layer, step.Update));
            var least = layer.IsOpen ? step.Phase.LeastKeptAt(layer, step.Update) : 1;
            findings.Check(TrainingLaws.Counts, mask.Count == layer.Weights && kept >= least && kept == (keep ?? kept), () => $"{(keep is { } k ? $"{k}" : $"at least {least}")} of {layer.Weights} weights of {layer.Parameter} at step {step.Step}", () => $"{kept} of {mask.Count}");
        }

        if (layers.Exists(l => l.IsGlobal))
        {
            var sum = layers.Where(l => l.IsGlobal).Sum(l => step.Masks[l.Parameter].Kept);
            findings.Check(TrainingLaws.Counts, sum == step.Phase.GlobalKeptAt(step.Update), () => $"{step.Phase.GlobalKeptAt(step.Update)} weights of the global ranking at step {step.Step}", () => $"{sum}");
        }
    }

    private static string Names(IEnumerable<string> names) => names.Any() ? string.Join(", ", names.Order()) : "none";
}
