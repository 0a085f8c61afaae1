namespace Dsd.Runs;

/// <summary>The number format of a network's computations. Weights, optimiser state, masks and saved files are 32-bit floats in any case.</summary>
public enum Precision
{
    /// <summary>32-bit floats throughout.</summary>
    Fp32,

    /// <summary>
    /// Convolutions, linear and recurrent layers multiply in bfloat16 (8 bits of precision, the range of a 32-bit float) and accumulate
    /// in 32 bits; batch norm's statistics and the loss are 32-bit. This is PyTorch's autocast.
    /// </summary>
    Bf16,
}
