using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>A subset of other examples, in a given order.</summary>
internal sealed class ExamplePart : Examples
{
    private readonly Examples _all;
    private readonly ReadOnlyMemory<int> _positions;

    public ExamplePart(Examples all, ReadOnlyMemory<int> positions)
    {
        // A part of a part refers to the whole directly.
        (_all, _positions) = all is ExamplePart part ? (part._all, Array.ConvertAll(positions.ToArray(), p => part._positions.Span[p])) : (all, positions);
    }

    public override int Count => _positions.Length;

    public override (Tensor Inputs, Tensor Targets) Read(IReadOnlyList<int> wanted) => _all.Read([.. wanted.Select(p => _positions.Span[p])]);

    internal override RowHashes? InputHashes() => _all.InputHashes() is { } hashes ? hashes with { Part = _positions } : null;

    internal override ResidentExamples? On(Device device, bool? isWanted) => _all.On(device, isWanted) is { } all ? all with { Part = _positions } : null;

    internal override Tensor? Targets()
    {
        using var targets = _all.Targets();
        using var index = targets is null ? null : tensor(_positions.ToArray().Select(p => (long)p).ToArray(), device: targets.device);
        return targets?.index_select(0, index!);
    }
}
