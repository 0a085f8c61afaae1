using Dsd.Charts;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Examples.Tests;

/// <summary>The C# of the guides under core/docs, compiled and run; a test compares it with the pages word for word.</summary>
internal static class GuideSnippets
{
    // [network]
    internal sealed class Net : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> body = nn.Linear(8, 128), head = nn.Linear(128, 1);

        public Net() : base("net") => RegisterComponents();

        public override Tensor forward(Tensor x) => head.call(nn.functional.relu(body.call(x)));
    }
    // [/network]

    public static Comparison OwnNetwork()
    {
        // [train network]
        Dsd.Torch.TorchRuntime.Configure();             // once, as the first line of the program
        torch.manual_seed(1);
        using var model = new Net();
        var schedule = Schedule.Start()
            .Dense(epochs: 6, rate: LearningRate.Cosine(0.1, 0.01))
            .Sparse(epochs: 3, rate: 0.01, sparsity: 0.8, layers => layers.Set("body", 0.5).Keep("head"))
            .Dense(epochs: 3, rate: 0.001)
            .Build();

        var inputs = torch.randn(3000, 8);              // your data
        var targets = inputs.sin().sum(1, keepdim: true);
        var (train, validation, test) = Examples.Of(inputs, targets).Split(train: 0.7, validation: 0.15, test: 0.15);
        var task = SupervisedTask.Of(train, validation, test, LossFunction.MeanSquaredError, batchSize: 64, seed: 1);
        Console.WriteLine(schedule.On(model, task.StepsPerEpoch).Describe());       // before anything is trained

        Comparison result = FairComparison.Run([Arm.Dsd(schedule), Arm.Control(schedule)], model, task, new TrainerSettings(seed: 1));
        Console.WriteLine(result.Describe());
        // [/train network]
        return result;
    }

    public static Comparison OwnMethod(nn.Module<Tensor, Tensor> model, SupervisedTask task)
    {
        // [method]
        var methods = MaskMethods.None.WithCriterion("saliency", layer => layer.Weight.mul(layer.Gradient!).abs());
        var schedule = Schedule.Start()
            .Dense(epochs: 6, rate: LearningRate.Cosine(0.1, 0.01))
            .Sparse(epochs: 3, rate: 0.01, sparsity: 0.8)
            .Masked(mask => mask.WithCriterion(MaskCriterion.Custom("saliency")))
            .Dense(epochs: 3, rate: 0.001)
            .Build();
        var settings = new TrainerSettings(seed: 1, methods: methods);
        var result = FairComparison.Run([Arm.Dsd(schedule), Arm.Control(schedule)], model, task, settings);
        // [/method]
        return result;
    }

    public static void SavePictures(Comparison result, string folder)
    {
        using var there = new WorkingFolder(folder);

        // [pictures]
        Draw.LearningCurves(result).Save("curves.svg");             // or .png, or .html, which needs no browser
        Picture.SaveAll(Report.Pictures(result), "pictures", "svg");
        // [/pictures]
    }

    public static void OnGpu(nn.Module model)
    {
        // [gpu]
        model.to(torch.CUDA);                                   // before the optimiser is made
        // [/gpu]
    }

    /// <summary>Stands in front of the namespace of these tests, which hides the class.</summary>
    private static class Examples
    {
        public static Training.Examples Of(Tensor inputs, Tensor targets) => Training.Examples.Of(inputs, targets);
    }
}
