using Dsd.Records;
using Dsd.Runs;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>A data set from which a task is created.</summary>
public interface IDataset
{
    /// <summary>The name of the data, e.g. <c>"fashion-mnist"</c>.</summary>
    string Name { get; }

    /// <summary>The number of training examples, at least 1.</summary>
    int TrainExamples { get; }

    /// <summary>Creates the training task.</summary>
    /// <param name="batchSize">The batch size, from 1 to <see cref="TrainExamples"/>.</param>
    /// <param name="seed">The seed of the order of examples and of augmentation.</param>
    /// <param name="augmentation">The augmentation of training images; other data allow none. Default null: none.</param>
    /// <param name="device">The device of the batches and the model. Default null: CPU.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="batchSize"/> is outside its range.</exception>
    /// <exception cref="DsdException"><paramref name="augmentation"/> does not apply to this data.</exception>
    ITrainingTask Task(int batchSize, long seed, Augmentation? augmentation = null, Device? device = null);

    /// <summary>The default augmentation of training images, e.g. for <c>dsd train --augment</c>. Default: <see cref="Augmentation.Usual"/>.</summary>
    Augmentation UsualAugmentation => Augmentation.Usual;

    /// <summary>The known problems of the data: examples that are excluded, in two splits, or missing. Default: none.</summary>
    ValueList<DataProblem> Problems => [];

    /// <summary>The parts of the data, each with its size and a hash of its content; see <see cref="ITrainingTask.Contents"/>. Default: none.</summary>
    ValueList<DataInventory.Entry> Contents => [];

    /// <summary>Registers a callback for each example that is excluded, called at its first occurrence on the thread that trains or measures. Default: does nothing.</summary>
    /// <param name="told">Receives the example's name and the reason, in one line.</param>
    void WatchProblems(Action<string> told)
    {
    }

    /// <summary>Computes the results of simple rules that know the train split, without a network, for comparison with a network's. Default: none.</summary>
    /// <param name="split">The split to measure on.</param>
    /// <returns>The rules, e.g. <c>"majority class"</c> or <c>"nearest neighbour"</c>, each with its results under the names of the task's own metrics.</returns>
    ValueList<(string Name, ValueList<MetricValue> Metrics)> Baselines(DataSplit split) => [];
}
