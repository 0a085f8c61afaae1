using Dsd.Plans;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>GoogLeNet: nine modules of four branches each, with batch normalisation and two auxiliary heads for training.</summary>
/// <remarks>
/// Takes images, float32, shape (N, channels, H, W), H and W at least 15; returns unnormalised class scores (logits), shape (N,
/// classes). Every convolution <c>conv</c> has no bias and is followed by a batch norm <c>bn</c> (ε = 0.001) and ReLU; names
/// are torchvision's, whose weights load: <c>conv1</c> (64 filters of 7×7, stride 2), <c>conv2</c> (64 of 1×1), <c>conv3</c>
/// (192 of 3×3), the modules <c>inception3a</c> to <c>inception5b</c>, max pooling after <c>conv1</c>, <c>conv3</c>,
/// <c>inception3b</c> and <c>inception4e</c>, the mean over all positions, dropout of 0.2, and <c>fc</c>. A module concatenates four
/// branches: <c>branch1</c> (1×1), <c>branch2.0</c> and <c>branch2.1</c> (1×1, then 3×3), <c>branch3.0</c>
/// and <c>branch3.1</c> (the same), and <c>branch4.1</c> (max pooling of 3×3, then 1×1). The heads <c>aux1</c> and <c>aux2</c>
/// read the outputs of <c>inception4a</c> and <c>inception4d</c>: average pooling to 4×4, <c>conv</c> (128 of 1×1), <c>fc1</c> (1024
/// units with ReLU), dropout of 0.7, <c>fc2</c>. The training loss weights each with 0.3 (<see cref="IAuxiliaryScores.Loss"/>);
/// <see cref="ImageNetwork.forward"/> does not compute them, not even in training. Three channels and 1000 classes give 13,004,888
/// parameters, of which 6,379,984 belong to the heads; 6,624,904 remain without them.
/// Differs from the paper as torchvision does: batch norm instead of local response normalisation, and the second kernel of
/// <c>branch3</c> is 3×3 where the paper has 5×5. A weight file must include the heads: torchvision removes them from a
/// pretrained network unless it is built with <c>aux_logits=True</c>; they are untrained there. These weights expect images
/// normalised to (x − 0.5)/0.5.
/// Convolutions and fully connected layers start normal with standard deviation 0.01 (torchvision 0.14 truncates at ±2,
/// which is never reached), biases uniform in ±1/√fan-in, PyTorch's default, batch norms with scale 1 and shift 0, all drawn
/// from the global generator: the same <c>torch.manual_seed</c> gives the same network.
/// Source: Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke and Rabinovich, "Going deeper with convolutions", CVPR
/// 2015, section 5 and table 1.
/// </remarks>
internal sealed class GoogLeNet : ImageNetwork, IAuxiliaryScores
{
    /// <summary>Builds the network with random weights on the CPU.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 3.</param>
    /// <param name="classes">Number of classes, at least 1. Default 1000.</param>
    /// <param name="width">The width factor for channels and hidden units, above 0 and at most 4. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public GoogLeNet(int channels = 3, int classes = 1000, double width = 1)
        : base("googlenet", Definition(channels, classes, width))
    {
    }

    /// <inheritdoc/>
    public double AuxiliaryWeight => 0.3;

    /// <summary>Computes the scores of all three heads.</summary>
    /// <param name="input">Images, float32, shape (N, channels, H, W), H and W at least 15.</param>
    /// <returns>The main scores, then those of <c>aux1</c> and <c>aux2</c>, each logits, shape (N, classes).</returns>
    /// <exception cref="DsdException">The images are too small for the network or have another number of channels.</exception>
    public (Tensor Scores, IReadOnlyList<Tensor> Auxiliary) ScoresOfAllHeads(Tensor input)
    {
        var heads = new List<Tensor>();
        return (Layers.Scores(input, heads), heads);
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
            var hidden = on.Block(() => Pooled(on, Normed(on, "conv1", image, 64, kernel: 7, stride: 2)));
            hidden = on.Block(() => Pooled(on, Normed(on, "conv3", Normed(on, "conv2", hidden, 64), 192, kernel: 3)));
            hidden = on.Block(() => Pooled(on, Inception(on, "3b", Inception(on, "3a", hidden, 64, 96, 128, 16, 32, 32), 128, 128, 192, 32, 96, 64)));
            var first = Inception(on, "4a", hidden, 192, 96, 208, 16, 48, 64);
            hidden = Inception(on, "4b", first, 160, 112, 224, 24, 64, 64);
            hidden = Inception(on, "4c", hidden, 128, 128, 256, 24, 64, 64);
            var second = Inception(on, "4d", hidden, 112, 144, 288, 32, 64, 64);
            hidden = on.MaxPool(Inception(on, "4e", second, 256, 160, 320, 32, 128, 128), kernel: 2, stride: 2, roundsUp: true);
            hidden = Inception(on, "5a", hidden, 256, 160, 320, 32, 128, 128);
            hidden = Inception(on, "5b", hidden, 384, 192, 384, 48, 128, 128);
            on.Head(() => Further(on, "aux1", first));
            on.Head(() => Further(on, "aux2", second));
            hidden = on.Dropout("dropout", on.Flatten(on.MeanPool(hidden, 1)), 0.2);
            return on.Linear("fc", hidden, Classes, InitialWeights.NormalWeights);
        }

        private static T Pooled<T>(ILayers<T> on, T input) => on.MaxPool(input, kernel: 3, stride: 2, roundsUp: true);

        private T Inception<T>(ILayers<T> on, string place, T input, int one, int reducedThree, int three, int reducedFive, int five, int pooled) => on.Block(() =>
        {
            var name = $"inception{place}";
            return on.Concatenate(
                Normed(on, $"{name}.branch1", input, one),
                Normed(on, $"{name}.branch2.1", Normed(on, $"{name}.branch2.0", input, reducedThree), three, kernel: 3),
                Normed(on, $"{name}.branch3.1", Normed(on, $"{name}.branch3.0", input, reducedFive), five, kernel: 3),
                Normed(on, $"{name}.branch4.1", on.MaxPool(input, kernel: 3, stride: 1, padding: 1, roundsUp: true), pooled));
        });

        private T Further<T>(ILayers<T> on, string name, T input)
        {
            var hidden = on.Flatten(Normed(on, $"{name}.conv", on.MeanPool(input, 4), 128));
            hidden = on.Relu(on.Linear($"{name}.fc1", hidden, Scaled(1024), InitialWeights.NormalWeights));
            return on.Linear($"{name}.fc2", on.Dropout($"{name}.dropout", hidden, 0.7), Classes, InitialWeights.NormalWeights);
        }

        /// <summary>A convolution with padding that preserves height and width (up to its stride), batch normalisation and ReLU.</summary>
        private T Normed<T>(ILayers<T> on, string name, T input, int filters, int kernel = 1, int stride = 1)
        {
            var hidden = on.Convolution($"{name}.conv", input, Scaled(filters), kernel, stride, padding: kernel / 2, bias: false, InitialWeights.NormalWeights);
            return on.Relu(on.BatchNorm($"{name}.bn", hidden, epsilon: 0.001));
        }
    }
}
