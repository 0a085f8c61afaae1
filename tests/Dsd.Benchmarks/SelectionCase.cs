using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Schedules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>Choosing a mask for 102.8 million weights (the largest layer of VGG-16): in one tensor, and over four with one ranking.</summary>
internal static class SelectionCase
{
    public static IEnumerable<Row> PerLayer(Bench bench)
    {
        var count = bench.Effort.Pick(102_760_448L, 1_000_000L);
        using var weights = new Parameter(randn(count));
        using var magnitudes = weights.detach().abs();
        var layer = new MaskContext("weight", weights);
        var contenders = new List<Contender>
        {
            Contender.Repeated("ours", () => MaskSet.Choose(layer, new Sparsity(Workload.Sparsity)), count),
            Contender.Repeated("sum", () => Sum([weights]), count),
            Contender.Repeated("kthvalue", () => Kth(magnitudes), count),
        };
        if (bench.Peer.IsThere)
        {
            contenders.Add(bench.Peer.Does("l1_unstructured", bench.Effort.Pick(25_000_000, 1_000_000)));
        }

        var timings = bench.Time(contenders);
        yield return bench.Spread("ours", timings[0].Times(1e9), "ns a weight");
        yield return bench.Ratio("ours / one sum()", timings[0], timings[1], Bar.AtMost(4));
        yield return bench.Ratio("kthvalue / ours", timings[2], timings[0], Bar.AtLeast(25), "kthvalue only finds the threshold, of given magnitudes");
        const string python = "prune.l1_unstructured / ours, a weight";
        yield return bench.Peer.IsThere
            ? bench.Ratio(python, timings[3], timings[0], Bar.AtLeast(100), $"{bench.Peer.Description}; 25 M weights")
            : bench.Skipped(python, "×", Bar.AtLeast(100), bench.Peer.Description);
    }

    public static IEnumerable<Row> Global(Bench bench)
    {
        var side = bench.Effort.Pick(5_069L, 500L);
        var weights = Enumerable.Range(0, 4).Select(i => new MaskContext($"fc{i}.weight", new Parameter(randn(side, side)))).ToList();
        var shape = weights.Select((_, i) => i).Aggregate(ModelShape.Empty, (s, i) => s.Linear($"fc{i}", side, side));
        var schedule = Schedule.Start().Sparse(
            Duration.Steps(1),
            LearningRate.Constant(1),
            SparsityCurve.Constant(Workload.Sparsity),
            mask: MaskRule.Default.WithDistribution(SparsityDistribution.Global)).Build();
        var phase = Plan.Resolve(schedule, shape, 1).Phases[0];
        var choice = new MaskChoice(MaskMethods.None);
        var count = 4.0 * side * side;
        var timings = bench.Time(
            Contender.Repeated("ours", () => choice.Choose(phase, 0, layer => new LiveLayer(weights.First(w => w.Name == layer.Parameter))), count),
            Contender.Repeated("sum", () => Sum(weights.Select(w => w.Weight)), count));
        weights.ForEach(w => w.Weight.Dispose());

        yield return bench.Spread("ours", timings[0].Times(1e9), "ns a weight");
        yield return bench.Ratio("ours / one sum() of each layer", timings[0], timings[1], Bar.AtMost(4));
    }

    private static void Sum(IEnumerable<Tensor> tensors)
    {
        foreach (var one in tensors)
        {
            using var sum = one.sum();
            _ = sum.item<float>();
        }
    }

    private static void Kth(Tensor magnitudes)
    {
        using var scope = NewDisposeScope();
        _ = magnitudes.kthvalue((long)(magnitudes.numel() * Workload.Sparsity), 0);
    }
}
