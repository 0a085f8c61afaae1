using Dsd.Plans;
using Dsd.Schedules;

namespace Dsd.Testing;

/// <summary>Checks weights and the optimiser's state across BeginStep, where masks may be lifted and chosen, and weights may return.</summary>
/// <param name="plan">The plan.</param>
/// <param name="pruned">the values of pruned weights, which it takes along with a rewind.</param>
/// <param name="findings">The findings.</param>
internal sealed class WeightWatch(Plan plan, PrunedValues pruned, Findings findings)
{
    private readonly Dictionary<string, Dictionary<string, float[]>> _ends = [];

    private bool IsOver => findings.Broken is not null;

    /// <summary>Notes the weights at the end of a phase, or those of the start under an empty name.</summary>
    public void Ended(string phase, Dictionary<string, float[]> weights) => _ends[phase] = weights;

    /// <summary>Checks a step that has begun.</summary>
    public void Begun(SeenStep step)
    {
        if (step.IsEntry && step.Phase.Phase.Rewind is { } rewind)
        {
            var rewound = step.Begun.Weights.Keys.Where(name => Returns(step, name)).ToHashSet();
            CheckRewind(step, rewind, rewound);
            foreach (var (name, mask) in rewind.OnlyKept ? [] : step.Masks.Where(m => rewound.Contains(m.Key)))
            {
                pruned.Return(name, mask, rewind.IsRedrawn ? null : _ends[rewind.Phase ?? ""][name]);
            }

            // The optimiser starts anew whatever returns, so that its state need not be that of before.
            foreach (var name in step.Begun.Weights.Keys.Except(rewound))
            {
                Check(step, name, hasState: false);
            }

            return;
        }

        foreach (var name in step.Begun.Weights.Keys)
        {
            Check(step, name, hasState: true);
        }
    }

    /// <summary>True if a parameter returns to earlier weights with the layers of a phase: by any of its names.</summary>
    private bool Returns(SeenStep step, string name) => step.Phase.RewoundLayers is not { } layers
        || plan.Shape.Parameters.Any(p => (p.Name == name || p.SharedWith == name) && layers.Contains(p.Layer));

    private void CheckRewind(SeenStep step, Rewind rewind, HashSet<string> rewound)
    {
        var snapshot = _ends[rewind.Phase ?? ""];
        foreach (var (name, values) in step.Begun.Weights.Where(w => rewound.Contains(w.Key)))
        {
            for (var i = 0; i < values.Length && !rewind.OnlyKept && !rewind.IsRedrawn && !IsOver; i++)
            {
                var (expected, value) = (step.Masks.GetValueOrDefault(name)?[i] == false ? 0 : snapshot[name][i], values[i]);
                findings.Check(TrainingLaws.Rewound, value == expected, () => FormattableString.Invariant($"{expected:R} at {name}[{i}] at step {step.Step}"), () => FormattableString.Invariant($"{value:R}"));
            }
        }
    }

    private void Check(SeenStep step, string name, bool hasState)
    {
        var (was, now, mask, maskBefore) = (step.Before.Weights[name], step.Begun.Weights[name], step.Masks.GetValueOrDefault(name), step.MasksBefore.GetValueOrDefault(name));
        var (regrown, isRedrawn, isOther) = (0, false, mask is null && maskBefore is null);
        for (var i = 0; i < now.Length && !IsOver; i++)
        {
            var (isMasked, wasMasked) = (mask?[i] == false, maskBefore?[i] == false);
            if (isMasked)
            {
                CheckZero(name, i, now[i], $"at step {step.Step}, before the forward pass");
            }
            else if (wasMasked)
            {
                regrown++;
                isRedrawn |= now[i] != 0;
                CheckRegrown(step, name, i, now[i]);
            }
            else
            {
                var (from, to) = (was[i], now[i]);
                var law = !hasState ? TrainingLaws.Rewound : isOther ? TrainingLaws.OthersUntouched : TrainingLaws.KeptUntouched;
                findings.Check(law, LiveState.SameBits(from, to), () => FormattableString.Invariant($"{from:R} at {name}[{i}] across BeginStep of step {step.Step}"), () => FormattableString.Invariant($"{to:R}"));
            }

            if (hasState)
            {
                CheckState(step, name, i, isMasked, wasMasked);
            }
        }

        if (regrown > 8 && !step.GoesOnStraight && step.Regrowing!.Phase.RegrownWeights == RegrownWeights.Redrawn && !IsOver)
        {
            findings.Check(TrainingLaws.Regrown, isRedrawn, () => $"redrawn values for {regrown} weights of {name} at step {step.Step}", () => "all 0");
        }
    }

    private void CheckRegrown(SeenStep step, string name, int i, float value)
    {
        // Weights that were trained while they were pruned go on with the values that they had behind the mask.
        var policy = step.GoesOnStraight ? RegrownWeights.Restored : step.Regrowing!.Phase.RegrownWeights;
        if (policy == RegrownWeights.Redrawn)
        {
            var bound = 1 / Math.Sqrt(plan.Shape.Parameters.First(p => p.Name == name).Dims.Skip(1).Aggregate(1L, (a, b) => a * b));
            findings.Check(TrainingLaws.Regrown, Math.Abs(value) <= bound, () => FormattableString.Invariant($"{name}[{i}] redrawn within ±{bound:G4} at step {step.Step}"), () => FormattableString.Invariant($"{value:R}"));
            return;
        }

        var expected = policy == RegrownWeights.Zero ? 0 : pruned[name][i];
        findings.Check(TrainingLaws.Regrown, value == expected || float.IsNaN(expected), () => FormattableString.Invariant($"{name}[{i}] regrown as {expected:R} ({policy}) at step {step.Step}"), () => FormattableString.Invariant($"{value:R}"));
    }

    private void CheckState(SeenStep step, string name, int i, bool isMasked, bool wasMasked)
    {
        var policy = step.GoesOnStraight ? RegrownState.Kept : step.Regrowing?.Phase.RegrownState ?? RegrownState.Zero;
        var isReset = step.IsEntry && step.MasksBefore.Count > 0 && policy == RegrownState.Reset;
        var (was, now) = (step.Before.States[name], step.Begun.States[name]);
        for (var f = 0; f < was.Length && !IsOver; f++)
        {
            // A reset optimiser may have no state yet.
            var (from, to) = (was[f][i], f < now.Length ? now[f][i] : 0);
            if (isReset || (wasMasked && !isMasked && policy != RegrownState.Kept))
            {
                findings.Check(TrainingLaws.RegrownState, to == 0, () => $"0 as the optimiser's state of {name}[{i}] ({policy}) at step {step.Step}", () => FormattableString.Invariant($"{to:R}"));
            }
            else if (!isMasked)
            {
                findings.Check(wasMasked ? TrainingLaws.RegrownState : TrainingLaws.KeptState, from == to, () => FormattableString.Invariant($"{from:R} as the optimiser's state of {name}[{i}] across BeginStep of step {step.Step}"), () => FormattableString.Invariant($"{to:R}"));
            }
        }
    }

    /// <summary>Checks that a masked weight is +0.</summary>
    public void CheckZero(string name, int i, float value, string when) =>
        findings.Check(TrainingLaws.Zero, BitConverter.SingleToInt32Bits(value) == 0, () => $"+0 at {name}[{i}], which is masked, {when}", () => value == 0 ? "−0" : FormattableString.Invariant($"{value:R}"));
}
