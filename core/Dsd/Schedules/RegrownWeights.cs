namespace Dsd.Schedules;

/// <summary>The values of pruned weights when their mask is lifted.</summary>
public enum RegrownWeights
{
    /// <summary>Exactly zero, as in the paper.</summary>
    Zero,

    /// <summary>The values at the time of pruning.</summary>
    Restored,

    /// <summary>A fresh draw, uniform within ±1/√(inputs of a unit), the initialisation of PyTorch's linear and convolutional layers.</summary>
    Redrawn,
}
