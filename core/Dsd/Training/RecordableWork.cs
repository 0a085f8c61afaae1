using Dsd.Optimizers;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>What a training step does, in the parts of which a recording is made.</summary>
/// <param name="Name">The data, for errors.</param>
/// <param name="Model">The model whose layers errors name.</param>
/// <param name="Buffers">What a forward pass changes, such as running statistics.</param>
/// <param name="Batch">Makes the batch of a step on the device.</param>
/// <param name="Backward">Clears gradients, computes those of a batch and returns the loss, or the losses of several networks.</param>
/// <param name="Seed">Seeds a GPU's generator for a step, as it was when the step began.</param>
/// <param name="Clip">Masks and clips gradients; null to leave them.</param>
/// <param name="Optimizer">Moves the weights; an <see cref="IRecordableOptimizer"/>.</param>
internal sealed record RecordableWork(
    string Name,
    nn.Module Model,
    Func<IEnumerable<Tensor>> Buffers,
    Func<long, (Tensor Inputs, Tensor Targets)> Batch,
    Func<Tensor, Tensor, Tensor> Backward,
    Action<long> Seed,
    Action? Clip,
    optim.Optimizer Optimizer);
