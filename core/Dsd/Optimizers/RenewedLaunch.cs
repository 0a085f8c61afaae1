using Dsd.Masks;
using Dsd.Torch;
using static TorchSharp.torch;

namespace Dsd.Optimizers;

/// <summary>One parameter of a recorded step.</summary>
/// <param name="Target">The parameter.</param>
/// <param name="Mask">Its mask; null if all weights are kept.</param>
/// <param name="First">The first state tensor, or null.</param>
/// <param name="Second">The second state tensor, or null.</param>
internal readonly record struct RenewedMove<TRule>(PassTarget Target, BitMask? Mask, Tensor? First, Tensor? Second)
{
    /// <summary>True if another move reads and writes the same memory.</summary>
    public bool IsLike(RenewedMove<TRule> other) =>
        ReferenceEquals(Target, other.Target) && ReferenceEquals(Mask, other.Mask) && ReferenceEquals(First, other.First) && ReferenceEquals(Second, other.Second);
}

/// <summary>One kernel of a recorded step: parameters with the same constants.</summary>
internal sealed class RenewedLaunch<TRule>
{
    private readonly List<RenewedMove<TRule>> _moves;

    /// <summary>Begins a launch with its first parameter.</summary>
    public RenewedLaunch(RenewedMove<TRule> first, FusedStep step, string kernel, ReadOnlySpan<float> constants) =>
        (_moves, Step, Kernel, Constants) = ([first], step, kernel, constants.ToArray());

    /// <summary>The fused step of the device.</summary>
    public FusedStep Step { get; }

    /// <summary>The constants of this step.</summary>
    public float[] Constants { get; }

    private string Kernel { get; }

    /// <summary>Adds a parameter, if there is room and it has the same constants.</summary>
    public bool TryAdd(RenewedMove<TRule> move, FusedStep step, ReadOnlySpan<float> constants)
    {
        if (_moves.Count == FusedStep.MostRows || step != Step || !constants.SequenceEqual(Constants))
        {
            return false;
        }

        _moves.Add(move);
        return true;
    }

    /// <summary>True if another launch moves the same parameters in the same memory.</summary>
    public bool IsLike(RenewedLaunch<TRule> other) =>
        Step == other.Step && Kernel == other.Kernel && _moves.Count == other._moves.Count && _moves.Zip(other._moves).All(m => m.First.IsLike(m.Second));

    /// <summary>Copies the masks to the device, unless they are there.</summary>
    public unsafe void CopyMasks()
    {
        foreach (var (target, mask, _, _) in _moves.Where(m => m.Mask is not null))
        {
            _ = target.Words(mask!);
        }
    }

    /// <summary>Runs the kernel on the present gradients, with constants that lie on the device.</summary>
    public unsafe void Run(float* constants)
    {
        using var scope = NewDisposeScope();
        Span<FusedStep.Row> rows = stackalloc FusedStep.Row[_moves.Count];
        for (var i = 0; i < rows.Length; i++)
        {
            var (target, mask, first, second) = _moves[i];
            var gradient = target.Parameter.grad ?? throw new DsdException($"a parameter of shape ({string.Join(", ", target.Parameter.shape)}) has no gradient in this step and had one in the last");
            gradient = (gradient.is_sparse ? gradient.to_dense() : gradient).to(ScalarType.Float32).contiguous();
            rows[i] = new(Memory(target.Parameter), Memory(gradient), Memory(first), Memory(second), mask is null ? null : target.Words(mask), target.Count);
            TensorMemory.Written(target.Parameter);
        }

        Step.Run(Kernel, Constants, rows, constants);

        static float* Memory(Tensor? tensor) => tensor is null ? null : (float*)TensorMemory.Of(tensor);
    }
}
