using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Execution;

/// <summary>One layer of a network in a <see cref="Computation"/>: its hooks convert the input to the layout and select the kernels.</summary>
internal abstract class ComputedLayer(Computation computation, string name) : IDisposable
{
    /// <summary>The ways to compute a layer.</summary>
    protected enum Way
    {
        /// <summary>With oneDNN, in the requested precision.</summary>
        AsAsked,

        /// <summary>With oneDNN, in 32-bit floats though bf16 was requested.</summary>
        Fp32,

        /// <summary>With libtorch's own kernels, in 32-bit floats.</summary>
        OwnKernels,
    }

    protected Computation Computation => computation;

    protected string Name => name;

    /// <summary>Creates the hooks that a layer needs in a computation, or returns null if it needs none.</summary>
    public static ComputedLayer? TryCreate(Computation computation, string name, LayerKind kind, nn.Module layer) => layer switch
    {
        Convolution convolution when computation.ChecksKernels || computation.IsChannelsLast => new ComputedConvolution(computation, name, convolution),
        nn.Module<Tensor, Tensor> linear when kind == LayerKind.Linear && computation.ChecksKernels && computation.Precision == Precision.Bf16 => new ComputedModule(computation, name, linear),
        _ when kind == LayerKind.Recurrent && computation.ChecksKernels => ComputedRecurrent.TryCreate(computation, name, layer),
        _ => null,
    };

    public abstract void Dispose();

    /// <summary>Finds the fastest correct way for an input, and notes it if it differs from the requested one.</summary>
    protected Way FindWay(nn.Module layer, Func<Tensor, Tensor> forward, string kind, Tensor input)
    {
        if (!Computation.ChecksKernels || !Computation.UsesOneDnn)
        {
            return Way.AsAsked;
        }

        Computation.SetAutocast(false);
        try
        {
            if (KernelCheck.Passes(layer, forward, kind, input, Computation.Precision))
            {
                return Way.AsAsked;
            }

            if (Computation.Precision == Precision.Bf16 && KernelCheck.Passes(layer, forward, kind, input, Precision.Fp32))
            {
                Computation.Note($"{Name} in fp32: this processor's bf16 kernel failed its check");
                return Way.Fp32;
            }

            return Way.OwnKernels;
        }
        finally
        {
            Computation.SetAutocast(true);
            OneDnn.Use(Computation.IsComputing && Computation.UsesOneDnn);
        }
    }

    /// <summary>Disables bf16 for the layer about to run, and converts its input to 32-bit floats.</summary>
    protected Tensor Widen(Tensor input)
    {
        Computation.SetAutocast(false);
        return input.to(ScalarType.Float32);
    }
}
