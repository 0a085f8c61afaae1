using Dsd.Masks;
using Dsd.Runs;
using Dsd.Schedules;
using FsCheck;
using FsCheck.Fluent;

namespace Dsd.Testing;

// Small trainings: networks, schedules over all axes of a mask rule, and optimisers.
public static partial class Generators
{
    /// <summary>The number of trainings in a row that may not fit a rule.</summary>
    private const int MostRefused = 3000;

    private static readonly LayerScope s_halved = LayerScope.Default.Set("*", 0.5);

    /// <summary>Small trainings that can be planned: networks, schedules over all axes of a mask rule, and optimisers.</summary>
    public static Arbitrary<TrainingCase> TrainingCases() => TrainingCases(null, Methods);

    /// <summary>Small trainings whose every sparse phase has one mask rule.</summary>
    /// <exception cref="DsdException">No training could be made of the rule.</exception>
    internal static Arbitrary<TrainingCase> TrainingCases(MaskRule? rule, MaskMethods methods)
    {
        var refused = 0;
        return Arb.From(Trainings(rule).Where(Fits), c => c.Shrink(methods));

        bool Fits(TrainingCase one)
        {
            if (one.Fits(methods))
            {
                refused = 0;
                return true;
            }

            return ++refused < MostRefused ? false : throw new DsdException(
                $"No small training has the rule {rule}: of {MostRefused} in a row each was refused, the last since {string.Join(" ", Dsd.Plans.Plan.Check(one.Schedule, one.Shape(), TrainingCase.StepsPerEpoch, methods).Take(1).Select(i => i.Problem))} Sparse phases have 1 to 6 steps here; give the rule an interval of 1 to 3 steps.");
        }
    }

    private static Gen<TrainingCase> Trainings(MaskRule? rule) =>
        from network in TestNetworks().Generator
        from optimizer in Gen.Elements<OptimizerSettings>(Optimizers)
        from isPlain in Gen.Elements(true, false)
        from clip in Gen.Elements<double?>(null, null, 0.2)
        from ties in Gen.Elements(true, false, false)
        from seed in Gen.Choose(0, 1_000_000)
        from schedule in SchedulesOf(rule)
        select new TrainingCase(network, schedule, optimizer, isPlain, clip, ties, seed);

    private static Gen<Schedule> SchedulesOf(MaskRule? rule) =>
        from dense in Gen.Choose(1, 3)
        from first in SparsePhase(rule is not null && IsOfPrevious(rule) ? MaskRule.Default : rule)
        from again in Gen.Elements(true, false, false)
        from second in SparsePhase(rule)
        from deeper in Gen.Elements(0, 0.5)
        from isWithin in Gen.Elements(true, false)
        from redense in Gen.Choose(1, 3)
        from rewind in Gen.Elements<Rewind?>(null, null, null, Rewind.ToStart, Rewind.ToEndOf("dense"), Rewind.ToStart.WithLayers(LayerSelector.Last()))
        from curve in Gen.Elements(null, null, LearningRate.Cosine(0.05, 0.01), LearningRate.Linear(0.05, 0.01).WithWarmUp(0.2), LearningRate.Step(0.05, 0.5, 0.3, 0.6))
        let isCumulative = rule is null ? isWithin && IsCumulative(first) : IsOfPrevious(rule)
        let next = (isCumulative ? Deeper(first, rule ?? OfPrevious(first, second), deeper) : second).WithName("again").WithRewind(rewind)
        let phases = new[] { new Phase("dense", Duration.Steps(dense), LearningRate.Constant(0.05)), first, new Phase("redense", Duration.Steps(redense), LearningRate.Linear(0.02, 0.01)) }
        select new Schedule(
        [
            .. curve is null ? phases : OnOneCurve(phases, curve),
            .. again || isCumulative ? new[] { next, new Phase("last", Duration.Steps(1), LearningRate.Constant(0.01)) } : [],
        ]);

    private static Gen<Phase> SparsePhase(MaskRule? given) =>
        from steps in Gen.Choose(1, 6)
        from sparsity in Gen.Elements(0.1, 0.25, 0.3, 0.5, 0.8, 0.95)
        from shape in Gen.Elements(0, 0, 1, 2)
        from drawn in RuleOf
        let rule = given ?? drawn
        from scope in Gen.Elements(LayerScope.Default, LayerScope.Default, LayerScope.Default.Keep("out"), s_halved, LayerScope.Default.Prune("*"))
        from weights in Gen.Elements(Enum.GetValues<RegrownWeights>())
        from state in Gen.Elements(Enum.GetValues<RegrownState>())
        from straight in Gen.Frequency(
            (5, Gen.Constant<StraightThrough?>(null)),
            (given is null && rule.Update.Policy is null ? 1 : 0, Gen.Elements<StraightThrough?>(new StraightThrough(), new StraightThrough(0.1), new StraightThrough(0.05, 0.7), new StraightThrough(trained: 0.5))))
        let level = rule.Pattern is { Keep: { } keep, Of: { } of } ? (double)(1 - ((decimal)keep / of)) : sparsity
        let curve = rule.Update.Interval is null || rule.Pattern != MaskPattern.Element || shape == 0 ? SparsityCurve.Constant(level)
            : shape == 1 ? SparsityCurve.Cubic(0, level) : SparsityCurve.Linear(0.97, level)
        select new Phase("sparse", Duration.Steps(steps), LearningRate.Constant(0.02), curve, rule, scope, weights, state, straight);

    private static Gen<MaskRule> RuleOf =>
        from ranking in Gen.Elements(MaskCriterion.Magnitude, MaskCriterion.Magnitude, MaskCriterion.Random(7), MaskCriterion.Random(), MaskCriterion.WeightTimesGradient, MaskCriterion.Gradient, MaskCriterion.Movement, MaskCriterion.Custom("saliency"), MaskCriterion.Custom("remembering"))
        from counting in Gen.Elements(MaskCriterion.Threshold(0.25), MaskCriterion.Threshold(0.2, 0.3), MaskCriterion.ThresholdInDeviations(0.7), MaskCriterion.ThresholdInDeviations(1.1, 0.2), MaskCriterion.Given(s_some), MaskCriterion.Given(s_some.And(s_most)), MaskCriterion.Given(s_some.Or(s_most)), MaskCriterion.RandomOfEqualNorm(7), MaskCriterion.RandomOfEqualNorm())
        from criterion in Gen.Frequency((4, Gen.Constant(ranking)), (1, Gen.Constant(counting)))
        from within in Gen.Frequency((8, Gen.Constant<GivenMasks?>(null)), (1, Gen.Elements<GivenMasks?>(s_most, s_some.And(s_most), s_some.Or(s_most))))
        from distribution in Gen.Elements(SparsityDistribution.Uniform, SparsityDistribution.Uniform, SparsityDistribution.Global, SparsityDistribution.Erk, SparsityDistribution.Er, SparsityDistribution.Custom("tilted"))
        from pattern in Gen.Frequency(
            (6, Gen.Constant(MaskPattern.Element)),
            (1, Gen.Elements(MaskPattern.NOfM(1, 2), MaskPattern.NOfM(1, 2, 0))),
            (1, Gen.Constant(MaskPattern.Custom("rows"))),
            (2, Gen.Elements(MaskPattern.Row(UnitNorm.L1), MaskPattern.Column(), MaskPattern.Channel(UnitNorm.LInfinity), MaskPattern.Block(2, 2, pad: true), MaskPattern.Block(1, 3, UnitNorm.L1, pad: true))))
        from update in Gen.Elements(MaskUpdate.Once, MaskUpdate.Every(2), MaskUpdate.Every(2, mayRegrow: true), MaskUpdate.Every(2).WithUntil(0.6), MaskUpdate.SparseEvolution(2, 0.4, 1), MaskUpdate.Rigl(2, 0.4, 1), MaskUpdate.Custom("turn", 2))
        select Combined(criterion, distribution, pattern, update, within);

    /// <summary>Leaves out what cannot be combined.</summary>
    private static MaskRule Combined(MaskCriterion criterion, SparsityDistribution distribution, MaskPattern pattern, MaskUpdate update, GivenMasks? within)
    {
        within = criterion.Masks is null ? within : null;
        var decidesCount = criterion.DecidesCount;
        var made = decidesCount || within is not null ? MaskPattern.Element : pattern;
        var isOfUnits = made != MaskPattern.Element && made is { Of: null, Name: null };
        return new MaskRule(
            criterion,
            (made == MaskPattern.Element || isOfUnits) && !(distribution == SparsityDistribution.Global && (decidesCount || isOfUnits)) ? distribution : SparsityDistribution.Uniform,
            made,
            (criterion.Masks is not null && update.Policy is null) || (made != MaskPattern.Element && update.Policy is not null) ? MaskUpdate.Once : within is not null && update.Policy is not null ? MaskUpdate.Every(2) : update,
            within);
    }

    private static bool IsOfPrevious(MaskRule rule) => rule.Within == GivenMasks.PreviousPhase || rule.Criterion.Masks == GivenMasks.PreviousPhase;

    /// <summary>Returns true if what a phase keeps of each layer, or of all, is at least what a deeper one would.</summary>
    private static bool IsCumulative(Phase phase) =>
        phase.Mask.Pattern == MaskPattern.Element
        && (phase.Mask.Distribution == SparsityDistribution.Uniform || phase.Mask.Distribution == SparsityDistribution.Global)
        && (phase.Layers != s_halved || phase.Sparsity.From == phase.Sparsity.To);

    /// <summary>Makes a rule that refers to the masks of the phase before; where these were ranked together, the new ones are too, since any layer may keep few.</summary>
    private static MaskRule OfPrevious(Phase first, Phase second)
    {
        var (criterion, update, isTogether) = (second.Mask.Criterion, second.Mask.Update, first.Mask.Distribution == SparsityDistribution.Global);
        return criterion.DecidesCount && isTogether ? new MaskRule(distribution: SparsityDistribution.Global, within: GivenMasks.PreviousPhase)
            : criterion.Masks is not null ? Combined(MaskCriterion.Given(GivenMasks.PreviousPhase), SparsityDistribution.Uniform, MaskPattern.Element, update, null)
            : Combined(criterion, first.Mask.Distribution, MaskPattern.Element, update, GivenMasks.PreviousPhase);
    }

    /// <summary>Makes a phase of the layers of another one, at its highest sparsity or above.</summary>
    private static Phase Deeper(Phase first, MaskRule rule, double further)
    {
        var least = Math.Max(first.Sparsity.From.Value, first.Sparsity.To.Value);
        return first.WithSparsity(SparsityCurve.Constant(least + ((0.98 - least) * further))).WithMask(rule);
    }

    /// <summary>Lets phases follow one learning rate over all of them.</summary>
    private static IEnumerable<Phase> OnOneCurve(Phase[] phases, LearningRate curve)
    {
        var (all, done) = (phases.Sum(Steps), 0L);
        foreach (var phase in phases)
        {
            yield return phase.WithRate(curve.Part(done / (double)all, (done + Steps(phase)) / (double)all));
            done += Steps(phase);
        }

        static long Steps(Phase phase) => phase.Duration.ToSteps(TrainingCase.StepsPerEpoch);
    }
}
