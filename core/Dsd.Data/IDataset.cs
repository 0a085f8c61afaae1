using Dsd.Records;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>A data set in memory that can be learnt from, whatever it holds.</summary>
public interface IDataset
{
    /// <summary>The name of the data, e.g. <c>"fashion-mnist"</c>.</summary>
    string Name { get; }

    /// <summary>How many examples there are to learn from, at least 1.</summary>
    int TrainExamples { get; }

    /// <summary>The task of learning from it.</summary>
    /// <param name="batchSize">Examples in a batch, from 1 to <see cref="TrainExamples"/>.</param>
    /// <param name="seed">Decides the order of the examples and how they are varied.</param>
    /// <param name="augmentation">How training images are varied; text cannot be. Default null: not at all.</param>
    /// <param name="device">Where the batches go; the model must be there. Default null: CPU.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="batchSize"/> is outside its range.</exception>
    /// <exception cref="DsdException">There is an <paramref name="augmentation"/> that this data cannot take.</exception>
    ITrainingTask Task(int batchSize, long seed, Augmentation? augmentation = null, Device? device = null);

    /// <summary>How training images are usually varied, e.g. by <c>dsd train --augment</c>. Default: <see cref="Augmentation.Usual"/>.</summary>
    Augmentation UsualAugmentation => Augmentation.Usual;

    /// <summary>What is wrong with the data as far as is known: what was left out, stands in two parts, or is missing. Default: nothing.</summary>
    ValueList<DataProblem> Problems => [];

    /// <summary>Names somebody to be told of each example that is left out when it is met first, on the thread that trains or measures. Default: nobody is told.</summary>
    /// <param name="told">Gets its name and the reason in one line.</param>
    void WatchProblems(Action<string> told)
    {
    }

    /// <summary>What simple rules that know the train part reach on another, with no network at all. Default: there are none.</summary>
    /// <param name="split">The part to measure on.</param>
    ValueList<Baseline> Baselines(DataSplit split) => [];
}
