using Dsd.Execution;
using Dsd.Optimizers;
using Dsd.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Rejects the step at which gradients or weights cease to be finite, and names the parameter.</summary>
/// <remarks>In CPU memory this takes one pass. On another device a reading waits for all work queued before it, so the caller decides when.</remarks>
/// <param name="parameters">The model's parameters by name.</param>
internal sealed unsafe class DivergenceCheck(IReadOnlyDictionary<string, Parameter> parameters)
{
    private readonly (string Name, Parameter Parameter, bool IsOnCpu)[] _trained =
        [.. parameters.Where(p => p.Value.requires_grad).Select(p => (p.Key, p.Value, p.Value.device_type == DeviceType.CPU))];

    /// <summary>Checks the gradients before the optimiser's step; those in CPU memory alone, unless all are asked for.</summary>
    /// <exception cref="DivergedException">One is not finite.</exception>
    public void Gradients(long step, double rate, bool all = false)
    {
        foreach (var (name, parameter, isOnCpu) in _trained)
        {
            if ((isOnCpu || all) && !HasFiniteGradient(parameter))
            {
                throw OfGradient(name, parameter, step, rate);
            }
        }
    }

    /// <summary>Checks the weights after the optimiser's step; those in CPU memory alone, unless all are asked for.</summary>
    /// <exception cref="DivergedException">One is not finite.</exception>
    public void Weights(long step, double rate, bool all = false)
    {
        foreach (var (name, parameter, isOnCpu) in _trained)
        {
            if ((isOnCpu || all) && !IsFinite(parameter.Handle, parameter, isGradient: false))
            {
                throw OfWeight(name, parameter, step, rate);
            }

            GC.KeepAlive(parameter);
        }
    }

    /// <summary>Rejects a step whose optimiser left a parameter with a weight that is not finite.</summary>
    /// <exception cref="DivergedException">It names the gradient if that is not finite either.</exception>
    public void Left(Parameter nonFinite, long step, double rate)
    {
        var name = parameters.FirstOrDefault(p => p.Value.Handle == nonFinite.Handle).Key ?? $"a parameter of shape {LayerTrace.Shape(nonFinite)}";
        throw HasFiniteGradient(nonFinite) ? OfWeight(name, nonFinite, step, rate) : OfGradient(name, nonFinite, step, rate);
    }

    private static bool HasFiniteGradient(Parameter parameter)
    {
        var gradient = TensorMemory.GradientOf(parameter);
        try
        {
            return gradient == 0 || IsFinite(gradient, parameter, isGradient: true);
        }
        finally
        {
            if (gradient != 0)
            {
                TensorMemory.Free(gradient);
            }
        }
    }

    private static bool IsFinite(nint handle, Parameter parameter, bool isGradient)
    {
        if (TensorMemory.IsPlainFloat(handle))
        {
            return FiniteScan.IsFinite((float*)TensorMemory.Of(handle), TensorMemory.CountOf(handle));
        }

        using var scope = NewDisposeScope();
        var values = isGradient ? parameter.grad! : parameter;
        return NonFinite.In(values.is_sparse ? values.to_dense() : values) is null;
    }

    private static DivergedException OfGradient(string name, Parameter parameter, long step, double rate)
    {
        using var gradient = parameter.grad!;
        return new(
            FormattableString.Invariant($"Training has diverged at step {step}: the gradient of {name} {Holds(gradient)}, though the loss may be finite. Lower the learning rate ({NonFinite.Show(rate)} here), or clip gradients. If the loss had not grown, its gradient may not be defined there, as that of a square root or a norm at 0: change the loss."),
            step,
            name);
    }

    private static DivergedException OfWeight(string name, Parameter parameter, long step, double rate) => new(
        FormattableString.Invariant($"Training has diverged at step {step}: {name} {Holds(parameter)} after the optimiser's step, though its gradient is finite. Lower the learning rate ({NonFinite.Show(rate)} here), or clip gradients."),
        step,
        name);

    private static string Holds(Tensor tensor) => tensor.is_sparse || NonFinite.In(tensor) is not { } bad ? "holds values that are NaN or infinite" : $"holds {bad}";
}
