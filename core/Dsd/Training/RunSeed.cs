using Dsd.Runs;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Seeds libtorch's generators; the one rule for it.</summary>
/// <remarks>
/// They are seeded before a network is made (initial weights), and again where training starts (dropout, redrawn weights).
/// A run that continues from a copy or a checkpoint restores the CPU generator's state from it; those of CUDA are seeded at every step.
/// Batches come from the task, which has the seed itself.
/// </remarks>
internal static class RunSeed
{
    /// <summary>Opens a network and a task, with weights that depend on the seed alone.</summary>
    /// <param name="open">Creates them, e.g. <c>source.Open</c>.</param>
    /// <param name="config">The training config.</param>
    /// <param name="seed">The seed.</param>
    public static (nn.Module Network, ITrainingTask Task) Open(Func<TrainingConfig, long, (nn.Module, ITrainingTask)> open, TrainingConfig config, long seed)
    {
        manual_seed(seed);
        return open(config, seed);
    }

    /// <summary>Seeds the generators where training starts.</summary>
    public static void Begin(long seed) => manual_seed(seed);

    /// <summary>Seeds CUDA's generators at every step: their state cannot be read, so a step's dropout must not depend on the steps before it.</summary>
    public static void BeginStepOnCuda(long seed, long step) => cuda.manual_seed_all((long)(CounterRandom.For(seed, "step on cuda").Bits(step) >> 1));
}
