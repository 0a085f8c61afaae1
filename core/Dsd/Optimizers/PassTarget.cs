using Dsd.Masks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Optimizers;

/// <summary>One parameter of an optimiser: what its step is made of.</summary>
internal sealed class PassTarget(Parameter parameter, OptimizerOptions options, OptimizerState state) : IDisposable
{
    private BitMask? _mask;
    private Tensor? _pruned;

    public Parameter Parameter => parameter;

    public OptimizerOptions Options => options;

    public OptimizerState State => state;

    public long Count { get; } = parameter.numel();

    /// <summary>The parameter's name among masks; null where they know no such parameter.</summary>
    public string? Name { get; set; }

    /// <summary>True where a mask prunes, on the parameter's device; made anew only for another mask, and kept.</summary>
    public Tensor Pruned(BitMask mask)
    {
        if (!ReferenceEquals(mask, _mask) || _pruned is null)
        {
            _pruned?.Dispose();
            _pruned = MaskedMemory.Pruned(mask, parameter.shape, parameter.device).DetachFromDisposeScope();
            _mask = mask;
        }

        return _pruned;
    }

    public void Dispose()
    {
        _pruned?.Dispose();
        _pruned = null;
    }
}
