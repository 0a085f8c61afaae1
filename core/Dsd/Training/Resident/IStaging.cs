using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Memory on the host that is copied to a device while that computes.</summary>
/// <remarks>The order is: <see cref="Wait"/>, write to <see cref="Host"/>, <see cref="Send"/>, and <see cref="Read"/> as often as wanted. The first three may run on another thread than the last.</remarks>
internal interface IStaging : IDisposable
{
    /// <summary>The memory to write to.</summary>
    Span<byte> Host { get; }

    /// <summary>Waits until what was sent last has been copied, so that <see cref="Host"/> may be written anew.</summary>
    void Wait();

    /// <summary>Queues the copy of <see cref="Host"/> to the device, behind the reads that were queued before; returns at once.</summary>
    void Send();

    /// <summary>Queues the copy of what was sent last into tensors of the device, before all work that is queued afterwards; returns at once.</summary>
    /// <param name="target">The tensor, on the device and contiguous.</param>
    /// <param name="from">The byte at which its content begins.</param>
    void Read(Tensor target, long from);
}
