using System.Runtime.Intrinsics;

namespace Dsd.Optimizers;

/// <summary>The number of weights that one instruction of a step handles; all widths give the same bits.</summary>
internal enum VectorWidth
{
    /// <summary>One weight at a time, on any processor.</summary>
    Scalar = 1,

    /// <summary>Four weights.</summary>
    Bits128 = 4,

    /// <summary>Eight weights.</summary>
    Bits256 = 8,

    /// <summary>Sixteen weights.</summary>
    Bits512 = 16,
}

/// <summary>The widest width that this processor supports.</summary>
internal static class VectorWidths
{
    /// <summary>The widest that this processor has.</summary>
    public static VectorWidth Widest { get; } =
        Vector512.IsHardwareAccelerated ? VectorWidth.Bits512
        : Vector256.IsHardwareAccelerated ? VectorWidth.Bits256
        : Vector128.IsHardwareAccelerated ? VectorWidth.Bits128
        : VectorWidth.Scalar;
}
