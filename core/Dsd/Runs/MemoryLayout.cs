namespace Dsd.Runs;

/// <summary>The memory layout of the activations of two-dimensional convolutions; shapes and weights do not depend on it.</summary>
public enum MemoryLayout
{
    /// <summary>Channels last on the CPU and on NVIDIA GPUs; channels first elsewhere.</summary>
    Automatic,

    /// <summary>One channel after the other, PyTorch's contiguous format.</summary>
    ChannelsFirst,

    /// <summary>All channels of a position next to each other, PyTorch's channels_last format.</summary>
    ChannelsLast,
}
