using Dsd.Benchmarks;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.DeviceChecks;

/// <summary>The networks of the benchmarks with their data on a device.</summary>
internal static class DeviceWorkload
{
    /// <summary>Moves a workload; the given one is disposed of with it.</summary>
    public static Workload Of(Workload workload, Device device)
    {
        // Everyone takes batches from one tensor, so that nothing is copied to the device.
        var (inputs, labels) = (workload.Inputs.to(device), workload.Labels.to(device));
        if (device.type != DeviceType.CPU)
        {
            workload.Dispose();
        }

        return workload with
        {
            Create = () => workload.Create().to(device),
            Task = new TensorTask(inputs, labels, workload.Batch),
            Inputs = inputs,
            Labels = labels,
        };
    }
}
