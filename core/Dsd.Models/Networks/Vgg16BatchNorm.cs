using Dsd.Plans;

namespace Dsd.Models;

/// <summary>VGG-16 with batch normalisation after each convolution.</summary>
/// <remarks>
/// Takes images, float32, shape (N, channels, H, W), H and W at least 32; returns unnormalised class scores (logits), shape (N,
/// classes). As <see cref="Vgg16"/>, with a batch norm between each convolution and its ReLU; layers are named as in
/// torchvision, whose weights load: convolutions are <c>features.0</c> to <c>features.40</c>, each norm has the index after its
/// convolution's. Three channels and 1000 classes give 138,365,992 parameters.
/// Weights are initialised as in <see cref="Vgg16"/>, scales at 1 and shifts at 0.
/// Source: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015, arXiv
/// 1409.1556, table 1, column D; batch norm is Ioffe and Szegedy, ICML 2015.
/// </remarks>
internal sealed class Vgg16BatchNorm : ImageNetwork
{
    /// <summary>Builds the network with random weights on the CPU.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 3.</param>
    /// <param name="classes">Number of classes, at least 1. Default 1000.</param>
    /// <param name="width">The width factor for channels and hidden units, above 0 and at most 4. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public Vgg16BatchNorm(int channels = 3, int classes = 1000, double width = 1)
        : base("vgg16-bn", Definition(channels, classes, width))
    {
    }

    /// <summary>Lists the parameters as plain data, in the order of the built network; loads no native library.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 3.</param>
    /// <param name="classes">Number of classes, at least 1. Default 1000.</param>
    /// <param name="width">The width factor for channels and hidden units, above 0 and at most 4. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static ModelShape Shape(int channels = 3, int classes = 1000, double width = 1) => Definition(channels, classes, width).Shape;

    /// <summary>Gets the definition of the network.</summary>
    internal static ImageArchitecture Definition(int channels, int classes, double width) => new VggArchitecture(channels, classes, width, norms: true);
}
