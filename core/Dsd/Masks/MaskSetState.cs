using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>A deep copy of a mask set: masks, the values that pruned weights had, and the state of criteria and updates.</summary>
internal sealed record MaskSetState(Dictionary<string, BitMask> Masks, Dictionary<string, Tensor> PrunedValues, Dictionary<string, LayerState> Remembered) : IDisposable
{
    public MaskSetState Copy() => new(
        new(Masks),
        PrunedValues.ToDictionary(v => v.Key, v => v.Value.clone().DetachFromDisposeScope()),
        Remembered.ToDictionary(r => r.Key, r => r.Value.Copy()));

    public void Dispose()
    {
        foreach (var values in PrunedValues.Values)
        {
            values.Dispose();
        }

        foreach (var state in Remembered.Values)
        {
            state.Dispose();
        }
    }
}
