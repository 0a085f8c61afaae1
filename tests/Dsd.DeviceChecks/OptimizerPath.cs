namespace Dsd.DeviceChecks;

/// <summary>The code that does the steps.</summary>
internal enum OptimizerPath
{
    /// <summary>TorchSharp's own optimiser, with gradients masked before each step and weights after it.</summary>
    TorchSharp,

    /// <summary>Dsd's optimiser by for-each operators, as on a GPU.</summary>
    ForEach,

    /// <summary>Dsd's optimiser in one pass over memory, as on the CPU.</summary>
    Memory,
}
