using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Tensors on a device that are ranked together.</summary>
/// <param name="Values">Contiguous 32-bit floats, at least one in each tensor.</param>
/// <param name="Keep">The number of values to keep in all.</param>
/// <param name="IsScore">True if signs matter, false to rank by magnitude.</param>
internal readonly record struct DeviceRanking(Tensor[] Values, long Keep, bool IsScore);
