using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;

namespace Dsd.Testing;

/// <summary>Checks the masks of one choice against the rule of its phase, by the weights and gradients from which they were chosen.</summary>
/// <param name="step">The step at which they were chosen.</param>
/// <param name="findings">The findings.</param>
/// <param name="methods">The custom methods and masks.</param>
/// <param name="pruned">The values of pruned weights up to the step before.</param>
/// <param name="lifted">The masks of the sparse phase before.</param>
/// <param name="gradients">The dense gradients of the step before.</param>
/// <param name="deviations">The deviations of the weights of each layer at the first choice of the phase, where they are known.</param>
internal sealed class ChoiceWatch(
    SeenStep step,
    Findings findings,
    MaskMethods methods,
    PrunedValues pruned,
    Dictionary<string, BitMask> lifted,
    Dictionary<string, float[]> gradients,
    Dictionary<string, double> deviations)
{
    private readonly LayerScores _scores = new(step, methods, pruned, gradients, deviations);
    private readonly WrittenRule _written = new(step.Phase.Phase.Mask);

    private MaskRule Rule => step.Phase.Phase.Mask;

    /// <summary>Checks the masks of the phase's pruned layers.</summary>
    public void Check(List<PlannedLayer> layers)
    {
        CheckTotal();
        foreach (var layer in layers)
        {
            var mask = step.Masks[layer.Parameter];
            CheckPattern(layer, mask);
            CheckGiven(layer, mask);
            CheckThreshold(layer, mask);
            CheckNorm(layer, mask);
            if (!step.IsEntry)
            {
                CheckNext(layer, mask, step.MasksBefore[layer.Parameter]);
            }
        }

        // A later choice ranks anew where it may regrow, and what it ranks is known of magnitudes; otherwise it is a part of the one before.
        var isAnew = Rule.Update is { Policy: null, MayRegrow: true } && (Rule.Criterion == MaskCriterion.Magnitude || Rule.Criterion.ThresholdValue > 0);
        if (findings.Broken is null && (step.IsEntry || isAnew))
        {
            CheckRanks(layers);
        }
    }

    private void CheckRanks(List<PlannedLayer> layers)
    {
        var scores = layers.ToDictionary(l => l, _scores.Of);
        if (_written.Units is { } units)
        {
            layers.ForEach(l => CheckUnitRanks(l, units, scores[l]));
        }

        if (Rule.Pattern != MaskPattern.Element || scores.Values.Any(s => s is null))
        {
            return;
        }

        foreach (var group in layers.GroupBy(l => l.IsGlobal ? "" : l.Parameter))
        {
            // One weight of each globally ranked layer stays whatever its score.
            var (kept, left) = (Of(true).ToList(), Of(false).DefaultIfEmpty(double.NegativeInfinity).Max());
            var below = kept.Count(s => s < left - (1e-9 * Math.Abs(left)));
            findings.Check(TrainingLaws.Ranks, below <= (group.Key.Length == 0 ? group.Count() : 0), () => $"the highest by {Rule.Criterion} at step {step.Step}", () => $"{below} kept that score lower than a pruned one, of {string.Join(", ", group.Select(l => l.Parameter))}");
            IEnumerable<double> Of(bool isKept) => group.SelectMany(l => Within(l) is var within && step.Masks[l.Parameter] is var mask ? scores[l]!.Where((_, i) => mask[i] == isKept && within?[i] != false) : []);
        }
    }

    private void CheckUnitRanks(PlannedLayer layer, UnitPattern units, double[]? scores)
    {
        if (scores is null || Array.Exists(scores, s => s < 0))
        {
            return;
        }

        foreach (var size in units.Sizes(Dims(layer)))
        {
            var (kept, left) = UnitPattern.Split(size, step.Masks[layer.Parameter])!.Value;
            var lowest = kept.Select(Rank).DefaultIfEmpty(double.PositiveInfinity).Min();
            var highest = left.Select(Rank).DefaultIfEmpty(0).Max();
            findings.Check(TrainingLaws.Ranks, lowest >= highest * (1 - 1e-9), () => $"the highest {Rule.Pattern} by {Rule.Criterion} at step {step.Step}", () => $"some that rank lower than a pruned one, in {layer.Parameter}");
            double Rank(int unit) => units.Rank(size[unit], i => scores[i]);
        }
    }

    private void CheckPattern(PlannedLayer layer, BitMask mask)
    {
        var dims = Dims(layer);
        var holds = Rule.Pattern.Name is { } name && methods.Patterns.TryGetValue(name, out var own) ? mask.Satisfies(own, dims, Level(layer))
            : _written.Units is { } units ? units.Sizes(dims).TrueForAll(size => UnitPattern.Split(size, mask) is not null)
            : Rule.Pattern is not { Keep: { } keep, Of: { } of, Axis: { } axis } || Neighbours(mask, dims, axis, of).All(c => c.Kept == Math.Min(keep, c.Weights));
        if (Rule.Pattern != MaskPattern.Element)
        {
            findings.Check(TrainingLaws.PatternOf, holds, () => $"{Rule.Pattern} in {layer.Parameter} at step {step.Step}", () => MaskLaws.Text(mask));
        }
    }

    private void CheckGiven(PlannedLayer layer, BitMask mask)
    {
        if (step.IsEntry && _written.Given(methods, layer.Parameter, Previous(layer)) is { } given)
        {
            findings.Check(TrainingLaws.Given, mask.Equals(given), () => $"{Rule.Criterion} in {layer.Parameter} at step {step.Step}: {MaskLaws.Text(given)}", () => MaskLaws.Text(mask));
        }

        if (Within(layer) is { } within)
        {
            findings.Check(TrainingLaws.Given, mask.CountKeptOnlyHere(within) == 0, () => $"a mask of {layer.Parameter} at step {step.Step} within {Rule.Within}: {MaskLaws.Text(within)}", () => MaskLaws.Text(mask));
        }
    }

    private void CheckThreshold(PlannedLayer layer, BitMask mask)
    {
        if (!step.IsEntry && Rule.Update.Policy is not null)
        {
            var keep = Math.Max(step.MasksBefore[layer.Parameter].Kept, step.Phase.LeastKeptAt(layer, step.Update));
            findings.Check(TrainingLaws.Counts, !layer.IsOpen || mask.Kept == keep, () => $"{keep} of {layer.Weights} weights of {layer.Parameter} at step {step.Step}, as before or by the plan", () => $"{mask.Kept}");
        }
        else if (_scores.Count(layer, Within(layer)) is var (least, most))
        {
            findings.Check(TrainingLaws.Counts, mask.Kept >= least && mask.Kept <= most, () => $"{least} of {layer.Weights} weights of {layer.Parameter} at step {step.Step}, by {Rule.Criterion}", () => $"{mask.Kept}");
        }
    }

    /// <summary>Checks that a random mask of equal norm takes no more from a layer than a magnitude mask would, and that the largest weight which is left would be too much.</summary>
    private void CheckNorm(PlannedLayer layer, BitMask mask)
    {
        if ((step.IsEntry || Rule.Update is { Policy: null, MayRegrow: true }) && _scores.Norm(layer, Within(layer), mask) is var (pruned, largest, budget))
        {
            var isMost = mask.Kept == step.Phase.LeastKeptAt(layer, step.Update) || pruned + largest > budget * (1 - 1e-9);
            findings.Check(TrainingLaws.Counts, pruned <= budget * (1 + 1e-9) && isMost, () => FormattableString.Invariant($"{layer.Parameter} to lose squares of {budget:R} at step {step.Step}, within one weight"), () => FormattableString.Invariant($"{pruned:R}, and {mask.Kept} kept of which the largest has {largest:R}"));
        }
    }

    /// <summary>Checks that the layers of a distribution keep together what the sparsity says, within one weight each or, where whole units stay, one unit.</summary>
    private void CheckTotal()
    {
        var distributed = step.Phase.Layers.Where(l => l.IsDistributed).ToList();
        if (distributed.Count > 0 && !Rule.Criterion.DecidesCount)
        {
            var asked = distributed.Sum(l => l.Weights) * (1 - step.Phase.Phase.Sparsity.At(step.Update, step.Phase.Updates).Value);
            var kept = distributed.Sum(l => step.Masks.GetValueOrDefault(l.Parameter)?.Kept ?? l.Weights);
            var within = distributed.Sum(Unit);
            findings.Check(TrainingLaws.Total, Math.Abs(kept - asked) <= within, () => FormattableString.Invariant($"{asked:0.##} weights of {Rule.Distribution} kept at step {step.Step}, within {within}"), () => $"{kept}");
        }
    }

    /// <summary>Returns the number of weights by which a layer's count may differ from its level: one or, where whole units stay, a unit of each size.</summary>
    private long Unit(PlannedLayer layer)
    {
        if (!layer.IsPruned || Rule.Pattern == MaskPattern.Element)
        {
            return 1;
        }

        if (_written.Units is { } units)
        {
            return units.Sizes(Dims(layer)).Sum(size => (long)size[0].Length);
        }

        var all = 0L;
        for (var part = methods.Patterns[Rule.Pattern.Name!].Divide(Dims(layer).ToValueList(), Level(layer)); part is not null; part = part.Rest)
        {
            all += part.Count * part.UnitSize;
        }

        return all;
    }

    private void CheckNext(PlannedLayer layer, BitMask mask, BitMask held)
    {
        var (dropped, grown) = (MaskLaws.Kept(held).Where(i => !mask[i]).ToList(), MaskLaws.Kept(mask).Where(i => !held[i]).ToList());
        if (Rule.Update is { Policy: null, MayRegrow: false } && Rule.Criterion.Masks is null)
        {
            findings.Check(TrainingLaws.Nested, dropped.Count == 0 || grown.Count == 0, () => $"a mask of {layer.Parameter} at step {step.Step} within the one before, or around it", () => $"{dropped.Count} dropped and {grown.Count} grown");
        }

        if (Rule.Update.Policy is null || Rule.Update.IsCustom)
        {
            return;
        }

        var weights = step.Before.Weights[layer.Parameter];
        var most = Math.Clamp((long)Math.Round((decimal)step.Phase.Update.FractionAt(step.Step - step.Phase.FirstStep, step.Phase.Steps) * held.Kept), Math.Max(0, held.Kept - mask.Kept), held.Kept);
        var exchange = new Exchanged(held, mask, [.. weights.Select(w => (double)Math.Abs(w))]);
        exchange.Check(findings, TrainingLaws.Drops, most);
        if (Rule.Update.ToString().StartsWith("RigL", StringComparison.Ordinal))
        {
            var slopes = gradients.GetValueOrDefault(layer.Parameter) ?? new float[weights.Length];
            exchange.CheckGrown(findings, TrainingLaws.Grows, [.. slopes.Select(g => (double)Math.Abs(g))], $" in {layer.Parameter} at step {step.Step}");
        }
    }

    private BitMask? Within(PlannedLayer layer) => _written.Within(methods, layer.Parameter, Previous(layer));

    private BitMask Previous(PlannedLayer layer) => lifted.GetValueOrDefault(layer.Parameter) ?? BitMask.All(layer.Weights);

    private Sparsity Level(PlannedLayer layer) => layer.Sparsity!.At(step.Update, step.Phase.Updates);

    private static IEnumerable<(int Kept, int Weights)> Neighbours(BitMask mask, long[] dims, int axis, int of)
    {
        var stride = dims.Skip(axis + 1).Aggregate(1L, (a, b) => a * b);
        return Enumerable.Range(0, (int)mask.Count).GroupBy(i => (i / (stride * dims[axis]), i % stride, i / stride % dims[axis] / of)).Select(g => (Kept: g.Count(i => mask[i]), Weights: g.Count()));
    }

    private static long[] Dims(PlannedLayer layer) => [.. layer.Dims.Split('×').Select(long.Parse)];
}
