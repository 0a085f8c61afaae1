using Dsd.Masks;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Testing.Tests;

// Loops that break thresholds, given masks, and parts of a learning rate.
internal static partial class BrokenLoops
{
    private static readonly GivenMasks s_both = GivenMasks.Named("some").And(GivenMasks.Named("most"));
    private static readonly GivenMasks s_either = GivenMasks.Named("some").Or(GivenMasks.Named("most"));

    private static IEnumerable<BrokenRule> Counting() =>
    [
        Loop("a weight at the threshold is pruned", TrainingLaws.Counts, x => On(x, p => p.Mask.Criterion.ThresholdValue == 0 ? p : p.WithMask(p.Mask.WithCriterion(MaskCriterion.Threshold(Math.BitIncrement(0.25))))), new MaskRule(MaskCriterion.Threshold(0.25))),
        Loop("a threshold prunes more than the sparsity allows", TrainingLaws.Counts, x => On(x, p => p.Mask.Criterion.ThresholdValue == 0 ? p : p.WithSparsity(SparsityCurve.Constant(0.99))), new MaskRule(MaskCriterion.Threshold(1.5))),
        Loop("the deviation of the kept weights alone", TrainingLaws.Counts, OfKeptAlone, new MaskRule(MaskCriterion.ThresholdInDeviations(0.9), update: MaskUpdate.Every(1, mayRegrow: true))),
        Loop("a margin from which pruned weights return early", TrainingLaws.Counts, x => On(x, p => p.Mask.Criterion.ThresholdValue == 0 ? p : p.WithMask(p.Mask.WithCriterion(MaskCriterion.Threshold(0.2)))), new MaskRule(MaskCriterion.Threshold(0.2, 0.5), update: MaskUpdate.Every(1, mayRegrow: true))),
        Loop("a random mask of equal count instead of equal norm", TrainingLaws.Counts, x => On(x, p => p.IsDense ? p : p.WithMask(p.Mask.WithCriterion(MaskCriterion.Random(7)))), new MaskRule(MaskCriterion.RandomOfEqualNorm(7))),
        Loop("a random mask that stops early", TrainingLaws.Counts, x => On(x, p => p.IsDense ? p : p.WithSparsity(SparsityCurve.Constant(p.Sparsity.To.Value / 2))), new MaskRule(MaskCriterion.RandomOfEqualNorm(7))),
        Loop("a phase within the masks before it ignores them", TrainingLaws.Given, x => On(x, p => p.WithMask(p.Mask.WithWithin(null))), new MaskRule(within: GivenMasks.PreviousPhase)),
        Loop("given masks combined by or instead of and", TrainingLaws.Given, x => On(x, p => p.Mask.Within is null ? p : p.WithMask(p.Mask.WithWithin(s_either))), new MaskRule(within: s_both)),
        Loop("the highest weights instead of those of given masks", TrainingLaws.Given, x => On(x, p => p.Mask.Criterion.Masks is null ? p : p.WithMask(p.Mask.WithCriterion(MaskCriterion.Random()))), new MaskRule(MaskCriterion.Given(GivenMasks.PreviousPhase))),
        Loop("each phase starts the curve of its rate anew", TrainingLaws.Rate, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { AfterBegin = b => b.Optimizer.ParamGroups.ToList().ForEach(g => g.LearningRate = b.IsEntry && b.Phase.Phase.Rate is { PartFrom: > 0, From: var from } ? from : g.LearningRate) }),
    ];

    /// <summary>A loop that takes the deviation of those weights which the mask before keeps.</summary>
    private static BrokenLoop OfKeptAlone(Ingredients x)
    {
        var (was, pruned) = (new Dictionary<string, float[]>(), new Dictionary<string, float[]>());
        return new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed)
        {
            BeforeBegin = b => was = BrokenLoop.Weights(b).ToDictionary(w => w.Name, w => LiveState.Values(w.Tensor)),
            AfterBegin = b =>
            {
                foreach (var (name, mask) in b.Real)
                {
                    var before = b.MasksBefore.GetValueOrDefault(name);
                    pruned[name] = [.. was[name].Select((w, i) => before?[i] == false ? pruned[name][i] : w)];
                }
            },
            Shown = b => b.IsUpdate ? b.Real.ToDictionary(m => m.Key, m => Chosen(b.MasksBefore[m.Key], m.Value, pruned[m.Key])) : b.Real,
        };

        static BitMask Chosen(BitMask before, BitMask real, float[] values)
        {
            var held = values.Where((_, i) => before[i]).Select(v => (double)v).ToList();
            var threshold = 0.9 * Math.Sqrt(held.Average(v => (v - held.Average()) * (v - held.Average())));
            return values.Count(v => Math.Abs(v) >= threshold) is var kept && kept < real.Kept && kept > 0 ? BitMask.Of(tensor([.. values.Select(v => Math.Abs(v) >= threshold)])) : real;
        }
    }
}
