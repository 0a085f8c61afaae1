using Dsd.Plans;

namespace Dsd.Models;

/// <summary>VGG-16: thirteen 3×3 convolutions in five stages and three fully connected layers.</summary>
/// <remarks>
/// Takes images, float32, shape (N, channels, H, W), H and W at least 32; returns unnormalised class scores (logits), shape (N,
/// classes). Layers are named as in torchvision, whose weights load: <c>features.0</c> to <c>features.28</c> are convolutions
/// of 3×3 with ReLU, two of 64 filters, two of 128, three of 256, three of 512 and three of 512, max pooling by 2 after each of
/// these stages; average pooling to 7×7, <c>classifier.0</c> and <c>classifier.3</c> (4096 units with ReLU, then dropout of 0.5)
/// and <c>classifier.6</c>. Three channels and 1000 classes give 138,357,544 parameters.
/// Convolutions start normal with variance 2/fan-out (He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV 2015,
/// section 2.2), fully connected layers normal with standard deviation 0.01, biases at 0, as torchvision 0.14 has it, all drawn
/// from the global generator: the same <c>torch.manual_seed</c> gives the same network.
/// Source: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015, arXiv
/// 1409.1556, table 1, column D.
/// </remarks>
internal sealed class Vgg16 : ImageNetwork
{
    /// <summary>Builds the network with random weights on the CPU.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 3.</param>
    /// <param name="classes">Number of classes, at least 1. Default 1000.</param>
    /// <param name="width">The width factor for channels and hidden units, above 0 and at most 4. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public Vgg16(int channels = 3, int classes = 1000, double width = 1)
        : base("vgg16", Definition(channels, classes, width))
    {
    }

    /// <summary>Lists the parameters as plain data, in the order of the built network; loads no native library.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 3.</param>
    /// <param name="classes">Number of classes, at least 1. Default 1000.</param>
    /// <param name="width">The width factor for channels and hidden units, above 0 and at most 4. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static ModelShape Shape(int channels = 3, int classes = 1000, double width = 1) => Definition(channels, classes, width).Shape;

    /// <summary>Gets the definition of the network.</summary>
    internal static ImageArchitecture Definition(int channels, int classes, double width) => new VggArchitecture(channels, classes, width, norms: false);
}
