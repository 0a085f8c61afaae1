using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Testing.Tests;

/// <summary>An update that is a function.</summary>
internal sealed class UpdateOf(Func<MaskContext, MaskUpdate, long, BitMask> choose) : IMaskUpdate
{
    public BitMask Choose(MaskContext context, MaskUpdate update, long keep) => choose(context, update, keep);
}

/// <summary>A drop-and-grow update whose scores are functions.</summary>
internal sealed class DropAndGrowOf(Func<MaskContext, Tensor> grow, Func<MaskContext, Tensor>? stay = null) : DropAndGrow
{
    protected override Tensor? Stay(MaskContext context) => stay?.Invoke(context);

    protected override Tensor Grow(MaskContext context) => grow(context);
}

/// <summary>A pattern that is a function.</summary>
internal sealed class PatternOf(Func<ValueList<long>, Sparsity, PatternGroups> divide, Func<ValueList<long>, bool>? fits = null) : IMaskPattern
{
    public string? Refuse(ValueList<long> dims, Sparsity sparsity) => fits?.Invoke(dims) == false ? "does not fit" : null;

    public PatternGroups Divide(ValueList<long> dims, Sparsity sparsity) => divide(dims, sparsity);

    /// <summary>N of M neighbours along an axis.</summary>
    public static PatternOf Neighbours(int keep, int of, int axis) => new(
        (dims, _) =>
        {
            var stride = dims.Skip(axis + 1).Aggregate(1L, (a, b) => a * b);
            return new PatternGroups(dims.Aggregate(1L, (a, b) => a * b) / of, of, keep, (group, place) => (((group / stride * of) + place) * stride) + (group % stride));
        },
        dims => dims.Count > axis && dims[axis] % of == 0);
}
