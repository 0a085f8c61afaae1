using Dsd.Checkpoints;
using Dsd.Data;
using Dsd.Execution;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Studies;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Examples.Tests;

/// <summary>The C# of README.md, compiled and run; a test compares it with the page word for word.</summary>
internal static class ReadmeSnippets
{
    public static Comparison Compare()
    {
        // [compare]
        var schedule = Schedule.Start()
            .Dense(epochs: 6, rate: LearningRate.Cosine(0.02, 0.002))
            .Sparse(epochs: 3, rate: 0.002, sparsity: 0.30, layers => layers.Set("conv2", 0.50).Keep("fc2"))
            .Dense(epochs: 3, rate: 0.0002)
            .Build();

        FashionMnist.Download();                          // 31 MB, the first time
        var data = FashionMnist.Load();
        var task = new ImageClassification(data, batchSize: 64, seed: 1);
        torch.manual_seed(1);                           // the same first weights every time
        using var model = new LeNet5();
        Console.WriteLine(schedule.On(model, task.StepsPerEpoch).Describe());

        Comparison result = FairComparison.Run([Arm.Dsd(schedule), Arm.Control(schedule)], model, task, new TrainerSettings(seed: 1));
        Console.WriteLine(result.Describe());
        // [/compare]
        return result;
    }

    public static void OwnLoop(Schedule schedule, nn.Module<Tensor, Tensor> model, int stepsPerEpoch, Func<nn.Module<Tensor, Tensor>, long, Tensor> loss)
    {
        Tensor Loss(nn.Module<Tensor, Tensor> m, long step) => loss(m, step);

        // [own loop]
        Dsd.Torch.TorchRuntime.Configure();             // once, as the first line of the program
        using var optimizer = torch.optim.SGD(model.parameters(), 0.02, momentum: 0.9, weight_decay: 5e-4);
        using var session = new Session(schedule.On(model, stepsPerEpoch), model, optimizer);
        while (session.BeginStep())                     // opens and closes phases, chooses masks, sets the rate
        {
            using var scope = torch.NewDisposeScope();
            optimizer.zero_grad();
            Loss(model, session.Step).backward();
            session.MaskGradients();                    // before clipping, if you clip
            optimizer.step();
            session.EndStep();                          // masked weights are exactly zero again
        }
        // [/own loop]
    }

    public static void Folder(string place, Schedule schedule, nn.Module model, ITrainingTask task)
    {
        using var there = new WorkingFolder(place);

        // [folder]
        var config = new RunConfig(new TrainingConfig("my-net", "my-data"), schedule, seed: 1);
        using var folder = RunFolder.Create("runs/mine", config);
        FairComparison.Run(config.Arms, model, task, TrainerSettings.Of(config), Observer.Console(), folder: folder);
        // [/folder]
    }

    public static StudyResults Studies(string folder)
    {
        using var there = new WorkingFolder(folder);

        // [study]
        var variants = new[] { 0.3, 0.5, 0.7 }.Select(s => new StudyVariant($"sparsity {s}", Schedule.Start()
            .Dense(epochs: 3, rate: LearningRate.Cosine(0.05, 0.005))
            .Sparse(epochs: 2, rate: 0.005, sparsity: s)
            .Dense(epochs: 2, rate: 0.0005)
            .Build()));
        var setting = new TrainingConfig("lenet-300-100", "fashion-mnist", trainLimit: 12800);
        StudyArm[] arms = [StudyArm.Dsd, StudyArm.Control, StudyArm.RandomMask];
        var study = new Study("sparsity", setting, variants, arms, seeds: [1, 2, 3, 4, 5]);
        StudyResults results = study.Run("runs/sparsity", new CatalogTrials());
        Console.WriteLine(results.Describe());
        // [/study]
        return results;
    }

    public static Comparison OwnData()
    {
        // [own data]
        Dsd.Torch.TorchRuntime.Configure();             // once, as the first line of the program
        torch.manual_seed(1);
        var inputs = torch.randn(3000, 8);              // your tensors; float[,] and int[] do as well
        var targets = inputs.sin().sum(1, keepdim: true);
        var (train, validation, test) = Examples.Of(inputs, targets).Split(train: 0.7, validation: 0.15, test: 0.15);
        var near = TaskMetric.PerExample(new Metric("within 0.1", MetricGoal.Higher, MetricScale.Percent), (output, target) => (output - target).abs() < 0.1);
        var task = SupervisedTask.Of(train, validation, test, (output, target) => nn.functional.huber_loss(output, target), batchSize: 64, seed: 1, metrics: [near]);
        using var model = nn.Sequential(nn.Linear(8, 128), nn.ReLU(), nn.Linear(128, 1));
        var schedule = Schedule.Start()
            .Dense(epochs: 12, rate: LearningRate.Cosine(0.1, 0.01))
            .Sparse(epochs: 6, rate: 0.01, sparsity: 0.5)
            .Dense(epochs: 6, rate: 0.001)
            .Build();
        Comparison result = FairComparison.Run([Arm.Dsd(schedule), Arm.Control(schedule)], model, task, new TrainerSettings(seed: 1));
        Console.WriteLine(result.Describe());
        // [/own data]
        return result;
    }

    public static StudyResults OwnStudy(string folder)
    {
        using var there = new WorkingFolder(folder);

        // [own study]
        Dsd.Torch.TorchRuntime.Configure();             // once, as the first line of the program
        torch.manual_seed(0);
        var inputs = torch.randn(3000, 8);
        var targets = inputs.sin().sum(1, keepdim: true);
        var (train, validation, test) = Examples.Of(inputs, targets).Split(train: 0.7, validation: 0.15, test: 0.15);
        var source = StudySource.Of(
            model: () => nn.Sequential(nn.Linear(8, 128), nn.ReLU(), nn.Linear(128, 1)),
            task: seed => SupervisedTask.Of(train, validation, test, LossFunction.MeanSquaredError, batchSize: 64, seed: seed, name: "sines"));
        var variants = new[] { 0.3, 0.6 }.Select(s => new StudyVariant($"sparsity {s}", Schedule.Start()
            .Dense(epochs: 12, rate: LearningRate.Cosine(0.1, 0.01))
            .Sparse(epochs: 6, rate: 0.01, sparsity: s)
            .Dense(epochs: 6, rate: 0.001)
            .Build()));
        var study = new Study("own", source.Config, variants, [StudyArm.Dsd, StudyArm.Control], seeds: [1, 2, 3]);
        StudyResults results = study.Run("runs/own", source);
        Console.WriteLine(results.Describe());
        // [/own study]
        return results;
    }

    /// <summary>Stands in front of the trials of the same name, so that the page's code runs on a slice of the data.</summary>
    private sealed class CatalogTrials : ITrialSource
    {
        private readonly Data.CatalogTrials _trials = new();

        public ModelShape Shape(TrainingConfig setting) => _trials.Shape(setting);

        public int StepsPerEpoch(TrainingConfig setting) => _trials.StepsPerEpoch(setting.WithTrainLimit(128));

        public (nn.Module Network, ITrainingTask Task) Open(TrainingConfig setting, long seed) => _trials.Open(setting.WithTrainLimit(128), seed);
    }

    /// <summary>Stands in front of the data set of the same name, so that the page's code runs on a slice of it.</summary>
    private static class FashionMnist
    {
        public static void Download() => Data.FashionMnist.Download();

        public static ImageDataset Load() => Data.FashionMnist.Load(trainLimit: 128);
    }

    /// <summary>Stands in front of the namespace of these tests, which hides the class.</summary>
    private static class Examples
    {
        public static Training.Examples Of(Tensor inputs, Tensor targets) => Training.Examples.Of(inputs, targets);
    }
}
