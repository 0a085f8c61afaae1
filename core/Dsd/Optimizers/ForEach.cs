using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Optimizers;

/// <summary>Steps of optimisers by libtorch's for-each operators: on a GPU some kernels for all parameters together instead of some for each.</summary>
/// <remarks>TorchSharp does not offer these operators; a text in TorchScript reaches them. On the CPU they go from tensor to tensor.</remarks>
internal static class ForEach
{
    private const string Text = """
        def sgd(weights: List[Tensor], gradients: List[Tensor], sums: List[Tensor], rate: float, momentum: float, share: float, decay: float, nesterov: bool, is_first: bool):
            d = gradients
            if decay != 0.0:
                d = torch._foreach_add(gradients, weights, alpha=decay)
            if momentum != 0.0:
                if is_first:
                    torch._foreach_copy_(sums, d)
                else:
                    torch._foreach_mul_(sums, momentum)
                    torch._foreach_add_(sums, d, alpha=share)
                if nesterov:
                    d = torch._foreach_add(d, sums, alpha=momentum)
                else:
                    d = sums
            torch._foreach_add_(weights, d, alpha=rate)

        def adam(weights: List[Tensor], gradients: List[Tensor], means: List[Tensor], squares: List[Tensor], rate: float, root: float, eps: float, beta1: float, share1: float, beta2: float, share2: float, decay: float, is_decoupled: bool, shrink: float):
            d = gradients
            if decay != 0.0 and not is_decoupled:
                d = torch._foreach_add(gradients, weights, alpha=decay)
            torch._foreach_mul_(means, beta1)
            torch._foreach_add_(means, d, alpha=share1)
            torch._foreach_mul_(squares, beta2)
            torch._foreach_addcmul_(squares, d, d, share2)
            if is_decoupled:
                torch._foreach_mul_(weights, shrink)
            roots = torch._foreach_sqrt(squares)
            torch._foreach_div_(roots, root)
            torch._foreach_add_(roots, eps)
            torch._foreach_addcdiv_(weights, means, roots, rate)

        """;

    private static readonly Lazy<jit.CompilationUnit> s_unit = new(() => jit.compile(Text));

    /// <summary>Runs one of the functions of the text.</summary>
    public static void Run(string function, params object[] arguments)
    {
        // TorchSharp makes scalars of numbers, and does not keep them alive during a call; these live to the end.
        var living = Array.ConvertAll(arguments, a => a is double number ? (Scalar)number : a);
        s_unit.Value.invoke(function, living);
        foreach (var scalar in living.OfType<Scalar>())
        {
            scalar.Dispose();
        }
    }
}
