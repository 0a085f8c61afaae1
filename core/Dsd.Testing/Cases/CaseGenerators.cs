using Dsd.Masks;
using Dsd.Runs;
using Dsd.Schedules;
using FsCheck;
using FsCheck.Fluent;
using static TorchSharp.torch;

namespace Dsd.Testing;

// The cases of laws: single tensors, layers, and small trainings.
public static partial class Generators
{
    /// <summary>The number of trainings in a row that may not fit a rule.</summary>
    private const int MostRefused = 3000;

    // Signed zeros, the smallest denormal and normal numbers, and numbers whose product with a gradient is still finite.
    private static readonly float[] s_extremes = [0f, -0f, float.Epsilon, -float.Epsilon, 1.17549435e-38f, 1e-30f, 1e30f, -1e30f];

    /// <summary>Every optimiser of which the laws speak, with every option that moves weights of zero gradient.</summary>
    public static IReadOnlyList<OptimizerSettings> Optimizers { get; } =
    [
        OptimizerSettings.Sgd(momentum: 0, weightDecay: 0),
        OptimizerSettings.Sgd(),
        OptimizerSettings.Sgd(momentum: 0.9, weightDecay: 0.01, nesterov: true),
        OptimizerSettings.Sgd(momentum: 0.5, weightDecay: 0.01, dampening: 0.3),
        OptimizerSettings.Adam(weightDecay: 0.01),
        OptimizerSettings.AdamW(weightDecay: 0.1),
        OptimizerSettings.RmsProp(momentum: 0.9, weightDecay: 0.01),
    ];

    /// <summary>The custom methods to which the schedules of <see cref="TrainingCases()"/> refer: the criteria <c>saliency</c> and <c>remembering</c>, the distribution <c>tilted</c>, the pattern <c>rows</c> and the update <c>turn</c>.</summary>
    public static MaskMethods Methods { get; } = MaskMethods.None
        .WithCriterion("saliency", layer => layer.Weight.mul(layer.Gradient!).abs())
        .WithCriterion("remembering", Remembered)
        .WithDistribution("tilted", Tilted)
        .WithPattern("rows", new RowPattern())
        .WithUpdate("turn", new TurningUpdate());

    /// <summary>Draws values without FsCheck's runner.</summary>
    /// <param name="arbitrary">The generator, e.g. <see cref="TrainingCases()"/>.</param>
    /// <param name="count">The number of values.</param>
    /// <param name="seed">The seed; the same one draws the same values. Default 1.</param>
    /// <param name="size">The size, with which tensors grow. Default 30.</param>
    /// <typeparam name="T">The type of the values.</typeparam>
    public static IReadOnlyList<T> Sample<T>(Arbitrary<T> arbitrary, int count, long seed = 1, int size = 30)
    {
        ArgumentNullException.ThrowIfNull(arbitrary);
        return arbitrary.Generator.Sample(count, new Rnd(CounterRandom.For(seed, "sample").Bits(0)), size);
    }

    /// <summary>Weight tensors of one to four dimensions with gradients: ties, zeros of both signs, denormals and extremes, all equal, few distinct values, several types.</summary>
    public static Arbitrary<MaskCase> MaskCases() => Arb.From(
        from dims in Dims
        let count = dims.Aggregate(1, (a, b) => a * b)
        from type in Gen.Frequency((6, Gen.Constant(ScalarType.Float32)), (1, Gen.Elements(ScalarType.Float64, ScalarType.Float16, ScalarType.BFloat16)))
        from weights in Weights(count, isHalf: type == ScalarType.Float16)
        from gradients in Weights(count, isHalf: true)
        from keep in Gen.Choose(1, count)
        select new MaskCase(dims.Select(d => (long)d), weights, gradients, keep, type),
        c => c.Shrink());

    /// <summary>Masked weight tensors with dense gradients at a step of a phase.</summary>
    public static Arbitrary<UpdateCase> UpdateCases() => Arb.From(
        from dims in Dims
        let count = Math.Max(2, dims.Aggregate(1, (a, b) => a * b))
        from weights in Weights(count, isHalf: true)
        from gradients in Weights(count, isHalf: true)
        from kept in Gen.Choose(1, count)
        from order in Gen.Choose(0, 1_000_000)
        from steps in Gen.Choose(1, 40)
        from step in Gen.Choose(0, steps - 1)
        from seed in Gen.Choose(0, 1000)
        let held = CounterRandom.For(order, "held").Permutation(count).Take(kept).ToHashSet()
        select new UpdateCase(weights, gradients, Enumerable.Range(0, count).Select(held.Contains), step, steps, seed),
        c => c.Shrink());

    /// <summary>One to six layers, linear and convolutional, with a sparsity that prunes some weight.</summary>
    public static Arbitrary<DistributionCase> DistributionCases() => Arb.From(
        from count in Gen.Choose(1, 6)
        from layers in Gen.Choose(1, 24).ArrayOf(2).SelectMany(d => Gen.Choose(1, 3).Select(k => k == 1 ? d : [d[0], d[1], k, k])).ArrayOf(count)
        from percent in Gen.Choose(5, 98)
        select new DistributionCase(layers.Select(d => d.Select(i => (long)i)).Append([10, 10]), percent / 100.0),
        c => c.Shrink());

    /// <summary>Small networks of one to five layers: linear, convolutional, norms, recurrent, tied, embeddings, dropout.</summary>
    public static Arbitrary<TestNetwork> TestNetworks() => Arb.From(
        from inputs in Gen.Choose(2, 9)
        from width in Gen.Choose(2, 9)
        from count in Gen.Choose(1, 5)
        from layers in LayerOf(width).ArrayOf(count)
        select new TestNetwork(inputs, Fitting(inputs, width, layers)),
        n => n.Shrink());

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

    private static Gen<int[]> Dims => Gen.Sized(size =>
        from count in Gen.Choose(1, 4)
        from dims in Gen.Choose(1, count == 1 ? Math.Max(1, size) : (int)Math.Max(1, Math.Pow(size, 1.0 / count) + 1)).ArrayOf(count)
        select dims);

    private static Gen<float[]> Weights(int count, bool isHalf) => Gen.OneOf(
        Gen.Choose(-1000, 1000).Select(i => i / 64f).ArrayOf(count),
        Gen.Choose(-2, 2).Select(i => i / 2f).ArrayOf(count),
        Gen.Elements(0f, -0f, 1f, -1f).ArrayOf(count),
        Gen.Choose(-3, 3).Select(i => (float)i).Select(v => Enumerable.Repeat(v, count).ToArray()),
        isHalf ? Gen.Elements(0f, -0f, 6e-8f, 200f, -200f).ArrayOf(count) : Gen.Elements(s_extremes).ArrayOf(count));

    private static Gen<TestLayer> LayerOf(int width) => Gen.Frequency(
        (5, Gen.Constant(TestLayer.Linear(width))),
        (2, Gen.Constant(TestLayer.Tied())),
        (2, Gen.Choose(1, 3).SelectMany(channels => Gen.Choose(1, 2).Select(inputs => TestLayer.Convolution(channels, inputs)))),
        (1, Gen.Constant(TestLayer.BatchNorm())),
        (1, Gen.Constant(TestLayer.LayerNorm())),
        (1, Gen.Choose(1, 2).Select(layers => TestLayer.Recurrent(Math.Min(4, width), layers))),
        (1, Gen.Constant(TestLayer.Embedding(2))),
        (2, Gen.Constant(TestLayer.Tanh())),
        (1, Gen.Elements(0.2, 0.5).Select(TestLayer.Dropout)));

    private static Gen<TrainingCase> Trainings(MaskRule? rule) =>
        from network in TestNetworks().Generator
        from optimizer in Gen.Elements<OptimizerSettings>(Optimizers)
        from isPlain in Gen.Elements(true, false)
        from clip in Gen.Elements<double?>(null, null, 0.2)
        from ties in Gen.Elements(true, false, false)
        from seed in Gen.Choose(0, 1_000_000)
        from dense in Gen.Choose(1, 3)
        from first in SparsePhase(rule)
        from again in Gen.Elements(true, false, false)
        from second in SparsePhase(rule)
        from redense in Gen.Choose(1, 3)
        from rewind in Gen.Elements<Rewind?>(null, null, null, Rewind.ToStart, Rewind.ToEndOf("dense"))
        select new TrainingCase(
            network,
            new Schedule(
            [
                new Phase("dense", Duration.Steps(dense), LearningRate.Constant(0.05)), first,
                new Phase("redense", Duration.Steps(redense), LearningRate.Linear(0.02, 0.01)),
                .. again ? new[] { second.WithName("again").WithRewind(rewind), new Phase("last", Duration.Steps(1), LearningRate.Constant(0.01)) } : [],
            ]),
            optimizer,
            isPlain,
            clip,
            ties,
            seed);

    private static Gen<Phase> SparsePhase(MaskRule? given) =>
        from steps in Gen.Choose(1, 6)
        from sparsity in Gen.Elements(0.1, 0.25, 0.3, 0.5, 0.8, 0.95)
        from shape in Gen.Elements(0, 0, 1, 2)
        from drawn in RuleOf
        let rule = given ?? drawn
        from scope in Gen.Elements(LayerScope.Default, LayerScope.Default, LayerScope.Default.Keep("out"), LayerScope.Default.Set("*", 0.5), LayerScope.Default.Prune("*"))
        from weights in Gen.Elements(Enum.GetValues<RegrownWeights>())
        from state in Gen.Elements(Enum.GetValues<RegrownState>())
        from straight in Gen.Frequency((9, Gen.Constant<StraightThrough?>(null)), (given is null && rule.Update.Policy is null ? 1 : 0, Gen.Constant<StraightThrough?>(new StraightThrough())))
        let level = rule.Pattern is { Keep: { } keep, Of: { } of } ? (double)(1 - ((decimal)keep / of)) : sparsity
        let curve = rule.Update.Interval is null || rule.Pattern != MaskPattern.Element || shape == 0 ? SparsityCurve.Constant(level)
            : shape == 1 ? SparsityCurve.Cubic(0, level) : SparsityCurve.Linear(0.97, level)
        select new Phase("sparse", Duration.Steps(steps), LearningRate.Constant(0.02), curve, rule, scope, weights, state, straight);

    private static Gen<MaskRule> RuleOf =>
        from criterion in Gen.Elements(MaskCriterion.Magnitude, MaskCriterion.Magnitude, MaskCriterion.Random(7), MaskCriterion.Random(), MaskCriterion.WeightTimesGradient, MaskCriterion.Gradient, MaskCriterion.Movement, MaskCriterion.Custom("saliency"), MaskCriterion.Custom("remembering"))
        from distribution in Gen.Elements(SparsityDistribution.Uniform, SparsityDistribution.Uniform, SparsityDistribution.Global, SparsityDistribution.Erk, SparsityDistribution.Er, SparsityDistribution.Custom("tilted"))
        from pattern in Gen.Frequency((6, Gen.Constant(MaskPattern.Element)), (1, Gen.Elements(MaskPattern.NOfM(1, 2), MaskPattern.NOfM(1, 2, 0))), (1, Gen.Constant(MaskPattern.Custom("rows"))))
        from update in Gen.Elements(MaskUpdate.Once, MaskUpdate.Every(2), MaskUpdate.Every(2, mayRegrow: true), MaskUpdate.Every(2).WithUntil(0.6), MaskUpdate.SparseEvolution(2, 0.4, 1), MaskUpdate.Rigl(2, 0.4, 1), MaskUpdate.Custom("turn", 2))
        select new MaskRule(criterion, pattern == MaskPattern.Element ? distribution : SparsityDistribution.Uniform, pattern, pattern == MaskPattern.Element || update.Policy is null ? update : MaskUpdate.Once);

    /// <summary>Leaves out layers that do not fit those before them.</summary>
    private static List<TestLayer> Fitting(int inputs, int width, TestLayer[] layers)
    {
        var fitting = new List<TestLayer>();
        foreach (var layer in layers.Prepend(TestLayer.Linear(width)))
        {
            if (TestNetwork.Problem(inputs, [.. fitting, layer]) is null)
            {
                fitting.Add(layer);
            }
        }

        return fitting;
    }

    /// <summary>Takes from the first layer's density and gives as many weights to the second.</summary>
    private static IReadOnlyList<double> Tilted(IReadOnlyList<Plans.ParameterShape> layers, Sparsity sparsity)
    {
        var levels = layers.Select(_ => sparsity.Value).ToArray();
        if (levels.Length > 1)
        {
            var ratio = layers[1].Count / (double)layers[0].Count;
            var tilt = Math.Min(sparsity.Value, (1 - sparsity.Value) / ratio) / 2;
            (levels[0], levels[1]) = (levels[0] + (tilt * ratio), levels[1] - tilt);
        }

        return levels;
    }

    /// <summary>Ranks by the sum of all magnitudes at which the function was asked so far: what it remembers is in its state alone.</summary>
    private static Tensor Remembered(MaskContext layer)
    {
        var sum = layer.State["sum"] is { } before ? before + layer.Weight.abs() : layer.Weight.abs();
        layer.State["sum"] = sum;
        return sum;
    }

    /// <summary>A pattern of which every output keeps equally many of its weights.</summary>
    private sealed class RowPattern : IMaskPattern
    {
        public string? Refuse(ValueList<long> dims, Sparsity sparsity) => dims.Count < 2 ? "has no rows" : null;

        public PatternGroups Divide(ValueList<long> dims, Sparsity sparsity)
        {
            var row = dims.Skip(1).Aggregate(1L, (a, b) => a * b);
            return new PatternGroups(dims[0], (int)row, (int)sparsity.Kept(row), (group, place) => (group * row) + place);
        }
    }

    /// <summary>An update after which the weights that stay move on by a draw that is remembered from one update to the next.</summary>
    private sealed class TurningUpdate : IMaskUpdate
    {
        public BitMask Choose(MaskContext context, MaskUpdate update, long keep)
        {
            var turn = (context.State["turn"] is { } before ? before.item<long>() : 0) + context.Update + 1;
            context.State["turn"] = tensor(turn);
            var count = context.Weight.numel();
            return context.Top((arange(count) + turn).remainder(count).view(context.Weight.shape).to(float32), keep);
        }
    }
}
