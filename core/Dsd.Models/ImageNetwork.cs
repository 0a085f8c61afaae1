using Dsd.Native;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>What the networks of this library have in common: images in, one unnormalised score a class out.</summary>
public abstract class ImageNetwork : nn.Module<Tensor, Tensor>
{
    private protected ImageNetwork(string name, int channels, int classes)
        : base(name)
    {
        Check(channels, classes);
        CpuBackend.Prepare();
    }

    /// <summary>Refuses numbers that no network can have, for a live one and for its shape alike.</summary>
    private protected static void Check(int channels, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
    }
}
