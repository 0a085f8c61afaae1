using Dsd.Records;
using Dsd.Runs;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>A loss on batches of data and metrics on its splits: everything a trainer needs besides the model.</summary>
/// <remarks>
/// Batches are addressed by the step alone and must be a pure function of it, so that arms see the same data in the same
/// order and a stopped run resumes without any saved position. For custom tensors and arrays <see cref="SupervisedTask"/>
/// is ready-made.
/// </remarks>
public interface ITrainingTask
{
    /// <summary>The name of the data, e.g. <c>"fashion-mnist"</c>.</summary>
    string Name { get; }

    /// <summary>Training steps in one epoch, at least 1.</summary>
    int StepsPerEpoch { get; }

    /// <summary>A description of how batches are made, for the record, e.g. <c>"batch 64, seed 1"</c>. Default: empty.</summary>
    string Settings => "";

    /// <summary>Examples in a training batch, at least 1. Default null: unknown. A study of a custom task needs it.</summary>
    int? BatchSize => null;

    /// <summary>The parts of the data, each with its size and a hash of its content, so that a study never mixes data. Default: none, in which case no study can use the task.</summary>
    ValueList<DataInventory.Entry> Contents => [];

    /// <summary>Problems of the data known before a batch is made, e.g. examples left out during reading. Default: none.</summary>
    ValueList<DataProblem> Problems => [];

    /// <summary>Lists the data of a split that could not be used in this task's batches and evaluations so far. Default: none.</summary>
    /// <param name="split">The split.</param>
    ValueList<DataProblem> LeftOut(DataSplit split) => [];

    /// <summary>Runs the model on the batch of a step and returns its loss.</summary>
    /// <param name="model">The model, in training mode.</param>
    /// <param name="step">The step counted from the start of the run, from 0.</param>
    /// <returns>A differentiable scalar tensor; the caller owns it.</returns>
    Tensor Loss(nn.Module model, long step);

    /// <summary>Evaluates the model on a split, without changing it.</summary>
    /// <param name="model">The model; the caller has put it in evaluation mode and disabled gradients.</param>
    /// <param name="split">The split to evaluate on; of the train split, the examples that are trained on.</param>
    /// <returns>
    /// The values of metrics, the main one first and <see cref="Metric.Loss"/> among them. Where those on the test split include the outcome of each
    /// example, arms are compared example by example.
    /// </returns>
    ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split);
}
