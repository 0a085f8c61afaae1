using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Copies to a device that do not wait for what it computes.</summary>
/// <remarks>The files of this room are compiled into Dsd.Data too, and this one into Dsd.Models, since packages do not see each other's internals.</remarks>
internal static class DeviceCopy
{
    /// <summary>True for a device other than the CPU.</summary>
    public static bool IsElsewhere(Device? device) => device is not null && device.type != DeviceType.CPU;

    /// <summary>Moves a tensor to a device and disposes of it; from CPU memory to an NVIDIA GPU without waiting for the copy.</summary>
    /// <param name="tensor">The tensor; if it is on the device it is returned itself.</param>
    /// <param name="device">The device, without a number any of its kind; null to leave the tensor where it is.</param>
    public static Tensor Send(Tensor tensor, Device? device)
    {
        if (device is null || (tensor.device_type == device.type && (device.type == DeviceType.CPU || device.index < 0 || tensor.device_index == device.index)))
        {
            return tensor;
        }

        using (tensor)
        {
            if (device.type != DeviceType.CUDA || tensor.device_type != DeviceType.CPU || tensor.is_sparse)
            {
                return tensor.to(device);
            }

            // libtorch reuses pinned memory only after the copies queued from it have ended, so it may be released at once.
            using var pinned = tensor.pin_memory();
            return pinned.to(device, non_blocking: true);
        }
    }
}
