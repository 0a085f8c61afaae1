using System.Diagnostics;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>Every built-in way to choose a mask for 25 million weights, beside the magnitude top-k and one pass over the same weights.</summary>
internal static class UpdateCase
{
    private const double Half = 0.5;
    private const double High = 0.9;
    private const int Interval = 100;

    // The steps after a choice find the caches changed.
    private const int Near = 9;

    public static IEnumerable<Row> Rows(Bench bench)
    {
        var side = bench.Effort.Pick(5_000L, 500L);
        long[] matrix = [side, side];
        long[] kernels = [side / 2, side * 2 / 25, 5, 5];
        using var weights = new Parameter(randn(matrix));
        using var convolution = new Parameter(weights.detach().view(kernels));
        using var gradient = randn(matrix);
        var count = (double)side * side;
        var bar = Bar.AtMost(3);

        (string Name, Action Choose, Bar? OverSum)[] ways =
        [
            .. Patterns(weights, Bar.AtMost(2), "", MaskPattern.NOfM(2, 4), MaskPattern.NOfM(2, 4, 0), MaskPattern.NOfM(1, 2), MaskPattern.NOfM(2, 8), MaskPattern.NOfM(4, 8), MaskPattern.NOfM(2, 8, 0), MaskPattern.NOfM(2, 4, pad: true)),
            .. Patterns(convolution, Bar.AtMost(2), " of 5×5 kernels", MaskPattern.NOfM(2, 4)),
            .. Patterns(weights, null, "", MaskPattern.Block(4, 4), MaskPattern.Block(16, 16, UnitNorm.L1), MaskPattern.Row(), MaskPattern.Column(), MaskPattern.Row(UnitNorm.LInfinity)),
            .. Patterns(convolution, null, " of 5×5 kernels", MaskPattern.Filter(UnitNorm.L1), MaskPattern.Channel()),
            ("random", Criterion(weights, gradient, MaskRule.Default.WithCriterion(MaskCriterion.Random(1))), null),
            ("weight × gradient", Criterion(weights, gradient, MaskRule.Default.WithCriterion(MaskCriterion.WeightTimesGradient)), null),
            ("SET", Update(weights, gradient, new SparseEvolution()), null),
            ("drop and grow by gradient", Update(weights, gradient, new ByGradient()), null),
        ];

        foreach (var (name, choose, overSum) in ways)
        {
            // Each beside its own baselines: many contenders in a row would be minutes apart.
            var timings = bench.Time(
                Contender.Repeated(name, choose, count),
                Contender.Repeated("magnitude top-k", () => MaskSet.Choose(new MaskContext("weight", weights), new Sparsity(High)), count),
                Contender.Repeated("sum", () => Sum(weights), count));
            yield return bench.Ratio($"{name} / magnitude top-k", timings[0], timings[1], overSum is null ? bar : null);
            yield return bench.Ratio($"{name} / one sum()", timings[0], timings[2], overSum);
        }

        foreach (var row in InPlace(bench, weights, convolution))
        {
            yield return row;
        }
    }

    /// <summary>Choices among neighbours, written over the mask before: what they take without new memory.</summary>
    private static IEnumerable<Row> InPlace(Bench bench, Tensor weights, Tensor convolution)
    {
        (string Of, Tensor Weights, MaskPattern Pattern)[] choices =
        [
            .. new[] { MaskPattern.NOfM(2, 4), MaskPattern.NOfM(2, 4, 0), MaskPattern.NOfM(1, 2), MaskPattern.NOfM(2, 8), MaskPattern.NOfM(2, 8, 0) }.Select(p => ("", weights, p)),
            (" of 5×5 kernels", convolution, MaskPattern.NOfM(2, 4)),
        ];
        foreach (var (of, tensor, pattern) in choices)
        {
            var parts = pattern.BuiltIn!.Divide([.. tensor.shape], new Sparsity(Half)).Parts.Where(p => p.Count > 0).ToArray();
            var words = BitMask.NewWords(tensor.numel());
            var timings = bench.Time(
                Contender.Repeated(pattern.ToString(), () => ChooseInPlace(tensor, parts, words), tensor.numel()),
                Contender.Repeated("sum", () => Sum(weights), tensor.numel()));
            yield return bench.Ratio($"{pattern}{of}, over the mask before / one sum()", timings[0], timings[1]);
        }
    }

    private static unsafe void ChooseInPlace(Tensor weights, IEnumerable<PatternGroups> parts, ulong[] words)
    {
        var keys = new MagnitudeKeys<uint>((uint*)TensorMemory.Of(weights), weights.numel(), WeightBits.Highest32);
        foreach (var part in parts)
        {
            NeighbourSelection.Choose<MagnitudeKeys<uint>, uint>(keys, part.Neighbours!, (int)part.Keep, words);
        }
    }

    /// <summary>Steps between which drop-and-grow chooses masks, beside those steps of the same run that are some way from a choice.</summary>
    /// <remarks>Two runs would not do: their weights part, and a step of one may take 3 % longer than one of the other, though both have the same work.</remarks>
    public static IEnumerable<Row> Amortised(Bench bench)
    {
        foreach (var make in new[] { Workloads.Mlp, Workloads.LeNet5 })
        {
            manual_seed(1);
            using var workload = make(bench.Effort);
            using var moving = OurRun.InPhase(workload, sparse: true, mask: MaskRule.Default.WithUpdate(MaskUpdate.SparseEvolution(Interval, 0.3)));
            var timings = bench.Time(
                new Contender("all steps", times => Seconds(moving, times).All, Interval),
                new Contender("steps between choices", times => Seconds(moving, times).Between, Interval - Near - 1));
            yield return bench.Ratio($"{workload.Name}: a step with SET every {Interval} steps / a step between its choices", timings[0], timings[1], Bar.AtMost(1.01));
        }
    }

    /// <summary>Does intervals of steps, of each of which the last begins with a choice.</summary>
    /// <returns>The time of all steps, and of those that are not near a choice.</returns>
    private static (double All, double Between) Seconds(OurRun run, int intervals)
    {
        var (all, between) = (TimeSpan.Zero, TimeSpan.Zero);
        for (var i = 0; i < intervals; i++)
        {
            var start = Stopwatch.GetTimestamp();
            run.Steps(Near);
            var near = Stopwatch.GetTimestamp();
            run.Steps(Interval - Near - 1);
            between += Stopwatch.GetElapsedTime(near);
            run.Steps(1);
            all += Stopwatch.GetElapsedTime(start);
        }

        return (all.TotalSeconds, between.TotalSeconds);
    }

    private static IEnumerable<(string Name, Action Choose, Bar? OverSum)> Patterns(Tensor weights, Bar? overSum, string of, params MaskPattern[] patterns) => patterns.Select(pattern =>
    {
        var groups = pattern.BuiltIn!.Divide([.. weights.shape], new Sparsity(pattern.Keep is null ? High : Half));
        return ($"{pattern}{of}", (Action)(() => Choose(weights, groups)), overSum);
    });

    private static void Choose(Tensor weights, PatternGroups groups)
    {
        using var scope = NewDisposeScope();
        ScoreGroup.Rank([new([new WeightScores("weight", "holds", weights, null, true, weights.numel())], groups.Kept, false, groups)]);
    }

    private static Action Criterion(Tensor weights, Tensor gradient, MaskRule rule)
    {
        var shape = ModelShape.Empty.Linear("fc", weights.shape[1], weights.shape[0]);
        var schedule = Schedule.Start().Dense(Duration.Steps(1), LearningRate.Constant(1)).Sparse(Duration.Steps(1), LearningRate.Constant(1), SparsityCurve.Constant(High), mask: rule).Build();
        var phase = Plan.Resolve(schedule, shape, 1).Phases[1];
        var choice = new MaskChoice(MaskMethods.None);
        return () => choice.Choose(phase, 0, layer => new LiveLayer(new MaskContext(layer.Parameter, weights, gradient, step: 1)));
    }

    private static Action Update(Tensor weights, Tensor gradient, DropAndGrow policy)
    {
        var held = MaskSet.Choose(new MaskContext("weight", weights), new Sparsity(High));
        var update = MaskUpdate.SparseEvolution(100, 0.3);
        return () => policy.Choose(new MaskContext("weight", weights, gradient, held, step: 1), update, held.Kept);
    }

    private static void Sum(Tensor weights)
    {
        using var sum = weights.sum();
        _ = sum.item<float>();
    }

    private sealed class ByGradient : DropAndGrow
    {
        private protected override bool GrowsByMagnitude => true;

        protected override Tensor? Grow(MaskContext context) => context.Gradient;
    }
}
