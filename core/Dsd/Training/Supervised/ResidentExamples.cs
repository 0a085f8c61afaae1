using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Examples on the device of the model, of which a batch is gathered by the rows of its examples.</summary>
/// <param name="Inputs">The inputs of all examples, on the device.</param>
/// <param name="Targets">Their targets, on the device.</param>
/// <param name="Part">The rows of a part, in its order; null for all.</param>
internal sealed record ResidentExamples(Tensor Inputs, Tensor Targets, ReadOnlyMemory<int>? Part)
{
    /// <summary>The size of an example's input in bytes.</summary>
    public long InputBytes => Inputs.numel() * Inputs.element_size() / Inputs.shape[0];

    /// <summary>Gathers examples.</summary>
    /// <param name="rows">Their rows, int64 on the device, shape (examples).</param>
    /// <returns>New tensors of inputs and targets.</returns>
    public (Tensor Inputs, Tensor Targets) Gather(Tensor rows) => (Inputs.index_select(0, rows), Targets.index_select(0, rows));

    /// <summary>Creates the table of the rows of each step's batch.</summary>
    /// <param name="order">The order of examples.</param>
    public StepTable Plan(BatchOrder order) => new(Inputs.device, [order.BatchSize], (step, rows) => Write(order.At(step).Examples.Span, rows));

    /// <summary>Copies the rows of the first examples to the device.</summary>
    /// <param name="count">The number of examples.</param>
    public Tensor Rows(int count)
    {
        var host = empty(count, dtype: ScalarType.Int64, device: CPU);
        Write([.. Enumerable.Range(0, count)], MemoryMarshal.Cast<byte, long>(host.bytes));
        return DeviceCopy.Send(host, Inputs.device);
    }

    private void Write(ReadOnlySpan<int> examples, Span<long> rows)
    {
        for (var i = 0; i < examples.Length; i++)
        {
            rows[i] = Part is { } part ? part.Span[examples[i]] : examples[i];
        }
    }
}
