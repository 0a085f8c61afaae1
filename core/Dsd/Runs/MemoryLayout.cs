namespace Dsd.Runs;

/// <summary>In which order the activations of two-dimensional convolutions lie in memory; shapes and weights are the same in any.</summary>
public enum MemoryLayout
{
    /// <summary>Channels last on the CPU, and in bf16 on a GPU; channels first elsewhere.</summary>
    Automatic,

    /// <summary>One channel after the other, PyTorch's contiguous format.</summary>
    ChannelsFirst,

    /// <summary>All channels of a position beside each other, PyTorch's channels_last format.</summary>
    ChannelsLast,
}
