namespace Dsd.Models;

/// <summary>VGG-16, with or without batch normalisation.</summary>
internal sealed class VggArchitecture(int channels, int classes, double width, bool norms) : ImageArchitecture(channels, classes, width, side: 224)
{
    private static readonly int[][] s_stages = [[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]];

    public override T Walk<T>(ILayers<T> on, T image)
    {
        var hidden = image;
        var place = 0;
        foreach (var stage in s_stages)
        {
            var (first, input) = (place, hidden);
            hidden = on.Block(() => Stage(on, first, input, stage));
            place += ((norms ? 3 : 2) * stage.Length) + 1;
        }

        hidden = on.Flatten(on.MeanPool(hidden, 7));
        hidden = on.Dropout("classifier.2", on.Relu(on.Linear("classifier.0", hidden, Scaled(4096), InitialWeights.Normal)), 0.5);
        hidden = on.Dropout("classifier.5", on.Relu(on.Linear("classifier.3", hidden, Scaled(4096), InitialWeights.Normal)), 0.5);
        return on.Linear("classifier.6", hidden, Classes, InitialWeights.Normal);
    }

    private T Stage<T>(ILayers<T> on, int place, T input, int[] filters)
    {
        var hidden = input;
        foreach (var count in filters)
        {
            hidden = on.Convolution($"features.{place}", hidden, Scaled(count), kernel: 3, padding: 1, start: InitialWeights.HeNormal);
            hidden = on.Relu(norms ? on.BatchNorm($"features.{place + 1}", hidden) : hidden);
            place += norms ? 3 : 2;
        }

        return on.MaxPool(hidden, kernel: 2, stride: 2);
    }
}
