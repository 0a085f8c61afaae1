using Dsd.Optimizers;

namespace Dsd.Tests.Torch;

/// <summary>The kernels of an optimiser's step, run on the CPU.</summary>
internal static unsafe class StepKernelsOnCpu
{
    /// <summary>What runs each kernel, for <see cref="KernelsOnCpu"/>.</summary>
    public const string Runs = """
        extern "C" void run_sgd(int blocks, int threads, void** a) { grid(blocks, threads, false, [=] { sgd(*(Rows*)a[0], *(Constants*)a[1], *(const float**)a[2]); }); }
        extern "C" void run_store(int blocks, int threads, void** a) { grid(blocks, threads, false, [=] { store(*(Constants*)a[0], *(float**)a[1]); }); }
        extern "C" void run_adam(int blocks, int threads, void** a) { grid(blocks, threads, false, [=] { adam(*(Rows*)a[0], *(Constants*)a[1], *(const float**)a[2]); }); }
        """;

    private static readonly Lazy<KernelsOnCpu> s_kernels = new(() => new(FusedStep.Text, Runs));

    /// <summary>Runs a kernel.</summary>
    public static void Launch(string kernel, int blocks, int threads, void** arguments) => s_kernels.Value.Launch(kernel, blocks, threads, arguments);

    /// <summary>Creates a step by these kernels.</summary>
    public static FusedStep Fused() => new(Launch);
}
