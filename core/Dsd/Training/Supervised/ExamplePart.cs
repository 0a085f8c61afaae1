using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>A subset of other examples, in a given order.</summary>
internal sealed class ExamplePart(Examples all, ReadOnlyMemory<int> positions) : Examples
{
    public override int Count => positions.Length;

    public override (Tensor Inputs, Tensor Targets) Read(IReadOnlyList<int> wanted) => all.Read([.. wanted.Select(p => positions.Span[p])]);

    internal override IEnumerable<(int Row, UInt128 Hash)>? InputHashes()
    {
        if (all.InputHashes() is not { } hashes)
        {
            return null;
        }

        var ofAll = hashes.ToArray();
        return positions.ToArray().Select(p => ofAll[p]);
    }

    internal override Tensor? Targets()
    {
        using var targets = all.Targets();
        using var index = targets is null ? null : tensor(positions.ToArray().Select(p => (long)p).ToArray(), device: targets.device);
        return targets?.index_select(0, index!);
    }
}
