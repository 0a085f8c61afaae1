using System.Globalization;

namespace Dsd.Torch;

/// <summary>Finds the reason why libtorch can use no GPU.</summary>
internal static class CudaDiagnosis
{
    /// <summary>Says why no GPU can be used in this process, and what helps; libtorch has said that none can.</summary>
    /// <returns>One or two sentences.</returns>
    public static string WhyNone() => WhyNone(LibTorchBuild.Used(), CudaDriver.OfMachine, Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES"));

    /// <summary>Says why no GPU can be used.</summary>
    /// <param name="build">The libtorch in use; null if nothing describes it.</param>
    /// <param name="driver">Gets the driver; null if its library cannot be loaded.</param>
    /// <param name="visible">The value of CUDA_VISIBLE_DEVICES; null if it is not set.</param>
    internal static string WhyNone(LibTorchBuild? build, Func<CudaDriver?> driver, string? visible)
    {
        if (build is { HasCuda: false })
        {
            return $"{build.Name} in {build.Folder} is a CPU build. "
                + (build.IsPyTorch ? "Install a PyTorch with CUDA" : $"Build with -p:TorchBackend=cuda, or use the libtorch of a PyTorch that has CUDA: --libtorch {LibTorchChoice.PyTorch}, or {LibTorchChoice.Variable}={LibTorchChoice.PyTorch}")
                + ".";
        }

        if (driver() is not { } found)
        {
            return $"there is no NVIDIA driver: {CudaDriver.Library} cannot be loaded. Install the driver, or in a container pass it in (docker run --gpus all).";
        }

        if (found.Version is { } newest && Major(build?.Cuda) is { } needed && newest / 1000 < needed)
        {
            // Within a major version, a driver runs what is built for later minor versions.
            return $"the NVIDIA driver is too old: it supports CUDA {Name(newest)}, and {build?.Name} is built for CUDA {build?.Cuda}. Update the driver to one for CUDA {needed}, or use a libtorch for CUDA {newest / 1000}.";
        }

        var driverText = found.Version is { } version ? $"the NVIDIA driver, for CUDA {Name(version)}," : "the NVIDIA driver";
        return visible is null
            ? $"{driverText} finds no GPU; 'nvidia-smi' lists those it has."
            : $"{driverText} finds no GPU, and CUDA_VISIBLE_DEVICES is '{visible}', which limits those that a program sees.";
    }

    private static int? Major(string? version) => int.TryParse(version?.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : null;

    private static string Name(int version) => string.Create(CultureInfo.InvariantCulture, $"{version / 1000}.{version % 1000 / 10}");
}
