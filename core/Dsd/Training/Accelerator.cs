using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Torch;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>The GPU of a run as its record names it, with what affects its digits.</summary>
internal static class Accelerator
{
    /// <summary>Describes a device, e.g. <c>"NVIDIA H200, driver 575.57, CUDA 13.0, cuDNN 9.13.0, TF32 in convolutions, fused steps, masks chosen there"</c>; null for one that is no NVIDIA GPU.</summary>
    public static string? Describe(Device device) => CudaDevice.Describe(device) is { } gpu ? $"{gpu}, {FusedStep.Describe(device)}, {DeviceTop.Describe(device)}" : null;

    /// <summary>Describes the device of a network.</summary>
    public static string? Of(nn.Module model) => model.parameters().FirstOrDefault()?.device is { } device ? Describe(device) : null;
}
