using System.Runtime.InteropServices;

namespace Dsd.Training;

/// <summary>An error of the driver, of the type in which libtorch reports its own.</summary>
internal sealed class CudaException(string message) : ExternalException(message);
