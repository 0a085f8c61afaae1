using Dsd.Torch;

namespace Dsd.Benchmarks;

/// <summary>Switches oneDNN on for a while, as TorchSharp has it by default; this library keeps it off (see <see cref="CpuBackend"/>).</summary>
internal sealed class OneDnn : IDisposable
{
    private OneDnn() => CpuBackend.UseOneDnn(true);

    /// <summary>On until disposed of.</summary>
    public static OneDnn On() => new();

    public void Dispose() => CpuBackend.UseOneDnn(false);
}
