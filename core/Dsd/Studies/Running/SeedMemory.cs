using Dsd.Execution;
using Dsd.Runs;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Studies;

/// <summary>The memory of a GPU that one seed takes while it is trained at once with others.</summary>
/// <param name="Bytes">An estimate, in bytes.</param>
/// <param name="IsKnown">True if activations are in it; a network that does not count them has weights alone.</param>
internal sealed record SeedMemory(long Bytes, bool IsKnown)
{
    // Kernels' workspaces, fragments and the evaluation of one network at a time, whose batches are larger, take the rest.
    private const double Share = 0.7;

    /// <summary>Estimates the memory of a seed from its network and its first batch.</summary>
    /// <param name="network">The network, on its device.</param>
    /// <param name="task">Its task.</param>
    /// <param name="optimizer">The optimiser.</param>
    public static SeedMemory Of(nn.Module network, IBatchTask task, OptimizerSettings optimizer)
    {
        using var scope = NewDisposeScope();
        var (inputs, targets) = task.Batch(0, network.parameters().First().device);
        var weights = network.parameters().Sum(p => p.numel() * p.ElementSize);
        var activations = (network as IStackable)?.CountActivations(inputs.shape[1..]);

        // Weights and state twice, since the arms of a block go on from a copy; gradients, and those that a step of the optimiser makes of them.
        var state = weights * ((2 * (1 + optimizer.StatesPerWeight)) + 2);

        // Each activation and its gradient; the batch, its place in that of all seeds, and the next one where it comes from the host.
        var passing = 2 * sizeof(float) * inputs.shape[0] * (activations ?? 0);
        var batch = 3 * ((inputs.numel() * inputs.ElementSize) + (targets.numel() * targets.ElementSize));
        return new(state + passing + batch, activations is not null);
    }

    /// <summary>Returns the number of such seeds that fit into free memory, with a margin.</summary>
    /// <param name="free">The free bytes.</param>
    public int Fit(long free) => (int)Math.Min(int.MaxValue, Share * free / Bytes);
}
