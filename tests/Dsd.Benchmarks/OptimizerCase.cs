using Dsd.Optimizers;
using Dsd.Schedules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>The optimiser's part of a step: masked beside dense, and beside TorchSharp's SGD with masks multiplied in.</summary>
/// <param name="Network">Whose weights.</param>
internal sealed record OptimizerCase(string Network)
{
    public IEnumerable<Row> Rows(Bench bench)
    {
        using var workload = Cases.Workload(Network, bench.Effort);
        using var masked = new OptimizerOnly(workload.Create(), sparse: true);
        using var dense = new OptimizerOnly(workload.Create(), sparse: false);
        using var model = workload.Create();
        OptimizerOnly.GiveGradients(model);
        using var sgd = optim.SGD(model.parameters(), OptimizerOnly.Rate, momentum: 0.9, weight_decay: 5e-4);
        var masks = model.parameters().Where(p => p.dim() > 1).Select(p => (Weight: p, Mask: HandWrittenLoop.MaskOf(p, Workload.Sparsity))).ToList();
        var timings = bench.Time(
            Contender.Repeated("ours, masked", masked.Step),
            Contender.Repeated("ours, dense", dense.Step),
            Contender.Repeated("TorchSharp's SGD with masks", () => ByHand(sgd, masks)));
        masks.ForEach(m => m.Mask.Dispose());

        yield return bench.Spread("ours, masked", timings[0].Times(1e3), "ms");
        yield return bench.Ratio("masked / dense", timings[0], timings[1]);
        yield return bench.Ratio("TorchSharp's SGD with masks multiplied in / ours, masked", timings[2], timings[0]);
    }

    private static void ByHand(optim.Optimizer sgd, List<(Parameter Weight, Tensor Mask)> masks)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        masks.ForEach(m => m.Weight.grad!.mul_(m.Mask));
        sgd.step();
        masks.ForEach(m => m.Weight.mul_(m.Mask));
    }
}
