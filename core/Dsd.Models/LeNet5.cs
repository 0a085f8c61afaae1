using Dsd.Plans;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>LeNet-5 in the form that Caffe gave it: two convolutions with max pooling, then two fully connected layers.</summary>
/// <remarks>
/// Takes images of 28×28, float32, shape (N, channels, 28, 28); returns unnormalised class scores (logits), shape
/// (N, classes). Layers in order: <c>conv1</c> (20 filters of 5×5), max pooling by 2, <c>conv2</c> (50 filters of 5×5), max
/// pooling by 2, <c>fc1</c> (800→500), ReLU, <c>fc2</c> (500→classes). There is no non-linearity after the convolutions other
/// than the pooling. One channel and 10 classes give 431,080 parameters.
/// Weights and biases start uniform in ±1/√fan-in, PyTorch's default for both kinds of layer (Caffe's file has weights
/// uniform in ±√(3/fan-in) and zero biases), drawn from the global generator: the same <c>torch.manual_seed</c> gives the
/// same network.
/// Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 1998,
/// section II.B; in this form the MNIST example of Caffe (lenet_train_test.prototxt), which Han, Pool, Tran and Dally,
/// NeurIPS 2015, section 4.1, prune.
/// </remarks>
public sealed class LeNet5 : ImageNetwork
{
    private const int Filters1 = 20;
    private const int Filters2 = 50;
    private const int Kernel = 5;
    private const int Flat = Filters2 * 4 * 4;
    private const int Hidden = 500;
    private readonly Conv2d _conv1;
    private readonly Conv2d _conv2;
    private readonly Linear _fc1;
    private readonly Linear _fc2;

    /// <summary>Builds the network with random weights on the CPU.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 1.</param>
    /// <param name="classes">Number of classes, at least 1. Default 10.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public LeNet5(int channels = 1, int classes = 10)
        : base("lenet-5", channels, classes)
    {
        _conv1 = nn.Conv2d(channels, Filters1, kernel_size: Kernel);
        _conv2 = nn.Conv2d(Filters1, Filters2, kernel_size: Kernel);
        _fc1 = nn.Linear(Flat, Hidden);
        _fc2 = nn.Linear(Hidden, classes);
        register_module("conv1", _conv1);
        register_module("conv2", _conv2);
        register_module("fc1", _fc1);
        register_module("fc2", _fc2);
    }

    /// <summary>The parameters as plain data, in the order in which the network lists them; loads no native library.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 1.</param>
    /// <param name="classes">Number of classes, at least 1. Default 10.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public static ModelShape Shape(int channels = 1, int classes = 10)
    {
        Check(channels, classes);
        return ModelShape.Empty
            .Convolution("conv1", channels, Filters1, Kernel)
            .Convolution("conv2", Filters1, Filters2, Kernel)
            .Linear("fc1", Flat, Hidden)
            .Linear("fc2", Hidden, classes);
    }

    /// <summary>The class scores of a batch of images.</summary>
    /// <param name="input">Images, float32, shape (N, channels, 28, 28).</param>
    /// <returns>Logits, shape (N, classes); they belong to the caller's dispose scope, all intermediate tensors are freed.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = nn.functional.max_pool2d(_conv1.call(input), kernel_size: 2);
        hidden = nn.functional.max_pool2d(_conv2.call(hidden), kernel_size: 2);
        hidden = nn.functional.relu(_fc1.call(hidden.flatten(1)), inplace: true);
        return _fc2.call(hidden).MoveToOuterDisposeScope();
    }
}
