using System.Collections.Concurrent;
using Dsd.Runs;
using Dsd.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Execution;

/// <summary>Checks oneDNN's output and gradients of a layer against those of libtorch's own kernels.</summary>
/// <remarks>
/// The fault that this check finds (see <see cref="OneDnn"/>) reads uninitialised memory, so free memory is filled with
/// NaN first. Each kind of layer and shape is checked once per process; the batch is cut to 8 examples, since the fault depends on
/// channels only.
/// </remarks>
internal static class KernelCheck
{
    private const int Examples = 8;
    private const double ToleranceFp32 = 1e-3;
    private const double ToleranceBf16 = 3e-2;
    private static readonly ConcurrentDictionary<string, bool> s_known = new();

    /// <summary>Checks a layer; true if it passes.</summary>
    /// <param name="layer">The layer; neither its weights nor their gradients are changed, nor the random generator.</param>
    /// <param name="forward">Returns its output for an input.</param>
    /// <param name="kind">The properties that distinguish layers with weights of the same shapes, e.g. stride and padding.</param>
    /// <param name="input">An input, in the layout to be used.</param>
    /// <param name="precision">The precision to be used.</param>
    public static bool Passes(nn.Module layer, Func<Tensor, Tensor> forward, string kind, Tensor input, Precision precision)
    {
        var weights = layer.parameters().Where(p => p.requires_grad).ToArray();
        var shapes = string.Join(';', weights.Select(w => string.Join('x', w.shape)));
        var key = $"{layer.GetType().Name} {kind} {shapes} {string.Join('x', input.shape.Skip(1))} {string.Join('x', input.stride().Skip(1))} {input.requires_grad} {precision}";
        return s_known.GetOrAdd(key, _ => Agrees(weights, forward, input, precision));
    }

    private static bool Agrees(Tensor[] weights, Func<Tensor, Tensor> forward, Tensor input, Precision precision)
    {
        using var scope = NewDisposeScope();
        using var gradients = enable_grad();
        var random = get_rng_state();
        try
        {
            var tolerance = precision == Precision.Bf16 ? ToleranceBf16 : ToleranceFp32;
            var right = Run(weights, forward, input, oneDnn: false, bf16: false);
            var tried = Run(weights, forward, input, oneDnn: true, bf16: precision == Precision.Bf16);
            return right.Zip(tried).All(pair => Difference(pair.First, pair.Second) <= tolerance);
        }
        finally
        {
            OneDnn.Use(false);
            set_rng_state(random);
        }
    }

    private static List<Tensor> Run(Tensor[] weights, Func<Tensor, Tensor> forward, Tensor input, bool oneDnn, bool bf16)
    {
        manual_seed(1);
        var examples = zeros_like(input.narrow(0, 0, Math.Min(Examples, input.size(0))), ScalarType.Float32).normal_();
        examples.requires_grad_(input.requires_grad);
        OneDnn.Use(oneDnn);
        FillFreeMemoryWithNaN();
        Tensor output;
        if (bf16)
        {
            Autocast.Begin(DeviceType.CPU);
        }

        try
        {
            output = forward(examples);
        }
        finally
        {
            if (bf16)
            {
                Autocast.End(DeviceType.CPU);
            }
        }

        manual_seed(2);
        var outer = zeros_like(output, ScalarType.Float32).normal_().to(output.dtype);
        FillFreeMemoryWithNaN();
        Tensor[] differentiated = input.requires_grad ? [examples, .. weights] : weights;
        return differentiated.Length == 0 ? [output] : [output, .. autograd.grad([output], differentiated, [outer], false, false, true)];
    }

    private static double Difference(Tensor right, Tensor tried)
    {
        if (right is null || right.IsInvalid)
        {
            return 0;
        }

        var (a, b) = (right.detach().to(ScalarType.Float64), tried.detach().to(ScalarType.Float64));
        var size = a.norm().ToDouble();
        var difference = (a - b).norm().ToDouble() / (size == 0 ? 1 : size);
        return double.IsNaN(difference) ? double.PositiveInfinity : difference;
    }

    private static void FillFreeMemoryWithNaN()
    {
        using var scope = NewDisposeScope();

        // Scalars live to the end of the calls that read them, also where the process does not keep all of them (KeptScalars).
        using TorchSharp.Scalar nan = float.NaN;
        for (var elements = 1L << 8; elements <= 1L << 21; elements <<= 1)
        {
            full(elements, nan);
            full(elements, nan);
        }
    }
}
