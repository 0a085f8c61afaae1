using Dsd.Runs;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Creates the initialised network and the task that a config names.</summary>
/// <remarks>Both must be pure functions of config and seed, so that a run can be reproduced anywhere.</remarks>
public interface ITrainingSource
{
    /// <summary>Creates a network and the task for one seed.</summary>
    /// <param name="setting">The config.</param>
    /// <param name="seed">The seed of initial weights, of the order of examples and of their augmentation.</param>
    /// <returns>The initialised network, which the caller disposes of, and the task.</returns>
    /// <exception cref="DsdException">There is no such network or data set, or the data are missing or damaged.</exception>
    (nn.Module Network, ITrainingTask Task) Open(TrainingConfig setting, long seed);
}
