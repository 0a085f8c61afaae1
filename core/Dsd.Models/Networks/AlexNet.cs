using Dsd.Plans;

namespace Dsd.Models;

/// <summary>AlexNet in its one-tower form: five convolutions, three fully connected layers.</summary>
/// <remarks>
/// Takes images, float32, shape (N, channels, H, W), H and W at least 63; returns unnormalised class scores (logits), shape (N,
/// classes). Layers are named as in torchvision, whose weights load: <c>features.0</c> (64 filters of 11×11, stride 4),
/// <c>features.3</c> (192 of 5×5), <c>features.6</c>, <c>features.8</c>, <c>features.10</c> (384, 256 and 256 of 3×3), each
/// followed by ReLU, max pooling of 3×3 with stride 2 after the first, second and last; average pooling to 6×6,
/// <c>classifier.1</c> and <c>classifier.4</c> (4096 units with ReLU, dropout of 0.5 before each) and <c>classifier.6</c>.
/// Three channels and 1000 classes give 61,100,840 parameters.
/// Weights and biases start uniform in ±1/√fan-in, PyTorch's default, drawn from the global generator: the same
/// <c>torch.manual_seed</c> gives the same network.
/// Source: Krizhevsky, "One weird trick for parallelizing convolutional neural networks", arXiv 1404.5997, section 5; as
/// torchvision 0.14 has it, without local response normalisation. The two-tower original is Krizhevsky, Sutskever and Hinton,
/// NeurIPS 2012.
/// </remarks>
internal sealed class AlexNet : ImageNetwork
{
    /// <summary>Builds the network with random weights on the CPU.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 3.</param>
    /// <param name="classes">Number of classes, at least 1. Default 1000.</param>
    /// <param name="width">The width factor for channels and hidden units, above 0 and at most 4. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public AlexNet(int channels = 3, int classes = 1000, double width = 1)
        : base("alexnet", Definition(channels, classes, width))
    {
    }

    /// <summary>Lists the parameters as plain data, in the order of the built network; loads no native library.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 3.</param>
    /// <param name="classes">Number of classes, at least 1. Default 1000.</param>
    /// <param name="width">The width factor for channels and hidden units, above 0 and at most 4. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static ModelShape Shape(int channels = 3, int classes = 1000, double width = 1) => Definition(channels, classes, width).Shape;

    /// <summary>Gets the definition of the network.</summary>
    internal static ImageArchitecture Definition(int channels, int classes, double width) => new Architecture(channels, classes, width);

    private sealed class Architecture(int channels, int classes, double width) : ImageArchitecture(channels, classes, width, side: 224)
    {
        public override T Walk<T>(ILayers<T> on, T image)
        {
            var hidden = on.Block(() => Pooled(on, Rectified(on, 0, image, 64, kernel: 11, stride: 4, padding: 2)));
            hidden = on.Block(() => Pooled(on, Rectified(on, 3, hidden, 192, kernel: 5, stride: 1, padding: 2)));
            hidden = Rectified(on, 6, hidden, 384, kernel: 3, stride: 1, padding: 1);
            hidden = Rectified(on, 8, hidden, 256, kernel: 3, stride: 1, padding: 1);
            hidden = Pooled(on, Rectified(on, 10, hidden, 256, kernel: 3, stride: 1, padding: 1));
            hidden = on.Dropout("classifier.0", on.Flatten(on.MeanPool(hidden, 6)), 0.5);
            hidden = on.Relu(on.Linear("classifier.1", hidden, Scaled(4096)));
            hidden = on.Dropout("classifier.3", hidden, 0.5);
            hidden = on.Relu(on.Linear("classifier.4", hidden, Scaled(4096)));
            return on.Linear("classifier.6", hidden, Classes);
        }

        private static T Pooled<T>(ILayers<T> on, T input) => on.MaxPool(input, kernel: 3, stride: 2);

        private T Rectified<T>(ILayers<T> on, int place, T input, int filters, int kernel, int stride, int padding) =>
            on.Relu(on.Convolution($"features.{place}", input, Scaled(filters), kernel, stride, padding));
    }
}
