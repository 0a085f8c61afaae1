using Dsd.Records;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Testing;

/// <summary>A small classification of random features, whose batches come from the step alone.</summary>
/// <param name="inputs">The number of features, at least 1.</param>
/// <param name="stepsPerEpoch">The steps in one epoch, at least 1. Default 5.</param>
public sealed class TestTask(int inputs, int stepsPerEpoch = 5) : ITrainingTask
{
    private const int BatchSize = 8;

    /// <inheritdoc/>
    public string Name => "toy";

    /// <inheritdoc/>
    public int StepsPerEpoch => stepsPerEpoch;

    /// <inheritdoc/>
    public Tensor Loss(nn.Module model, long step)
    {
        using var scope = NewDisposeScope();
        var (x, y) = On(model, Batch(step));
        return nn.functional.cross_entropy(((nn.Module<Tensor, Tensor>)model).call(x), y).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split)
    {
        var (x, y) = On(model, Batch(-1 - (int)split));
        var output = ((nn.Module<Tensor, Tensor>)model).call(x);
        return
        [
            Metric.Accuracy.Of(output.argmax(1).eq(y).to(float64).mean().item<double>()),
            Metric.Loss.Of(nn.functional.cross_entropy(output, y).item<float>()),
        ];
    }

    /// <summary>Makes the batch of a step: features (8 × inputs) and classes (8) on the CPU, in the current dispose scope.</summary>
    /// <param name="step">The step, from 0; below 0 for the batches that are evaluated.</param>
    public (Tensor X, Tensor Y) Batch(long step)
    {
        var random = CounterRandom.For(step, "toy");
        var x = new float[BatchSize * inputs];
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = (float)random.Normal(i);
        }

        // A tensor made of an array may use the array's own memory, whose alignment changes the bits of matrix products.
        return (tensor(x, [BatchSize, inputs]).clone(), tensor([.. Enumerable.Range(0, BatchSize).Select(i => (long)random.Below(i + 10_000, TestNetwork.Classes))]));
    }

    private static (Tensor X, Tensor Y) On(nn.Module model, (Tensor X, Tensor Y) batch) =>
        model.parameters().FirstOrDefault() is { device_type: not TorchSharp.DeviceType.CPU } parameter ? (batch.X.to(parameter.device), batch.Y.to(parameter.device)) : batch;
}
