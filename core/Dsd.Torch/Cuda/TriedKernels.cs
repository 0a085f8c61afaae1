using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Dsd.Torch;

/// <summary>Kernels of one text, compiled once for each GPU and used only after a trial there.</summary>
/// <param name="text">The text.</param>
/// <param name="create">Creates what runs them.</param>
/// <param name="isRight">Tries it on a device: true if the results are those of the CPU.</param>
/// <param name="wrong">What is wrong where they are not, e.g. <c>"the kernels do not choose as the CPU does"</c>.</param>
internal sealed unsafe class TriedKernels<T>(string text, Func<KernelLaunch, T> create, Func<T, torch.Device, bool> isRight, string wrong)
    where T : class
{
    private readonly ConcurrentDictionary<int, Lazy<(T? Kernels, string? Problem)>> _found = new();

    /// <summary>Returns the kernels of a GPU, or the reason why they cannot be used there.</summary>
    public (T? Kernels, string? Problem) On(torch.Device device) => _found.GetOrAdd(Math.Max(0, device.index), d => new(() => Create(d))).Value;

    private (T? Kernels, string? Problem) Create(int device)
    {
        try
        {
            var kernels = create(CudaModule.Compile(text, device).Launch);
            return isRight(kernels, torch.device(DeviceType.CUDA, device)) ? (kernels, null) : (null, wrong);
        }
        catch (Exception e) when (e is DsdException or ExternalException)
        {
            return (null, e.Message.Split('\n')[0].TrimEnd('.'));
        }
    }
}
