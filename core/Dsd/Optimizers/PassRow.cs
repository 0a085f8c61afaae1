using System.Runtime.CompilerServices;
using Dsd.Masks;
using Dsd.Native;

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
        (Count, Gradient, _mask, _rule) = (target.Count, gradient, mask, move.Rule);
        _weight = (float*)TensorMemory.Of(target.Parameter);
        _gradient = (float*)TensorMemory.Of(gradient);
        _first = move.First is { } first ? (float*)TensorMemory.Of(first) : null;
        _second = move.Second is { } second ? (float*)TensorMemory.Of(second) : null;
    }

    /// <summary>The number of weights.</summary>
    public long Count { get; }

    /// <summary>The native handle of the gradient.</summary>
    public nint Gradient { get; }

    /// <summary>Moves some of the weights.</summary>
    /// <param name="width">How many at a time.</param>
    /// <param name="start">The first, a multiple of 64.</param>
    /// <param name="end">The one after the last.</param>
    public void Move(VectorWidth width, long start, long end)
    {
        // The collector may move the mask while other threads work.
        fixed (ulong* words = _mask is null ? default : _mask.Words)
        {
            switch (width)
            {
                case VectorWidth.Bits512:
                    Move<Lanes512>(words, start, end);
                    break;
                case VectorWidth.Bits256:
                    Move<Lanes256>(words, start, end);
                    break;
                case VectorWidth.Bits128:
                    Move<Lanes128>(words, start, end);
                    break;
                default:
                    Move<Lanes32>(words, start, end);
                    break;
            }
        }
    }

    // Compiled at once at its best: one call does the work of a whole step.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Move<T>(ulong* words, long start, long end)
        where T : struct, ILanes<T>
    {
        var i = start;
        if (words is null)
        {
            for (; i + T.Count <= end; i += T.Count)
            {
                MoveAll<T>(i);
            }

            for (; i < end; i++)
            {
                MoveAll<Lanes32>(i);
            }

            return;
        }

        for (; i + T.Count <= end; i += T.Count)
        {
            MoveKept<T>(i, words[i >> 6] >> (int)(i & 63));
        }

        for (; i < end; i++)
        {
            MoveKept<Lanes32>(i, words[i >> 6] >> (int)(i & 63));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MoveAll<T>(long at)
        where T : struct, ILanes<T>
    {
        var (weight, gradient) = (T.Load(_weight + at), T.Load(_gradient + at));
        Move(ref weight, gradient, at);
        weight.Store(_weight + at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MoveKept<T>(long at, ulong bits)
        where T : struct, ILanes<T>
    {
        var kept = T.Kept(bits);
        var (weight, gradient) = (T.Load(_weight + at) & kept, T.Load(_gradient + at) & kept);
        Move(ref weight, gradient, at);
        (weight & kept).Store(_weight + at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Move<T>(ref T weight, T gradient, long at)
        where T : struct, ILanes<T>
    {
        var (first, second) = (_first is null ? default : T.Load(_first + at), _second is null ? default : T.Load(_second + at));
        _rule.Move(ref weight, gradient, ref first, ref second);
        if (_first is not null)
        {
            first.Store(_first + at);
        }

        if (_second is not null)
        {
            second.Store(_second + at);
        }
    }
}
