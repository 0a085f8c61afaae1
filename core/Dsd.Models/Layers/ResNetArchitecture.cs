namespace Dsd.Models;

/// <summary>A residual network for large images, built from basic or bottleneck blocks.</summary>
internal sealed class ResNetArchitecture(int channels, int classes, double width, bool bottlenecks, int[] blocksOfStages)
    : ImageArchitecture(channels, classes, width, side: 224)
{
    private const int FirstWidth = 64;
    private const int Expansion = 4;

    public override T Walk<T>(ILayers<T> on, T image)
    {
        var hidden = on.Block(() => on.MaxPool(on.Relu(Normed(on, "conv1", "bn1", image, FirstWidth, kernel: 7, stride: 2)), kernel: 3, stride: 2, padding: 1));
        for (var stage = 0; stage < blocksOfStages.Length; stage++)
        {
            var (number, input) = (stage, hidden);
            hidden = on.Block(() => Stage(on, number, input));
        }

        return on.Linear("fc", on.Flatten(on.MeanPool(hidden, 1)), Classes);
    }

    private T Stage<T>(ILayers<T> on, int stage, T input)
    {
        var hidden = input;
        for (var block = 0; block < blocksOfStages[stage]; block++)
        {
            var (name, entering, isFirst) = ($"layer{stage + 1}.{block}", hidden, block == 0);
            hidden = on.Block(() => Block(on, name, entering, FirstWidth << stage, isFirst && stage > 0 ? 2 : 1, projects: isFirst && (stage > 0 || bottlenecks)));
        }

        return hidden;
    }

    /// <summary>A residual block: two or three convolutions, added to the input or to a projection of it, then ReLU.</summary>
    private T Block<T>(ILayers<T> on, string name, T input, int filters, int stride, bool projects)
    {
        var hidden = bottlenecks
            ? on.Relu(Normed(on, $"{name}.conv1", $"{name}.bn1", input, filters, kernel: 1, stride: 1))
            : on.Relu(Normed(on, $"{name}.conv1", $"{name}.bn1", input, filters, kernel: 3, stride));
        hidden = Normed(on, $"{name}.conv2", $"{name}.bn2", hidden, filters, kernel: 3, bottlenecks ? stride : 1);
        var outputs = bottlenecks ? Expansion * filters : filters;
        if (bottlenecks)
        {
            hidden = Normed(on, $"{name}.conv3", $"{name}.bn3", on.Relu(hidden), outputs, kernel: 1, stride: 1);
        }

        var shortcut = projects ? Normed(on, $"{name}.downsample.0", $"{name}.downsample.1", input, outputs, kernel: 1, stride) : input;
        return on.Relu(on.Add(hidden, shortcut));
    }

    private T Normed<T>(ILayers<T> on, string convolution, string norm, T input, int filters, int kernel, int stride) =>
        on.BatchNorm(norm, on.Convolution(convolution, input, Scaled(filters), kernel, stride, kernel / 2, bias: false, InitialWeights.HeNormal));
}
