using Dsd.Optimizers;
using Dsd.Schedules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>Masked training as one writes it with TorchSharp alone: the baseline of most claims.</summary>
/// <remarks>
/// SGD with momentum 0.9 and weight decay 5e-4, one dispose scope a step, batches gathered from a tensor in memory in a new
/// order each epoch. Every weight of two dimensions or more has a mask of ones and zeros, chosen by magnitude with kthvalue;
/// gradients are multiplied by it before the optimiser's step, weights after it. There are no events, no checks and no
/// evaluation.
/// </remarks>
internal sealed class HandWrittenLoop : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly Tensor _inputs;
    private readonly Tensor _labels;
    private readonly int _batch;
    private readonly optim.Optimizer _optimizer;
    private readonly List<(Parameter Weight, Tensor Mask)> _masks;
    private Tensor? _order;
    private long _position;

    /// <summary>A loop over a workload, with the rate and sparsity that all have.</summary>
    public HandWrittenLoop(Workload workload)
    {
        _model = workload.Create();
        _inputs = workload.Inputs;
        _labels = workload.Labels;
        _batch = workload.Batch;
        _optimizer = optim.SGD(_model.parameters(), Workload.Rate, momentum: 0.9, weight_decay: 5e-4);
        _masks = [.. _model.parameters().Where(p => p.dim() > 1).Select(p => (p, MaskOf(p, Workload.Sparsity)))];
        ApplyTo(weights: true);
        _model.train();
    }

    public void Step()
    {
        using var scope = NewDisposeScope();
        var (input, target) = NextBatch();
        _optimizer.zero_grad();
        var loss = nn.functional.cross_entropy(_model.call(input), target);
        loss.backward();
        ApplyTo(weights: false);
        _optimizer.step();
        ApplyTo(weights: true);
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _order?.Dispose();
        _masks.ForEach(m => m.Mask.Dispose());
        _model.Dispose();
    }

    /// <summary>A mask for a weight tensor: 1 for the larger magnitudes, 0 for the rest.</summary>
    public static Tensor MaskOf(Tensor weight, double sparsity)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var magnitudes = weight.abs();
        var (threshold, _) = magnitudes.flatten().kthvalue(Math.Max(1, (long)(weight.numel() * sparsity)), 0);
        return magnitudes.gt(threshold).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    private (Tensor Input, Tensor Target) NextBatch()
    {
        if (_order is null || _position + _batch > _order.shape[0])
        {
            _order?.Dispose();
            _order = randperm(_inputs.shape[0]).DetachFromDisposeScope();
            _position = 0;
        }

        var chosen = _order.narrow(0, _position, _batch);
        _position += _batch;
        return (_inputs.index_select(0, chosen), _labels.index_select(0, chosen));
    }

    private void ApplyTo(bool weights)
    {
        using var guard = no_grad();
        foreach (var (weight, mask) in _masks)
        {
            if (weights)
            {
                weight.mul_(mask);
            }
            else
            {
                using var gradient = weight.grad;
                gradient!.mul_(mask);
            }
        }
    }
}
