using Dsd.Execution;
using Dsd.Models;
using Dsd.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>Whether LeNet-5 is computed right with oneDNN and without, so that a reader knows what the faster one is worth.</summary>
internal static class CorrectnessCase
{
    private const int Trials = 10;

    public static IEnumerable<Row> Rows(Bench bench)
    {
        manual_seed(1);
        using var workload = Workloads.LeNet5(bench.Effort);
        using var input = workload.Inputs.narrow(0, 0, workload.Batch);
        using var target = workload.Labels.narrow(0, 0, workload.Batch);
        using var model = new LeNet5();
        using var exact = new LeNet5();
        exact.load_state_dict(model.state_dict());
        exact.to(ScalarType.Float64);
        var truth = LossAndGradients(exact, input, target, loss => Backward(loss()));
        using var computation = new Computation(model);
        yield return Row("oneDNN on, as TorchSharp comes", () => OneDnn.On(), loss => Backward(loss()));
        yield return Row("oneDNN off, as outside a computation", () => null, loss => Backward(loss()));
        yield return Row("as a run computes it", () => null, computation.Backward);
        truth.ForEach(t => t.Dispose());

        Row Row(string name, Func<IDisposable?> setting, Func<Func<Tensor>, Tensor> backward)
        {
            var worst = 0.0;
            using var scope = setting();
            for (var trial = 0; trial < Trials; trial++)
            {
                LeaveRubbish();
                var got = LossAndGradients(model, input, target, backward);
                worst = Math.Max(worst, got.Zip(truth, Error).Max());
                got.ForEach(t => t.Dispose());
            }

            return bench.Value($"lenet-5: largest error of loss or gradients, {name}", worst, "of the largest value", Bar.AtMost(1e-4), $"against 64 bits, worst of {Trials}; NaN counts as infinite");
        }
    }

    private static List<Tensor> LossAndGradients(LeNet5 model, Tensor input, Tensor target, Func<Func<Tensor>, Tensor> backward)
    {
        using var scope = NewDisposeScope();
        model.zero_grad();
        var loss = backward(() => nn.functional.cross_entropy(model.call(input.to(model.parameters().First().dtype)), target));
        return [.. model.parameters().Select(p => p.grad!).Prepend(loss).Select(t => t.detach().to(ScalarType.Float64).clone().MoveToOuterDisposeScope())];
    }

    private static Tensor Backward(Tensor loss)
    {
        loss.backward();
        return loss;
    }

    private static double Error(Tensor got, Tensor truth)
    {
        using var scope = NewDisposeScope();
        var error = (got.sub(truth).abs().max() / truth.abs().max()).item<double>();
        return double.IsFinite(error) ? error : double.PositiveInfinity;
    }

    /// <summary>Leaves freed memory full of NaN behind, which shows whether anything is read that was never written.</summary>
    private static void LeaveRubbish()
    {
        using var scope = NewDisposeScope();
        for (var size = 1L << 10; size <= 1L << 22; size <<= 1)
        {
            for (var i = 0; i < 4; i++)
            {
                full([size], double.NaN, dtype: ScalarType.Float32);
            }
        }
    }
}
