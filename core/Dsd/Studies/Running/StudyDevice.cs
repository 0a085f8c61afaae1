using Dsd.Runs;
using Dsd.Torch;
using Dsd.Training;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Studies;

/// <summary>The rule that a study, and each of its blocks, is computed on one kind of device.</summary>
internal static class StudyDevice
{
    /// <summary>Checks that a network is where the study is to be computed.</summary>
    /// <exception cref="DsdException">The study names another kind of device.</exception>
    public static void Check(Study study, nn.Module network)
    {
        var device = Of(network);
        if (study.Device is { } wanted && DeviceName.KindOf(wanted) != DeviceName.KindOf(device.ToString()))
        {
            throw new DsdException($"The study {study.Name} is computed on {wanted}, and the source of its trials creates networks on {device}. Create the source for this device, e.g. StudySource.Of(…, device: torch.{(DeviceName.KindOf(wanted) == DeviceName.Cpu ? "CPU" : "CUDA")}), or name no device in the study.");
        }
    }

    /// <summary>True if a trial was computed on the device of a network: of one kind and, if it is a GPU, one model, driver and set of libraries.</summary>
    public static bool IsThatOf(nn.Module network, RunStarted start) => IsOne(Of(network).ToString(), Accelerator.Of(network), start);

    /// <summary>True if a trial was computed on a device.</summary>
    /// <param name="device">The device's name.</param>
    /// <param name="accelerator">Its description; null for the CPU.</param>
    /// <param name="start">The start of the trial.</param>
    internal static bool IsOne(string device, string? accelerator, RunStarted start) =>
        DeviceName.KindOf(start.Device) == DeviceName.KindOf(device) && start.Accelerator == accelerator;

    private static Device Of(nn.Module network) => network.parameters().FirstOrDefault()?.device ?? CPU;
}
