using Dsd.Runs;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Makes what a config names: the network, initialised, and the task.</summary>
/// <remarks>Both must be pure functions of config and seed, so that a run comes out the same wherever and whenever it is done.</remarks>
public interface ITrainingSource
{
    /// <summary>A new network and the task of one seed.</summary>
    /// <param name="setting">The config.</param>
    /// <param name="seed">The seed of initial weights, of the order of examples and of their variation.</param>
    /// <returns>The network, initialised, which the caller disposes of; and the task.</returns>
    /// <exception cref="DsdException">There is no such network or data set, or the data are not there or damaged.</exception>
    (nn.Module Network, ITrainingTask Task) Open(TrainingConfig setting, long seed);
}
