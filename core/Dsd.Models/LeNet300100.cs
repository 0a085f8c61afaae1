using Dsd.Plans;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>LeNet-300-100: a fully connected network with two hidden layers of 300 and 100 units and ReLU between layers.</summary>
/// <remarks>
/// Takes images of 28×28, float32, shape (N, channels, 28, 28) or already flat (N, channels·784); returns unnormalised
/// class scores (logits), shape (N, classes). One channel and 10 classes give 266,610 parameters, in order: <c>fc1</c>
/// (784→300), <c>fc2</c> (300→100), <c>fc3</c> (100→classes), each a weight and a bias.
/// Weights and biases start uniform in ±1/√fan-in, PyTorch's default for a linear layer, drawn from the global generator:
/// the same <c>torch.manual_seed</c> gives the same network.
/// Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 1998,
/// section III (there with other squashing functions); in this form Han, Pool, Tran and Dally, "Learning both weights and
/// connections for efficient neural networks", NeurIPS 2015, section 4.1.
/// </remarks>
public sealed class LeNet300100 : ImageNetwork
{
    private const int Pixels = 28 * 28;
    private const int Hidden1 = 300;
    private const int Hidden2 = 100;
    private readonly Linear _fc1;
    private readonly Linear _fc2;
    private readonly Linear _fc3;

    /// <summary>Builds the network with random weights on the CPU.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 1.</param>
    /// <param name="classes">Number of classes, at least 1. Default 10.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public LeNet300100(int channels = 1, int classes = 10)
        : base("lenet-300-100", channels, classes)
    {
        _fc1 = nn.Linear((long)channels * Pixels, Hidden1);
        _fc2 = nn.Linear(Hidden1, Hidden2);
        _fc3 = nn.Linear(Hidden2, classes);
        register_module("fc1", _fc1);
        register_module("fc2", _fc2);
        register_module("fc3", _fc3);
    }

    /// <summary>The parameters as plain data, in the order in which the network lists them; loads no native library.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 1.</param>
    /// <param name="classes">Number of classes, at least 1. Default 10.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public static ModelShape Shape(int channels = 1, int classes = 10)
    {
        Check(channels, classes);
        return ModelShape.Empty
            .Linear("fc1", (long)channels * Pixels, Hidden1)
            .Linear("fc2", Hidden1, Hidden2)
            .Linear("fc3", Hidden2, classes);
    }

    /// <summary>The class scores of a batch of images.</summary>
    /// <param name="input">Images, float32, shape (N, channels, 28, 28) or (N, channels·784).</param>
    /// <returns>Logits, shape (N, classes); they belong to the caller's dispose scope, all intermediate tensors are freed.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = nn.functional.relu(_fc1.call(input.flatten(1)), inplace: true);
        hidden = nn.functional.relu(_fc2.call(hidden), inplace: true);
        return _fc3.call(hidden).MoveToOuterDisposeScope();
    }
}
