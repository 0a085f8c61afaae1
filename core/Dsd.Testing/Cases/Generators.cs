using Dsd.Plans;
using Dsd.Schedules;
using FsCheck;
using FsCheck.Fluent;

namespace Dsd.Testing;

/// <summary>Arbitrary schedules, networks, weights and trainings: for FsCheck as <c>[Properties(Arbitrary = [typeof(Generators)])]</c>, without it by <see cref="Sample"/>.</summary>
public static partial class Generators
{
    private static readonly string[] s_words = ["conv1", "fc*", "block?.fc", "lstm.weight_hh*", "*", "ümlaut \"quoted\"", "a|b", "line\nbreak", "名前"];

    private static readonly SparsityDistribution[] s_distributions = [SparsityDistribution.Uniform, SparsityDistribution.Global, SparsityDistribution.Erk, SparsityDistribution.Er];

    private static readonly MaskCriterion[] s_named = [MaskCriterion.WeightTimesGradient, MaskCriterion.Gradient, MaskCriterion.Movement];

    /// <summary>Fractions in [0, 1): round ones, ugly ones, and the two ends.</summary>
    public static Gen<double> Fraction { get; } = Gen.Frequency(
        (6, Gen.Choose(0, 99).Select(i => i / 100.0)),
        (3, Gen.Choose(0, int.MaxValue - 1).Select(i => i / (double)int.MaxValue)),
        (1, Gen.Elements(0, 1e-12, 1 / 3.0, Math.BitDecrement(1))));

    /// <summary>Learning rates and the like: above 0, of any size a user might write.</summary>
    public static Gen<double> Positive { get; } = Gen.Choose(1, 999).SelectMany(digits => Gen.Choose(-9, 3).Select(power => digits * Math.Pow(10, power)));

    /// <summary>Sparsities in [0, 1).</summary>
    public static Arbitrary<Sparsity> Sparsities() => Fraction.Select(f => new Sparsity(f)).ToArbitrary();

    /// <summary>Durations in steps and epochs.</summary>
    public static Arbitrary<Duration> Durations() => Gen.OneOf(
        Gen.Choose(1, 100).Select(i => Duration.Epochs(i)),
        Gen.Choose(1, 2000).Select(i => Duration.Epochs(i / 16.0)),
        Positive.Where(p => p <= 1e6).Select(Duration.Epochs),
        Gen.Choose(1, int.MaxValue).Select(i => Duration.Steps(i)),
        Gen.Elements(Duration.Steps(1_000_000_000_000), Duration.Epochs(1e6))).ToArbitrary();

    /// <summary>Constant sparsities and ramps, up and down.</summary>
    public static Arbitrary<SparsityCurve> SparsityCurves() => (
        from @from in Fraction
        from to in Fraction
        from curve in Gen.Elements(SparsityCurve.Dense, SparsityCurve.Constant(to), SparsityCurve.Linear(@from, to), SparsityCurve.Cubic(@from, to))
        select curve).ToArbitrary();

    /// <summary>Learning rates of every shape, with warm-up, and parts of such curves.</summary>
    public static Arbitrary<LearningRate> LearningRates() => (
        from start in Positive
        from end in Gen.OneOf(Gen.Constant(0.0), Positive)
        from factor in Gen.Choose(1, 99)
        from milestones in Gen.Choose(1, 99).NonEmptyListOf()
        from rate in Gen.Elements(
            LearningRate.Constant(start),
            LearningRate.Step(start, factor / 100.0, [.. milestones.Distinct().Order().Select(m => m / 100.0)]),
            LearningRate.Linear(start, end),
            LearningRate.Cosine(start, end),
            LearningRate.Exponential(start, end > 0 ? end : start))
        from warmUp in Gen.OneOf(Gen.Constant(0.0), Fraction)
        from part in Gen.Frequency((4, Gen.Constant((From: 0, To: 100))), (1, Gen.Choose(0, 99).SelectMany(f => Gen.Choose(f + 1, 100).Select(t => (From: f, To: t)))))
        select part is (0, 100) ? rate.WithWarmUp(warmUp) : rate.WithWarmUp(warmUp).Part(part.From / 100.0, part.To / 100.0)).ToArbitrary();

    /// <summary>Given masks: those of the phase before, of a name, and combined.</summary>
    private static Gen<GivenMasks> Masks =>
        from word in Gen.Elements(s_words)
        from masks in Gen.Elements(GivenMasks.PreviousPhase, GivenMasks.Named(word), GivenMasks.Named(word).And(GivenMasks.PreviousPhase), GivenMasks.PreviousPhase.Or(GivenMasks.Named(word).And(GivenMasks.Named("ticket"))))
        select masks;

    /// <summary>Mask rules over all axes; they fit no network in particular, and custom names refer to nothing.</summary>
    public static Arbitrary<MaskRule> MaskRules() => (
        from seed in ArbMap.Default.GeneratorFor<long>()
        from word in Gen.Elements(s_words)
        from threshold in Positive
        from margin in Fraction
        from given in Masks
        from criterion in Gen.Elements(MaskCriterion.Magnitude, MaskCriterion.Random(seed), MaskCriterion.Random(), seed % 2 == 0 ? MaskCriterion.RandomOfEqualNorm(seed) : MaskCriterion.RandomOfEqualNorm(), MaskCriterion.WeightTimesGradient, MaskCriterion.Gradient, MaskCriterion.Movement, MaskCriterion.Custom(word), MaskCriterion.Threshold(threshold, margin), MaskCriterion.ThresholdInDeviations(threshold), MaskCriterion.Given(given))
        from distribution in Gen.Elements(s_distributions.Append(SparsityDistribution.Custom(word)).ToArray())
        from of in Gen.Choose(2, 16)
        from keep in Gen.Choose(1, of - 1)
        from axis in Gen.Choose(0, 3)
        from pattern in Gen.Elements(MaskPattern.Element, MaskPattern.Element, MaskPattern.NOfM(keep, of, axis), MaskPattern.NOfM(2, 4), MaskPattern.NOfM(1, 3, 0, pad: true), MaskPattern.Row(UnitNorm.L1), MaskPattern.Channel(), MaskPattern.Block(of, keep, UnitNorm.LInfinity, pad: true), MaskPattern.Custom(word))
        from steps in Gen.Choose(1, 10_000)
        from until in Gen.Choose(1, 100).Select(i => i / 100.0)
        from update in Gen.Elements(
            MaskUpdate.Once,
            MaskUpdate.Every(steps),
            MaskUpdate.Every(steps, mayRegrow: true).WithUntil(until),
            MaskUpdate.SparseEvolution(steps, keep / (double)of, until),
            MaskUpdate.Rigl(steps, keep / (double)of, until),
            MaskUpdate.Custom(word, steps, until == 1 ? 0 : until).WithUntil(until))
        from within in Gen.Frequency((4, Gen.Constant<GivenMasks?>(null)), (1, Masks.Select(m => (GivenMasks?)m)))
        select new MaskRule(criterion, distribution, pattern, update, within)).ToArbitrary();

    /// <summary>Selectors of layers by name, kind and place.</summary>
    public static Arbitrary<LayerSelector> LayerSelectors() => (
        from word in Gen.Elements(s_words)
        from kind in Gen.Elements(Enum.GetValues<LayerKind>())
        from any in Gen.Elements<LayerKind?>(null, kind)
        from selector in Gen.Elements(LayerSelector.Named(word), LayerSelector.OfKind(kind), LayerSelector.First(any), LayerSelector.Last(any))
        select selector).ToArbitrary();

    /// <summary>Scopes of up to four rules.</summary>
    public static Arbitrary<LayerScope> LayerScopes() => Gen.Choose(0, 4)
        .SelectMany(count => LayerSelectors().Generator.SelectMany(Rule).ArrayOf(count)).Select(Scope).ToArbitrary();

    /// <summary>Phases over all their properties.</summary>
    public static Arbitrary<Phase> Phases() => (
        from name in Gen.Elements(s_words)
        from duration in Durations().Generator
        from rate in LearningRates().Generator
        from sparsity in SparsityCurves().Generator
        from mask in Gen.OneOf(Gen.Constant(MaskRule.Default), MaskRules().Generator)
        from layers in LayerScopes().Generator
        from weights in Gen.Elements(Enum.GetValues<RegrownWeights>())
        from state in Gen.Elements(Enum.GetValues<RegrownState>())
        select new Phase(name, duration, rate, sparsity, mask, layers, weights, state)).ToArbitrary();

    /// <summary>Any schedules; they fit no network in particular. Shrinks to fewer phases.</summary>
    public static Arbitrary<Schedule> Schedules() => Arb.From(
        Gen.Choose(1, 4).SelectMany(count => Phases().Generator.ArrayOf(count)).Select(p => new Schedule(p.ToValueList())),
        schedule => schedule.Phases.Count == 1 ? [] : schedule.Phases.Select(p => new Schedule([p])));

    /// <summary>Networks of one to seven small layers: linear, convolutional, recurrent, norm, embedding, tied, bias-less, empty, scalar and other.</summary>
    public static Arbitrary<ModelShape> ModelShapes() => Arb.From(
        Gen.Choose(1, 7).SelectMany(count => Gen.Choose(0, 1_000_000).ArrayOf(count)).Select(Build),
        shape => Enumerable.Range(0, shape.Parameters.Count)
            .Where(i => shape.Parameters.All(p => p.SharedWith != shape.Parameters[i].Name))
            .Select(i => new ModelShape(shape.Parameters.Where((_, j) => j != i).ToValueList())));

    /// <summary>Schedules with small networks that they fit, and few steps: ready to be planned and run.</summary>
    public static Arbitrary<PlanCase> PlanCases() => (
        from shape in ModelShapes().Generator
        from stepsPerEpoch in Gen.Choose(1, 12)
        from count in Gen.Choose(1, 4)
        from phases in PhaseFor(shape, Targets(shape)).ArrayOf(count)
        select new PlanCase(new Schedule(phases.ToValueList()), shape, stepsPerEpoch))
        .Where(c => Plan.Check(c.Schedule, c.Shape, c.StepsPerEpoch).Count == 0).ToArbitrary();

    /// <summary>Scopes whose every rule reaches something that can be pruned.</summary>
    /// <param name="shape">The network.</param>
    public static Gen<LayerScope> ScopeFor(ModelShape shape) => ScopeOf(Targets(shape));

    private static Gen<LayerScope> ScopeOf(LayerSelector[] targets) => targets.Length == 0
        ? Gen.Constant(LayerScope.Default)
        : Gen.Choose(0, 3).SelectMany(count => Gen.Elements(targets).SelectMany(Rule).ArrayOf(count)).Select(Scope);

    private static Gen<Phase> PhaseFor(ModelShape shape, LayerSelector[] targets) =>
        from name in Gen.Elements("dense", "sparse", "redense")
        from steps in Gen.Choose(1, 24)
        from duration in Gen.Elements(Duration.Steps(steps), Duration.Epochs(steps / 4.0))
        from rate in LearningRates().Generator
        from curve in SparsityCurves().Generator
        from interval in Gen.Choose(1, Math.Max(1, steps / 4))
        from rule in MaskRules().Generator
        from layers in ScopeOf(targets)
        from sparse in Gen.Elements(true, true, false)
        from again in Gen.Elements(MaskUpdate.Every(interval), MaskUpdate.Every(interval, mayRegrow: true), MaskUpdate.Every(interval).WithUntil(0.6), MaskUpdate.SparseEvolution(interval), MaskUpdate.Rigl(interval))
        from distribution in Gen.Elements(s_distributions)
        from isPatterned in Gen.Elements(true, false, false, false)
        let update = curve.From == curve.To && rule.Update.IntervalSteps is null ? MaskUpdate.Once : again
        let criterion = rule.Criterion.Masks is not null || (rule.Criterion.Name is { } name && !s_named.Contains(rule.Criterion)) ? MaskCriterion.Magnitude : rule.Criterion
        let ranking = criterion.DecidesCount ? MaskCriterion.Magnitude : criterion
        select !sparse || targets.Length == 0 ? new Phase(name, duration, rate)
            : isPatterned && Paired(shape) is { } even
                ? new Phase(name, duration, rate, SparsityCurve.Constant(0.5), new MaskRule(ranking, pattern: MaskPattern.NOfM(1, 2), update: update.Policy is null ? update : MaskUpdate.Once), even)
            : new Phase(name, duration, rate, curve, new MaskRule(distribution == SparsityDistribution.Global ? ranking : criterion, distribution, update: update), layers);

    /// <summary>The scope of the layers that 1 of 2 along the inputs fits; null where it fits none.</summary>
    private static LayerScope? Paired(ModelShape shape)
    {
        bool Fits(ParameterShape p) => p.Dims.Count > 1 && p.Dims[1] % 2 == 0;
        var weights = shape.Parameters.Where(p => p.SharedWith is null && !p.IsBias && p.Kind is LayerKind.Linear or LayerKind.Convolution or LayerKind.Recurrent).ToList();
        return weights.Any(p => p.Count > 0 && Fits(p)) ? weights.Where(p => p.Count > 0 && !Fits(p)).Aggregate(LayerScope.Default, (scope, p) => scope.Keep(LayerSelector.Named(p.Name))) : null;
    }

    private static Gen<Func<LayerScope, LayerScope>> Rule(LayerSelector selector) =>
        from level in Sparsities().Generator
        from rule in Gen.Elements<Func<LayerScope, LayerScope>>(s => s.Keep(selector), s => s.Prune(selector), s => s.Set(selector, level.Value))
        select rule;

    private static LayerScope Scope(Func<LayerScope, LayerScope>[] rules) => rules.Aggregate(LayerScope.Default, (scope, rule) => rule(scope));

    private static LayerSelector[] Targets(ModelShape shape)
    {
        LayerSelector[] all =
        [
            .. shape.Parameters.SelectMany(p => new[] { LayerSelector.Named(p.Layer), LayerSelector.Named(p.Name), LayerSelector.Named(p.Layer[..2] + "*") }),
            .. Enum.GetValues<LayerKind>().SelectMany(k => new[] { LayerSelector.OfKind(k), LayerSelector.First(k), LayerSelector.Last(k) }),
            LayerSelector.First(),
            LayerSelector.Last(),
        ];
        return [.. all.Where(s => Plan.Check(new Schedule([new Phase("p", Duration.Steps(1), LearningRate.Constant(1), layers: LayerScope.Default.Prune(s))]), shape, 1).Count == 0)];
    }

    private static ModelShape Build(int[] draws)
    {
        var shape = ModelShape.Empty;
        for (var i = 0; i < draws.Length; i++)
        {
            var draw = new CounterRandom((ulong)draws[i]);
            var prefix = draw.Below(0, 3) == 0 ? $"block{draw.Below(1, 2)}." : "";
            var (a, b) = draw.Below(1, 8) == 0 ? (1, 1) : (1 + draw.Below(2, 9), 1 + draw.Below(3, 7));
            var bias = draw.Below(4, 3) > 0;
            shape = draw.Below(5, 14) switch
            {
                0 or 1 or 2 => shape.Linear($"{prefix}fc{i}", a, b, bias),
                3 or 4 => shape.Convolution($"{prefix}conv{i}", a, b, 1 + draw.Below(6, 3), bias),
                5 => shape.BatchNorm($"{prefix}bn{i}", a),
                6 => shape.With(new ParameterShape($"{prefix}emb{i}.weight", LayerKind.Embedding, false, [a, b])),
                7 => shape.With(
                    new ParameterShape($"{prefix}lstm{i}.weight_ih_l0", LayerKind.Recurrent, false, [4 * a, b]),
                    new ParameterShape($"{prefix}lstm{i}.weight_hh_l0", LayerKind.Recurrent, false, [4 * a, a]),
                    new ParameterShape($"{prefix}lstm{i}.bias_ih_l0", LayerKind.Recurrent, true, [4 * a]),
                    new ParameterShape($"{prefix}lstm{i}.bias_hh_l0", LayerKind.Recurrent, true, [4 * a])),
                8 or 12 or 13 => shape.With(new ParameterShape($"{prefix}tied{i}.weight", LayerKind.Linear, false, Owner(shape, draw)?.Dims ?? [a, b], Owner(shape, draw)?.Name)),
                9 => shape.Linear($"{prefix}empty{i}", 0, b, bias),
                10 => shape.With(new ParameterShape($"{prefix}scale{i}", LayerKind.Other, false, [])),
                _ => shape.With(new ParameterShape($"{prefix}own{i}.weight", LayerKind.Other, false, [a, b])),
            };
        }

        return shape;
    }

    private static ParameterShape? Owner(ModelShape shape, CounterRandom draw)
    {
        var owners = shape.Parameters.Where(p => p.SharedWith is null && !p.IsBias).ToList();
        var embedding = owners.Find(p => p.Kind == LayerKind.Embedding);
        return owners.Count == 0 ? null : embedding is not null && draw.Below(8, 2) == 0 ? embedding : owners[draw.Below(7, owners.Count)];
    }
}
