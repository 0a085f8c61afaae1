using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Limits the norm of all gradients together, by operators that read nothing on the host.</summary>
internal static class GradientClip
{
    // As PyTorch has it, so that gradients of 0 stay 0.
    private const double Small = 1e-6;

    /// <summary>Scales gradients down so that their norm is at most a number.</summary>
    /// <param name="parameters">The parameters; those without a gradient are left out.</param>
    /// <param name="most">The largest norm, above 0.</param>
    public static void Apply(IEnumerable<Parameter> parameters, double most) =>
        Scale(parameters, most, gradients => linalg.vector_norm(stack(gradients.Select(g => linalg.vector_norm(g)))), static (factor, _) => factor);

    /// <summary>Scales down the gradients of each of k networks whose parameters are slices of common ones, so that the norm of each network's is at most a number.</summary>
    /// <param name="parameters">The common parameters, each of shape (k, …); those without a gradient are left out.</param>
    /// <param name="most">The largest norm, above 0.</param>
    public static void ApplyToEach(IEnumerable<Parameter> parameters, double most) => Scale(
        parameters,
        most,
        gradients => linalg.vector_norm(stack(gradients.Select(g => linalg.vector_norm(g.flatten(1), dims: [1]))), dims: [0]),
        static (factors, gradient) => factors.view([-1, .. Enumerable.Repeat(1L, (int)gradient.dim() - 1)]));

    private static void Scale(IEnumerable<Parameter> parameters, double most, Func<List<Tensor>, Tensor> norm, Func<Tensor, Tensor, Tensor> shaped)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var gradients = parameters.Select(p => p.grad).OfType<Tensor>().ToList();
        if (gradients.Count == 0)
        {
            return;
        }

        using Scalar small = Small, limit = most, one = 1;
        var factor = (norm(gradients).add(small).reciprocal() * limit).clamp_max(one);
        gradients.ForEach(g => g.mul_(shaped(factor, g)));
    }
}
