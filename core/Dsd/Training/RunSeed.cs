using Dsd.Runs;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Seeds libtorch's generators; the one rule for it.</summary>
/// <remarks>
/// They are seeded before a network is made (initial weights), and again where training starts (dropout, redrawn weights).
/// An arm that continues from a copy restores the CPU generator's state from it. Batches come from the task, which has the seed itself.
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

    /// <summary>Reseeds CUDA's generators where an arm forks: their state cannot be read, so all arms get the same seed.</summary>
    public static void Fork(long seed, long step)
    {
        if (cuda.is_available())
        {
            cuda.manual_seed_all(seed + step);
        }
    }
}
