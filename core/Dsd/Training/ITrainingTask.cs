using Dsd.Records;
using Dsd.Runs;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>A loss on batches of data, and measurements on its splits: everything that a trainer needs besides the model.</summary>
/// <remarks>
/// Batches are addressed by the step alone and must be a pure function of it, so that arms see the same data in the same
/// order and a stopped run goes on where it was without any saved position. For tensors and arrays of one's own <see cref="SupervisedTask"/>
/// is ready-made.
/// </remarks>
public interface ITrainingTask
{
    /// <summary>The name of the data, e.g. <c>"fashion-mnist"</c>.</summary>
    string Name { get; }

    /// <summary>Training steps in one pass over the training split, at least 1.</summary>
    int StepsPerEpoch { get; }

    /// <summary>How batches are made, in words for the record, e.g. <c>"batch 64, seed 1"</c>. Default: empty.</summary>
    string Settings => "";

    /// <summary>Examples in a training batch, at least 1. Default null: not told. A study of one's own task needs it.</summary>
    int? BatchSize => null;

    /// <summary>The parts of the data, each with its size and a hash of its content, so that a study never mixes data. Default: none, and then no study can be made of it.</summary>
    ValueList<DataFile> Contents => [];

    /// <summary>What is known to be wrong with the data before a batch is made, e.g. what was left out when they were read. Default: nothing.</summary>
    ValueList<DataProblem> Problems => [];

    /// <summary>What of a split could not be used in the batches and measurements of this task so far. Default: nothing.</summary>
    /// <param name="split">The split.</param>
    ValueList<DataProblem> LeftOut(DataSplit split) => [];

    /// <summary>Runs the model on the batch of a step and returns its loss.</summary>
    /// <param name="model">The model, in training mode.</param>
    /// <param name="step">The step counted from the start of the run, from 0.</param>
    /// <returns>A scalar tensor that can be differentiated; the caller owns it.</returns>
    Tensor Loss(nn.Module model, long step);

    /// <summary>Measures the model on a split, without changing it.</summary>
    /// <param name="model">The model; the caller has put it in evaluation mode and switched gradients off.</param>
    /// <param name="split">The split to measure on.</param>
    /// <returns>
    /// The values of metrics, the main one first and <see cref="Metric.Loss"/> among them. Where those on the test split have the outcome of each
    /// example, arms are compared example by example.
    /// </returns>
    ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split);
}
