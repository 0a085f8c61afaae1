using Dsd.Schedules;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>A network with data in memory, for everyone who trains it here.</summary>
/// <param name="Name">The network.</param>
/// <param name="Create">Builds the network anew; everyone trains one of their own.</param>
/// <param name="Task">The data as this library takes them.</param>
/// <param name="Inputs">The same number of examples of the same shape as one tensor, for loops that take their batches from one.</param>
/// <param name="Labels">Their classes.</param>
/// <param name="Batch">Examples in a batch.</param>
internal sealed record Workload(string Name, Func<nn.Module<Tensor, Tensor>> Create, ITrainingTask Task, Tensor Inputs, Tensor Labels, int Batch) : IDisposable
{
    public const double Rate = 0.001;
    public const double Sparsity = 0.5;

    public void Dispose()
    {
        Inputs.Dispose();
        Labels.Dispose();
    }
}
