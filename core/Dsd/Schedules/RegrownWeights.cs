namespace Dsd.Schedules;

/// <summary>What pruned weights restart from when their mask is lifted.</summary>
public enum RegrownWeights
{
    /// <summary>Exactly zero: the paper's way.</summary>
    Zero,

    /// <summary>The value they had when they were pruned.</summary>
    Restored,

    /// <summary>A fresh draw, uniform within ±1/√(inputs of a unit), the initialisation of PyTorch's linear and convolutional layers.</summary>
    Redrawn,
}
