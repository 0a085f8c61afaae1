namespace Dsd.Models;

/// <summary>The initialisation of a layer's weights and biases.</summary>
internal enum InitialWeights
{
    /// <summary>Weights and biases uniform in ±1/√fan-in, PyTorch's default.</summary>
    Uniform,

    /// <summary>Weights normal with variance 2/fan-out (He et al., ICCV 2015, section 2.2), biases 0.</summary>
    HeNormal,

    /// <summary>Weights uniform with variance 2/fan-in (same source), biases 0.</summary>
    HeUniform,

    /// <summary>Weights normal with standard deviation 0.01, biases 0.</summary>
    Normal,

    /// <summary>Weights normal with standard deviation 0.01, biases as <see cref="Uniform"/>.</summary>
    NormalWeights,
}
