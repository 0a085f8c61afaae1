using System.Runtime.CompilerServices;
using Dsd.Masks;
using Dsd.Torch;
using TorchSharp.Modules;

namespace Dsd.Optimizers;

/// <summary>The memory of one parameter, its gradient and its state during a step, and the loop over it.</summary>
internal readonly unsafe struct PassRow<TRule>
    where TRule : struct, IStepRule
{
    private readonly TRule _rule;
    private readonly float* _weight;
    private readonly float* _gradient;
    private readonly float* _first;
    private readonly float* _second;
    private readonly BitMask? _mask;

    /// <param name="target">The parameter.</param>
    /// <param name="gradient">A native handle of its gradient, which lives as long as the step.</param>
    /// <param name="mask">Which weights are kept; null for all.</param>
    /// <param name="move">What is to be done.</param>
    public PassRow(PassTarget target, nint gradient, BitMask? mask, PassMove<TRule> move)
    {
        (Parameter, Count, Gradient, _mask, _rule) = (target.Parameter, target.Count, gradient, mask, move.Rule);
        _weight = (float*)TensorMemory.Of(target.Parameter);
        _gradient = (float*)TensorMemory.Of(gradient);
        _first = move.First is { } first ? (float*)TensorMemory.Of(first) : null;
        _second = move.Second is { } second ? (float*)TensorMemory.Of(second) : null;
    }

    /// <summary>The parameter.</summary>
    public Parameter Parameter { get; }

    /// <summary>The number of weights.</summary>
    public long Count { get; }

    /// <summary>The native handle of the gradient.</summary>
    public nint Gradient { get; }

    /// <summary>Moves some of the weights.</summary>
    /// <param name="width">How many at a time.</param>
    /// <param name="start">The first, a multiple of 64.</param>
    /// <param name="end">The one after the last.</param>
    /// <returns>True if all of them are finite afterwards.</returns>
    public bool Move(VectorWidth width, long start, long end)
    {
        // The collector may move the mask while other threads work.
        fixed (ulong* words = _mask is null ? default : _mask.Words)
        {
            switch (width)
            {
                case VectorWidth.Bits512:
                    return Move<Lanes512>(words, start, end);
                case VectorWidth.Bits256:
                    return Move<Lanes256>(words, start, end);
                case VectorWidth.Bits128:
                    return Move<Lanes128>(words, start, end);
                default:
                    return Move<Lanes32>(words, start, end);
            }
        }
    }

    // Compiled at once at its best: one call does the work of a whole step.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Move<T>(ulong* words, long start, long end)
        where T : struct, ILanes<T>
    {
        // In variables of its own, which a loop can hold in registers.
        var rule = _rule;
        float* weight = _weight, gradient = _gradient, first = _first, second = _second;
        var i = start;

        // 0 times a weight is ±0, or NaN where the weight is not finite, which no other bit takes away again.
        T zero = T.All(0), seen = zero;
        if (words is null)
        {
            for (; i + T.Count <= end; i += T.Count)
            {
                T a = rule.States > 0 ? T.Load(first + i) : default, b = rule.States > 1 ? T.Load(second + i) : default;
                var moved = rule.Move(T.Load(weight + i), T.Load(gradient + i), ref a, ref b);
                moved.Store(weight + i);
                seen |= zero * moved;
                Keep(rule.States, first + i, a, second + i, b);
            }
        }
        else
        {
            for (; i + T.Count <= end; i += T.Count)
            {
                T kept = T.Kept(words[i >> 6] >> (int)(i & 63)), a = rule.States > 0 ? T.Load(first + i) : default, b = rule.States > 1 ? T.Load(second + i) : default;
                var moved = rule.Move(T.Load(weight + i), T.Load(gradient + i) & kept, ref a, ref b) & kept;
                moved.Store(weight + i);
                seen |= zero * moved;

                // The state of masked weights fades to where each operation takes a hundred times as long; there it ends.
                Keep(rule.States, first + i, a & (kept | T.NotTiny(a)), second + i, b & (kept | T.NotTiny(b)));
            }
        }

        // The rest moves in any case: the weights of a row may be those of several networks, of which one has diverged.
        return (i == end || Move<Lanes32>(words, i, end)) && !HasNaN(seen);
    }

    private static bool HasNaN<T>(T lanes)
        where T : struct, ILanes<T>
    {
        var values = stackalloc float[T.Count];
        lanes.Store(values);
        for (var i = 0; i < T.Count; i++)
        {
            if (float.IsNaN(values[i]))
            {
                return true;
            }
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep<T>(int states, float* first, T a, float* second, T b)
        where T : struct, ILanes<T>
    {
        if (states > 0)
        {
            a.Store(first);
        }

        if (states > 1)
        {
            b.Store(second);
        }
    }
}
