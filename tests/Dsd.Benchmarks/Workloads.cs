using Dsd.Data;
using Dsd.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>The networks that are trained here, by name, each with its batch and data of the right shape.</summary>
internal static class Workloads
{
    public static Workload Mlp(Effort effort)
    {
        var (side, layers) = effort.Pick((16, 20), (8, 4));
        return OfImages("mlp", () => Perceptron(side * side, layers), RandomImages.Make(effort.Pick(19_200, 640), 1, side, side, side * side), 32);
    }

    public static Workload Wide(Effort effort)
    {
        var width = effort.Pick(3400, 256);
        return OfTensors("wide", () => Perceptron(width, 4), [width], width, 256, 4);
    }

    public static Workload LeNet5(Effort effort) =>
        OfImages("lenet-5", () => new LeNet5(), RandomImages.Make(effort.Pick(12_800, 640), 1, 28, 28, 10), effort.Pick(64, 16));

    public static Workload ResNet20(Effort effort) =>
        OfImages("resnet-20", () => new ResNet20(channels: 3), RandomImages.Make(effort.Pick(7_680, 80), 3, 32, 32, 10), effort.Pick(128, 4));

    public static Workload Lstm(Effort effort)
    {
        var (width, length) = effort.Pick((256, 32), (32, 8));
        return OfTensors("lstm", () => new LstmClassifier(width, 2, 10), [length, width], 10, 640, 32);
    }

    /// <summary>Linear layers of one width with ReLU between them; takes anything that flattens to that width.</summary>
    private static TorchSharp.Modules.Sequential Perceptron(int width, int layers)
    {
        var modules = new List<(string, nn.Module<Tensor, Tensor>)> { ("flatten", nn.Flatten()) };
        for (var i = 1; i <= layers; i++)
        {
            modules.Add(($"fc{i}", nn.Linear(width, width)));
            if (i < layers)
            {
                modules.Add(($"relu{i}", nn.ReLU()));
            }
        }

        return nn.Sequential(modules);
    }

    private static Workload OfImages(string name, Func<nn.Module<Tensor, Tensor>> create, ImageDataset data, int batch)
    {
        var task = new ImageClassification(data, batch, seed: 1);
        return new(name, create, task, RandomImages.Inputs(data), RandomImages.Labels(data), batch);
    }

    private static Workload OfTensors(string name, Func<nn.Module<Tensor, Tensor>> create, long[] shape, int classes, int examples, int batch)
    {
        using var generator = new Generator(1);
        var inputs = randn([examples, .. shape], generator: generator);
        var labels = randint(classes, [examples], dtype: ScalarType.Int64, generator: generator);
        return new(name, create, new TensorTask(inputs, labels, batch), inputs, labels, batch);
    }
}
