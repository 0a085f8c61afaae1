using Dsd.Torch;

namespace Dsd.Benchmarks;

/// <summary>Switches oneDNN on for a while, as TorchSharp has it by default; this library keeps it off (see <see cref="Dsd.Torch.OneDnn"/>).</summary>
internal sealed class OneDnn : IDisposable
{
    private OneDnn() => Dsd.Torch.OneDnn.Use(true);

    /// <summary>On until disposed of.</summary>
    public static OneDnn On() => new();

    public void Dispose() => Dsd.Torch.OneDnn.Use(false);
}
