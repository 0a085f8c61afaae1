using Dsd.Plans;

namespace Dsd.Models;

/// <summary>ResNet-20 for small images: three stages of three residual blocks, 16, 32 and 64 channels wide.</summary>
/// <remarks>
/// Takes images, float32, shape (N, channels, H, W), H and W at least 1 (28 for MNIST and its variants, 32 for CIFAR); returns
/// unnormalised class scores (logits), shape (N, classes). <c>conv1</c> and <c>bn1</c>, then <c>layer1.0</c> to
/// <c>layer3.2</c> with <c>conv1</c>, <c>bn1</c>, <c>conv2</c>, <c>bn2</c> each, the mean over all positions, and <c>fc</c>.
/// Convolutions are 3×3 without bias; the first block of the second and third stage halves height and width. Shortcuts are
/// option A: no parameters, every second row and column, and zero channels appended after the others. Three channels and 10
/// classes give 269,722 parameters; one channel has 288 fewer.
/// Convolutions start normal with variance 2/fan-out (He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV 2015,
/// section 2.2), batch norms with scale 1 and shift 0, <c>fc</c> uniform in ±1/√fan-in, PyTorch's default, all drawn from the
/// global generator: the same <c>torch.manual_seed</c> gives the same network.
/// Source: He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016, section 4.2, n = 3.
/// </remarks>
internal sealed class ResNet20 : ImageNetwork
{
    /// <summary>Builds the network with random weights on the CPU.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 1.</param>
    /// <param name="classes">Number of classes, at least 1. Default 10.</param>
    /// <param name="width">The width factor for channels, above 0 and at most 4. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public ResNet20(int channels = 1, int classes = 10, double width = 1)
        : base("resnet-20", Definition(channels, classes, width))
    {
    }

    /// <summary>Lists the parameters as plain data, in the order of the built network; loads no native library.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 1.</param>
    /// <param name="classes">Number of classes, at least 1. Default 10.</param>
    /// <param name="width">The width factor for channels, above 0 and at most 4. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static ModelShape Shape(int channels = 1, int classes = 10, double width = 1) => Definition(channels, classes, width).Shape;

    /// <summary>Gets the definition of the network.</summary>
    internal static ImageArchitecture Definition(int channels, int classes, double width) => new Architecture(channels, classes, width);

    private sealed class Architecture(int channels, int classes, double width) : ImageArchitecture(channels, classes, width, side: 32)
    {
        private const int BlocksPerStage = 3;
        private const int FirstWidth = 16;
        private const int Stages = 3;

        public override T Walk<T>(ILayers<T> on, T image)
        {
            var hidden = on.Relu(Normed(on, "conv1", "bn1", image, Scaled(FirstWidth), stride: 1));
            for (var stage = 0; stage < Stages; stage++)
            {
                for (var block = 0; block < BlocksPerStage; block++)
                {
                    var (name, input, outputs) = ($"layer{stage + 1}.{block}", hidden, Scaled(FirstWidth << stage));
                    int? added = stage > 0 && block == 0 ? outputs - Scaled(FirstWidth << (stage - 1)) : null;
                    hidden = on.Block(() => Block(on, name, input, outputs, added));
                }
            }

            return on.Linear("fc", on.Flatten(on.MeanPool(hidden, 1)), Classes);
        }

        /// <summary>A residual block: two convolutions with batch normalisation, added to the input, then ReLU. With added channels it halves height and width.</summary>
        private static T Block<T>(ILayers<T> on, string name, T input, int outputs, int? added)
        {
            var hidden = on.Relu(Normed(on, $"{name}.conv1", $"{name}.bn1", input, outputs, added is null ? 1 : 2));
            hidden = Normed(on, $"{name}.conv2", $"{name}.bn2", hidden, outputs, stride: 1);
            return on.Relu(on.Add(hidden, added is { } zero ? on.Skip(input, stride: 2, zeroChannels: zero) : input));
        }

        private static T Normed<T>(ILayers<T> on, string convolution, string norm, T input, int outputs, int stride) =>
            on.BatchNorm(norm, on.Convolution(convolution, input, outputs, kernel: 3, stride, padding: 1, bias: false, InitialWeights.HeNormal));
    }
}
