using Dsd.Native;

namespace Dsd.Benchmarks;

/// <summary>Switches oneDNN on for a while, as TorchSharp has it by default; this library keeps it off (see <see cref="CpuBackend"/>).</summary>
internal sealed unsafe class OneDnn : IDisposable
{
    private OneDnn() => Set(1);

    /// <summary>On until disposed of.</summary>
    public static OneDnn On() => new();

    public void Dispose() => Set(0);

    private static void Set(byte on)
    {
        var context = (delegate* unmanaged<void*>)LibTorch.Cpu("_ZN2at13globalContextEv");
        var enable = (delegate* unmanaged<void*, byte, void>)LibTorch.Cpu("_ZN2at7Context20setUserEnabledMkldnnEb");
        enable(context(), on);
    }
}
