using Dsd.Masks;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>A pattern of a user's: every output keeps equally many of its weights, as many as the sparsity says of one.</summary>
internal sealed class RowPattern : IMaskPattern
{
    public string? Refuse(ValueList<long> dims, Sparsity sparsity) => dims.Count < 2 ? "has no rows" : null;

    public PatternGroups Divide(ValueList<long> dims, Sparsity sparsity)
    {
        var row = dims.Skip(1).Aggregate(1L, (a, b) => a * b);
        return new PatternGroups(dims[0], (int)row, (int)sparsity.Kept(row), (group, place) => (group * row) + place);
    }
}

/// <summary>An update of a user's: which weights stay moves on by a draw that is remembered from one update to the next.</summary>
internal sealed class TurningUpdate : IMaskUpdate
{
    public BitMask Choose(MaskContext context, MaskUpdate update, long keep)
    {
        var turn = (context.State["turn"] is { } before ? before.item<long>() : 0) + context.Update + 1;
        context.State["turn"] = tensor(turn);
        var count = context.Weight.numel();
        return context.Top((arange(count) + turn).remainder(count).view(context.Weight.shape).to(float32), keep);
    }
}
