using Dsd.Masks;
using Dsd.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Optimizers;

/// <summary>One parameter of an optimiser with the inputs of its update.</summary>
internal sealed class PassTarget(Parameter parameter, OptimizerOptions options, OptimizerState state) : IDisposable
{
    private BitMask? _mask;
    private Tensor? _pruned;
    private BitMask? _wordsOf;
    private FusedStep? _fused;
    private bool _isFusedKnown;
    private DeviceWords? _words;

    public Parameter Parameter => parameter;

    public OptimizerOptions Options => options;

    public OptimizerState State => state;

    public long Count { get; } = parameter.numel();

    /// <summary>The parameter's name in the mask set; null where the set does not contain it.</summary>
    public string? Name { get; set; }

    /// <summary>True if the parameter has a gradient.</summary>
    public bool HasGradient
    {
        get
        {
            var gradient = TensorMemory.GradientOf(parameter);
            if (gradient != 0)
            {
                TensorMemory.Free(gradient);
            }

            return gradient != 0;
        }
    }

    /// <summary>The fused step of the parameter's device, found once; null if it has none.</summary>
    public FusedStep? Fused(Func<Device, FusedStep?> on)
    {
        if (!_isFusedKnown)
        {
            (_fused, _isFusedKnown) = (on(parameter.device), true);
        }

        return _fused;
    }

    /// <summary>The words of the mask on the parameter's device, copied at most once; valid until the next mask.</summary>
    public unsafe ulong* Words(BitMask mask)
    {
        if (!ReferenceEquals(mask, _wordsOf))
        {
            (_words, _wordsOf) = (mask.On(parameter.device), mask);
        }

        return _words!.Address;
    }

    /// <summary>A tensor that is true where the mask prunes, on the parameter's device; cached until the mask changes.</summary>
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
        (_words, _wordsOf) = (null, null);
    }
}
