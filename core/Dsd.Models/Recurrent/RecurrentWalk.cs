using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>The recurrence h(t) = min(max(x(t) + U·h(t−1), 0), 20) of a bidirectional layer, with a hand-written gradient.</summary>
/// <remarks>
/// A step is one matrix product for all utterances and both directions. The gradient of U is one product at the end, where automatic
/// differentiation would accumulate a matrix at every step, which takes most of the time of narrow and wide layers alike.
/// Gradients pass where the output is strictly between the bounds.
/// </remarks>
internal sealed class RecurrentWalk : autograd.SingleTensorFunction<RecurrentWalk>
{
    private const string Shape = "shape";

    /// <inheritdoc/>
    public override string Name => nameof(RecurrentWalk);

    /// <summary>Computes the states of a batch.</summary>
    /// <param name="inputs">x, packed, shape (rows, H).</param>
    /// <param name="recurrent">U forwards and backwards, shape (2, H, H).</param>
    /// <param name="layout">The layout of the batch.</param>
    /// <returns>The summed states of both directions, packed, shape (rows, H).</returns>
    public static Tensor Run(Tensor inputs, Tensor recurrent, UtteranceLayout layout) =>
        apply(inputs, recurrent, layout.Order, layout.Forward, layout.Backward, layout.Count);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var (inputs, recurrent, count) = ((Tensor)vars[0], (Tensor)vars[1], (int)vars[5]);
        var (order, forwards, backwards) = ((Tensor)vars[2], (Tensor)vars[3], (Tensor)vars[4]);
        var matrix = recurrent.to(inputs.dtype);
        var states = inputs.index_select(0, order).view(-1, 2, count, inputs.size(1));
        var transposed = matrix.transpose(1, 2);
        Walk(states, transposed);
        var rows = states.view(-1, inputs.size(1));

        // They are saved after this method has returned.
        ctx.save_for_backward([states.MoveToOuterDisposeScope(), matrix.MoveToOuterDisposeScope(), forwards, backwards]);
        ctx.save_data(Shape, recurrent.dtype);
        return (rows.index_select(0, forwards) + rows.index_select(0, backwards)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var saved = ctx.get_saved_variables();
        var (states, matrix, forwards, backwards) = (saved[0], saved[1], saved[2], saved[3]);
        var (steps, units) = (states.size(0), states.size(3));
        var gradients = zeros_like(states);
        var rows = gradients.view(-1, units);
        rows.index_copy_(0, forwards, grad_output);
        rows.index_copy_(0, backwards, grad_output);
        var passes = states.gt(ClippedRectifier.Low).logical_and_(states.lt(ClippedRectifier.High)).to(states.dtype);
        WalkBack(gradients, passes, matrix);
        var ofMatrix = steps == 1
            ? zeros_like(matrix)
            : Wide(gradients.narrow(0, 1, steps - 1)).transpose(1, 2).bmm(Wide(states.narrow(0, 0, steps - 1)));
        var ofInputs = rows.index_select(0, forwards) + rows.index_select(0, backwards);
        ofMatrix = ofMatrix.to((ScalarType)ctx.get_data(Shape));
        return [ofInputs.MoveToOuterDisposeScope(), ofMatrix.MoveToOuterDisposeScope(), null!, null!, null!, null!];
    }

    /// <summary>Reshapes the steps of each direction into one matrix: (T, 2, N, H) becomes (2, T·N, H).</summary>
    private static Tensor Wide(Tensor walk) => walk.transpose(0, 1).reshape(2, -1, walk.size(3));

    private static void Walk(Tensor states, Tensor transposed)
    {
        Tensor? last = null;
        for (var step = 0; step < states.size(0); step++)
        {
            using var scope = NewDisposeScope();
            var state = states.select(0, step);
            if (last is not null)
            {
                state.add_(last.bmm(transposed));
            }

            state.clamp_(ClippedRectifier.Low, ClippedRectifier.High);
            last?.Dispose();
            last = state.MoveToOuterDisposeScope();
        }
    }

    private static void WalkBack(Tensor gradients, Tensor passes, Tensor matrix)
    {
        Tensor? next = null;
        for (var step = gradients.size(0) - 1; step >= 0; step--)
        {
            using var scope = NewDisposeScope();
            var gradient = gradients.select(0, step);
            if (next is not null)
            {
                gradient.add_(next.bmm(matrix));
            }

            gradient.mul_(passes.select(0, step));
            next?.Dispose();
            next = gradient.MoveToOuterDisposeScope();
        }
    }
}
