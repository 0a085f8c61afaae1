using Dsd.Runs;

namespace Dsd.Models;

/// <summary>The scaled-down version of a preset, which trains on two CPU cores in about a quarter of an hour.</summary>
/// <param name="Config">The training config: a narrower network, smaller images, other data, and an optimiser chosen on validation data.</param>
/// <param name="Epochs">The epochs of all phases in total.</param>
/// <param name="RateFactor">The factor applied to every learning rate of the paper.</param>
internal sealed record SmallScale(TrainingConfig Config, double Epochs, double RateFactor);
