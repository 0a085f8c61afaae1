using Dsd.Plans;

namespace Dsd.Models;

/// <summary>ResNet-18: four stages of two residual blocks, each of two 3×3 convolutions.</summary>
/// <remarks>
/// Takes images, float32, shape (N, channels, H, W) of any H and W (in training, batches of two images or more where both are
/// at most 32); returns unnormalised class scores (logits), shape (N, classes). Layers are named as in torchvision, whose
/// weights load: <c>conv1</c> (64 filters of 7×7, stride 2) with <c>bn1</c>, ReLU and max pooling of 3×3 with stride 2, then
/// <c>layer1.0</c> to <c>layer4.1</c>, 64, 128, 256 and 512 channels wide, with <c>conv1</c>, <c>bn1</c>, <c>conv2</c> and
/// <c>bn2</c> each, the mean over all positions, and <c>fc</c>. The first block of the second, third and fourth stage halves
/// height and width; its shortcut is a convolution of 1×1, <c>downsample.0</c>, with a batch norm, <c>downsample.1</c>. Three
/// channels and 1000 classes give 11,689,512 parameters.
/// Convolutions start normal with variance 2/fan-out (He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV 2015,
/// section 2.2), batch norms with scale 1 and shift 0, <c>fc</c> uniform in ±1/√fan-in, PyTorch's default, all drawn from the
/// global generator: the same <c>torch.manual_seed</c> gives the same network.
/// Source: He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016, section 4.1 and table 1.
/// </remarks>
internal sealed class ResNet18 : ImageNetwork
{
    /// <summary>Builds the network with random weights on the CPU.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 3.</param>
    /// <param name="classes">Number of classes, at least 1. Default 1000.</param>
    /// <param name="width">The width factor for channels, above 0 and at most 4. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public ResNet18(int channels = 3, int classes = 1000, double width = 1)
        : base("resnet-18", Definition(channels, classes, width))
    {
    }

    /// <summary>Lists the parameters as plain data, in the order of the built network; loads no native library.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 3.</param>
    /// <param name="classes">Number of classes, at least 1. Default 1000.</param>
    /// <param name="width">The width factor for channels, above 0 and at most 4. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static ModelShape Shape(int channels = 3, int classes = 1000, double width = 1) => Definition(channels, classes, width).Shape;

    /// <summary>Gets the definition of the network.</summary>
    internal static ImageArchitecture Definition(int channels, int classes, double width) => new ResNetArchitecture(channels, classes, width, bottlenecks: false, [2, 2, 2, 2]);
}
