namespace Dsd.DeviceChecks;

/// <summary>The code that does the steps.</summary>
internal enum OptimizerPath
{
    /// <summary>TorchSharp's own optimiser, with gradients masked before each step and weights after it.</summary>
    TorchSharp,

    /// <summary>Dsd's optimiser by for-each operators, as where tensors are no plain rows of 32-bit floats.</summary>
    ForEach,

    /// <summary>Dsd's optimiser as it is: in one pass over memory on the CPU, by one kernel on a GPU.</summary>
    OnePass,
}
