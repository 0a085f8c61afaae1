using Dsd.Execution;
using Dsd.Optimizers;
using Dsd.Runs;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>A training step of one network: sparse beside dense, whole beside its arithmetic, ours beside what others do.</summary>
/// <param name="Make">Builds the network's workload.</param>
/// <param name="SparseOverDense">The bar of a sparse step over a dense one.</param>
/// <param name="WholeOverArithmetic">The bar of a whole step over forward and backward alone.</param>
/// <param name="HandOverOurs">The bar of the loop written by hand over ours.</param>
/// <param name="PythonOverOurs">The bar of PyTorch over ours.</param>
internal sealed record StepCase(Func<Effort, Workload> Make, Bar? SparseOverDense, Bar? WholeOverArithmetic, Bar? HandOverOurs, Bar? PythonOverOurs)
{
    public IEnumerable<Row> Rows(Bench bench)
    {
        manual_seed(1);
        using var workload = Make(bench.Effort);
        using var dense = OurRun.InPhase(workload, sparse: false);
        using var sparse = OurRun.InPhase(workload, sparse: true);
        using var arithmetic = workload.Create();
        using var gradients = OptimizerSettings.Default.Create(arithmetic.parameters(), Workload.Rate);
        using var computation = new Computation(arithmetic);
        using var input = workload.Inputs.narrow(0, 0, workload.Batch);
        using var target = workload.Labels.narrow(0, 0, workload.Batch);
        var contenders = new List<Contender>
        {
            sparse.AsContender("sparse step"),
            dense.AsContender("dense step"),
            Contender.Repeated("forward and backward", () => ForwardAndBackward(computation, gradients, arithmetic, input, target)),
            bench.ByHand.Trains(workload.Name),
        };
        if (bench.Peer.IsThere)
        {
            contenders.Add(bench.Peer.Does(workload.Name));
        }

        var timings = bench.Time(contenders);
        yield return bench.Spread("sparse step", timings[0].Times(1e3), "ms");
        yield return bench.Ratio("sparse step / dense step", timings[0], timings[1], SparseOverDense);
        yield return bench.Ratio("whole sparse step / forward and backward alone", timings[0], timings[2], WholeOverArithmetic);
        yield return bench.Ratio("by hand in TorchSharp / ours", timings[3], timings[0], HandOverOurs);
        yield return bench.Peer.IsThere
            ? bench.Ratio("torch.nn.utils.prune / ours", timings[4], timings[0], PythonOverOurs, bench.Peer.Description)
            : bench.Skipped("torch.nn.utils.prune / ours", "×", PythonOverOurs, bench.Peer.Description);
    }

    /// <summary>With the kernels and the layout of a whole step, and like there not on top of older gradients.</summary>
    private static void ForwardAndBackward(Computation computation, optim.Optimizer gradients, nn.Module<Tensor, Tensor> model, Tensor input, Tensor target)
    {
        using var scope = NewDisposeScope();
        gradients.zero_grad();
        computation.Backward(() => nn.functional.cross_entropy(model.call(input), target));
    }
}
