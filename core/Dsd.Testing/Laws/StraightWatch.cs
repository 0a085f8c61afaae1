using Dsd.Masks;
using Dsd.Schedules;

namespace Dsd.Testing;

/// <summary>Checks the training of pruned weights straight-through: by the gradients at their places, with values that the network holds in the optimiser's step alone.</summary>
/// <param name="pruned">The values of pruned weights.</param>
/// <param name="findings">The findings.</param>
internal sealed class StraightWatch(PrunedValues pruned, Findings findings)
{
    // In the layers for which it is known which weights are trained.
    private readonly Dictionary<string, bool[]?> _trained = [];

    private bool IsOver => findings.Broken is not null;

    /// <summary>Notes which weights are trained, where masks are chosen: the kept and, of the pruned, those with the largest magnitude.</summary>
    public void Begun(SeenStep step)
    {
        if (step.Phase.Phase.StraightThrough is not { } rule || !step.Chooses)
        {
            return;
        }

        _trained.Clear();
        foreach (var (name, mask) in step.Masks)
        {
            var values = pruned[name];
            var outside = Enumerable.Range(0, values.Length).Where(i => !mask[i]).ToList();
            var count = (int)Math.Clamp((long)Math.Round((decimal)rule.Trained * values.Length) - mask.Kept, 0, outside.Count);
            var among = outside.OrderByDescending(i => Math.Abs(values[i])).Take(count).ToHashSet();
            _trained[name] = count < outside.Count && outside.Exists(i => float.IsNaN(values[i])) ? null : [.. values.Select((_, i) => mask[i] || among.Contains(i))];
        }
    }

    /// <summary>Checks weights and gradients as the optimiser gets them.</summary>
    public void Masked(SeenStep step, Dictionary<string, float[]> weights, Dictionary<string, float[]> before, Dictionary<string, float[]> gradients)
    {
        foreach (var (name, mask) in step.Masks)
        {
            var slopes = gradients.GetValueOrDefault(name);
            for (var i = 0; i < weights[name].Length && !IsOver; i++)
            {
                CheckValue(step, name, i, mask, weights[name][i]);
                if (slopes is not null && !IsOver)
                {
                    CheckGradient(step.Phase.Phase.StraightThrough!, name, i, mask, before[name][i], slopes[i]);
                }
            }
        }
    }

    /// <summary>Takes over the values to which the optimiser moved pruned weights, of which some must have moved.</summary>
    public void Stepped(SeenStep step, Dictionary<string, float[]> weights, Dictionary<string, float[]> gradients)
    {
        foreach (var (name, mask) in step.Masks)
        {
            var (values, now, slopes, trained) = (pruned[name], weights[name], gradients.GetValueOrDefault(name), _trained[name]);
            var outside = Enumerable.Range(0, now.Length).Where(i => !mask[i]).ToList();

            // Only a gradient that is no rounding error must move a weight: the optimiser may round away the rest.
            var pushed = outside.Where(i => slopes is not null && Math.Abs(slopes[i]) > 1e-3f && Math.Abs(values[i]) < 2).ToList();
            if (pushed.Count > 0)
            {
                findings.Check(TrainingLaws.BehindTrained, pushed.Exists(i => now[i] != values[i]), () => $"one of {pushed.Count} pruned weights of {name} with a gradient moves in step {step.Step}", () => "none");
            }

            foreach (var i in outside)
            {
                values[i] = trained is null ? float.NaN : trained[i] ? now[i] : values[i];
            }
        }
    }

    private void CheckValue(SeenStep step, string name, int i, BitMask mask, float value)
    {
        var expected = mask[i] ? step.Begun.Weights[name][i] : pruned[name][i];
        if (float.IsNaN(expected))
        {
            // Unknown since it was redrawn, or since it is not known whether it was trained: known from here on.
            pruned[name][i] = value;
            return;
        }

        findings.Check(
            TrainingLaws.Behind,
            value == expected,
            () => FormattableString.Invariant($"{expected:R} at {name}[{i}], {(mask[i] ? "which is kept" : "behind the mask")}, for the optimiser in step {step.Step}"),
            () => FormattableString.Invariant($"{value:R}"));
    }

    private void CheckGradient(StraightThrough rule, string name, int i, BitMask mask, float was, float value)
    {
        if (!mask[i] && _trained[name] is null)
        {
            return;
        }

        // Of two roundings in single precision.
        var decay = mask[i] ? 0 : rule.Decay * pruned[name][i];
        var (expected, tolerance) = _trained[name] is { } trained && !trained[i] ? (0, 0) : (was + decay, decay == 0 ? 0 : 1e-6 * (Math.Abs(was) + Math.Abs(decay)));
        findings.Check(
            TrainingLaws.StraightGradients,
            Math.Abs(value - expected) <= tolerance,
            () => FormattableString.Invariant($"{expected:G7} at {name}[{i}], {(mask[i] ? "which is kept" : "behind the mask")}, of a gradient of {was:R}, after MaskGradients"),
            () => FormattableString.Invariant($"{value:R}"));
    }
}
