using Dsd.Plans;

namespace Dsd.Models;

/// <summary>SqueezeNet 1.0: eight fire modules, each a squeezing 1×1 convolution followed by expanding 1×1 and 3×3 ones.</summary>
/// <remarks>
/// Takes images, float32, shape (N, channels, H, W), H and W at least 21; returns unnormalised class scores (logits), shape (N,
/// classes). Layers are named as in torchvision, whose weights load: <c>features.0</c> (96 filters of 7×7, stride 2), then the
/// modules <c>features.3</c> to <c>features.5</c>, <c>features.7</c> to <c>features.10</c> and <c>features.12</c> with
/// <c>squeeze</c>, <c>expand1x1</c> and <c>expand3x3</c> each, max pooling of 3×3 with stride 2 before them, before the fourth
/// and before the last; dropout of 0.5, the convolution <c>classifier.1</c> (1×1, one filter per class), and the mean over all
/// positions. ReLU follows every convolution, including the last: no score is below 0. Three channels and 1000 classes give
/// 1,248,424 parameters.
/// Convolutions start uniform with variance 2/fan-in (He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV 2015,
/// section 2.2), <c>classifier.1</c> normal with standard deviation 0.01, biases at 0, as torchvision 0.14 has it, all drawn
/// from the global generator: the same <c>torch.manual_seed</c> gives the same network.
/// Source: Iandola, Han, Moskewicz, Ashraf, Dally and Keutzer, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters
/// and &lt;0.5MB model size", arXiv 1602.07360, section 3.
/// </remarks>
internal sealed class SqueezeNet : ImageNetwork
{
    /// <summary>Builds the network with random weights on the CPU.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 3.</param>
    /// <param name="classes">Number of classes, at least 1. Default 1000.</param>
    /// <param name="width">The width factor for channels, above 0 and at most 4. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public SqueezeNet(int channels = 3, int classes = 1000, double width = 1)
        : base("squeezenet", Definition(channels, classes, width))
    {
    }

    /// <summary>Lists the parameters as plain data, in the order of the built network; loads no native library.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 3.</param>
    /// <param name="classes">Number of classes, at least 1. Default 1000.</param>
    /// <param name="width">The width factor for channels, above 0 and at most 4. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static ModelShape Shape(int channels = 3, int classes = 1000, double width = 1) => Definition(channels, classes, width).Shape;

    /// <summary>Gets the definition of the network.</summary>
    internal static ImageArchitecture Definition(int channels, int classes, double width) => new Architecture(channels, classes, width);

    private sealed class Architecture(int channels, int classes, double width) : ImageArchitecture(channels, classes, width, side: 224)
    {
        public override T Walk<T>(ILayers<T> on, T image)
        {
            var hidden = on.Block(() => Pooled(on, Rectified(on, "features.0", image, Scaled(96), kernel: 7, stride: 2)));
            hidden = on.Block(() => Pooled(on, Fire(on, 5, Fire(on, 4, Fire(on, 3, hidden, 16, 64), 16, 64), 32, 128)));
            hidden = on.Block(() => Pooled(on, Fire(on, 10, Fire(on, 9, Fire(on, 8, Fire(on, 7, hidden, 32, 128), 48, 192), 48, 192), 64, 256)));
            hidden = on.Dropout("classifier.0", Fire(on, 12, hidden, 64, 256), 0.5);
            hidden = on.Relu(on.Convolution("classifier.1", hidden, Classes, kernel: 1, start: InitialWeights.Normal));
            return on.Flatten(on.MeanPool(hidden, 1));
        }

        private static T Pooled<T>(ILayers<T> on, T input) => on.MaxPool(input, kernel: 3, stride: 2, roundsUp: true);

        private static T Rectified<T>(ILayers<T> on, string name, T input, int filters, int kernel, int stride = 1, int padding = 0) =>
            on.Relu(on.Convolution(name, input, filters, kernel, stride, padding, start: InitialWeights.HeUniform));

        private T Fire<T>(ILayers<T> on, int place, T input, int squeezed, int expanded)
        {
            var name = $"features.{place}";
            var hidden = Rectified(on, $"{name}.squeeze", input, Scaled(squeezed), kernel: 1);
            return on.Concatenate(
                Rectified(on, $"{name}.expand1x1", hidden, Scaled(expanded), kernel: 1),
                Rectified(on, $"{name}.expand3x3", hidden, Scaled(expanded), kernel: 3, padding: 1));
        }
    }
}
