using Dsd.Masks;
using Dsd.Runs;
using Dsd.Schedules;
using FsCheck;
using FsCheck.Fluent;
using static TorchSharp.torch;

namespace Dsd.Testing;

// The cases of laws: single tensors, layers, and networks.
public static partial class Generators
{
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
}
