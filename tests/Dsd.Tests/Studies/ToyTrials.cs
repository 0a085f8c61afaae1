using Dsd.Execution;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Studies;
using Dsd.Tests.Training;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Tests.Studies;

/// <summary>Trials on a toy network; setting names choose its width, and what is done to it can be watched.</summary>
internal sealed class ToyTrials : ITrialSource
{
    private const int Inputs = 6;

    /// <summary>Called before each measurement of a task.</summary>
    public Action<TrainingConfig, DataSplit>? Measuring { get; init; }

    /// <summary>Is given what a task measured, and gives what it says instead. Default: the same.</summary>
    public Func<ValueList<MetricValue>, DataSplit, ValueList<MetricValue>> Measured { get; init; } = (metrics, _) => metrics;

    /// <summary>Adds to each network. Default: nothing.</summary>
    public Action<ToyNet> Furnish { get; init; } = _ => { };

    /// <summary>The files of the data, by name and content; none where they cannot be compared.</summary>
    public Dictionary<string, string>? Files { get; init; }

    /// <summary>Steps of an epoch.</summary>
    public int Steps { get; init; } = 5;

    /// <summary>What tasks say was left out of a split. Default: nothing.</summary>
    public Func<DataSplit, ValueList<DataProblem>> LeftOut { get; init; } = _ => [];

    /// <summary>What tasks say is wrong with the data. Default: nothing.</summary>
    public ValueList<DataProblem> Problems { get; init; } = [];

    /// <summary>How often networks were opened.</summary>
    public int Opened { get; private set; }

    public static Study Study(
        IEnumerable<StudyArm>? arms = null,
        IEnumerable<long>? seeds = null,
        Judgement judgement = Judgement.Selected,
        IEnumerable<StudyVariant>? variants = null) => new(
            "toy",
            new TrainingConfig("toy-8", "toy", batch: 8),
            variants ?? [new("s 0.3", Schedule(0.3)), new("s 0.7", Schedule(0.7))],
            arms ?? [StudyArm.Dsd, StudyArm.Control, StudyArm.Plain, StudyArm.RandomMask],
            seeds ?? [1, 2, 3],
            judgement);

    public static Schedule Schedule(double sparsity) => Dsd.Schedules.Schedule.Start()
        .Dense(2, LearningRate.Cosine(0.1, 0.01))
        .Sparse(1, 0.01, sparsity)
        .Dense(1, 0.001)
        .Build();

    public ModelShape Shape(TrainingConfig setting)
    {
        using var network = Network(setting);
        return ModelInspection.ShapeOf(network);
    }

    public int StepsPerEpoch(TrainingConfig setting) => setting.Data is "toy" or "toy:/here/toy" ? Steps : throw new DsdException($"There is no data set named '{setting.Data}'.");

    public string Locate(string data) => Files is null ? data : "toy:/here/toy";

    public DataInventory? Inventory(string data) => Files is null ? null : new(Locate(data), Files.Select(f => new DataInventory.Entry(f.Key, f.Value.Length, f.Value)));

    public (nn.Module Network, ITrainingTask Task) Open(TrainingConfig setting, long seed)
    {
        Opened++;
        manual_seed(seed);
        return (Network(setting), new Watched(this, new ToyTask(Inputs), split => Measuring?.Invoke(setting, split)));
    }

    private ToyNet Network(TrainingConfig setting)
    {
        var network = setting.Network.StartsWith("toy-", StringComparison.Ordinal)
            ? new ToyNet(Inputs, int.Parse(setting.Network[4..], System.Globalization.CultureInfo.InvariantCulture), dropout: 0.1)
            : throw new DsdException($"There is no network named '{setting.Network}'.");
        Furnish(network);
        return network;
    }

    private sealed class Watched(ToyTrials trials, ToyTask task, Action<DataSplit> measuring) : ITrainingTask
    {
        public string Name => task.Name;

        public int StepsPerEpoch => task.StepsPerEpoch;

        public ValueList<DataProblem> Problems => trials.Problems;

        public ValueList<DataProblem> LeftOut(DataSplit split) => trials.LeftOut(split);

        public Tensor Loss(nn.Module model, long step) => task.Loss(model, step);

        public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split)
        {
            measuring(split);
            return trials.Measured(task.Evaluate(model, split), split);
        }
    }
}
