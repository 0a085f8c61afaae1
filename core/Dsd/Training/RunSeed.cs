using Dsd.Runs;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>The one rule by which a run's seed reaches libtorch's generators.</summary>
/// <remarks>
/// They start from the seed before a network is made (initial weights), and again where training begins (dropout, redrawn weights).
/// An arm that goes on from a copy has the CPU generator's state in it. Batches come from the task, which has the seed itself.
/// </remarks>
internal static class RunSeed
{
    /// <summary>Opens a network and a task, with weights that hang on the seed alone.</summary>
    public static (nn.Module Network, ITrainingTask Task) Open(ITrainingSource source, TrainingConfig config, long seed)
    {
        manual_seed(seed);
        return source.Open(config, seed);
    }

    /// <summary>Starts the generators where training begins.</summary>
    public static void Begin(long seed) => manual_seed(seed);

    /// <summary>Starts CUDA's generators anew where an arm forks: their state cannot be read, so that all arms get the same one.</summary>
    public static void Fork(long seed, long step)
    {
        if (cuda.is_available())
        {
            cuda.manual_seed_all(seed + step);
        }
    }
}
