using Dsd.Runs;

namespace Dsd.Models;

/// <summary>How a preset of the paper is made small enough for two processor cores and a quarter of an hour.</summary>
/// <param name="Config">Narrower network, smaller images, other data, and the optimiser that learns there, chosen on validation data.</param>
/// <param name="Epochs">The epochs of all phases together.</param>
/// <param name="RateFactor">What every rate of the paper is multiplied by; their ratios stay.</param>
public sealed record SmallScale(TrainingConfig Config, double Epochs, double RateFactor);
