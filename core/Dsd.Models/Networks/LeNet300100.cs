using Dsd.Execution;
using Dsd.Plans;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>LeNet-300-100: a fully connected network with two hidden layers of 300 and 100 units and ReLU between layers.</summary>
/// <remarks>
/// Takes images of 28×28, float32, shape (N, channels, 28, 28) or flattened (N, channels·784); returns unnormalised
/// class scores (logits), shape (N, classes). One channel and 10 classes give 266,610 parameters, in order: <c>fc1</c>
/// (784→300), <c>fc2</c> (300→100), <c>fc3</c> (100→classes), each a weight and a bias.
/// Weights and biases start uniform in ±1/√fan-in, PyTorch's default for a linear layer, drawn from the global generator:
/// the same <c>torch.manual_seed</c> gives the same network.
/// Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 1998,
/// section III (there with other activation functions); in this form Han, Pool, Tran and Dally, "Learning both weights and
/// connections for efficient neural networks", NeurIPS 2015, section 4.1.
/// </remarks>
public sealed class LeNet300100 : nn.Module<Tensor, Tensor>, IStackable
{
    /// <summary>Builds the network with random weights on the CPU.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 1.</param>
    /// <param name="classes">Number of classes, at least 1. Default 10.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public LeNet300100(int channels = 1, int classes = 10)
        : this("lenet-300-100", channels, classes)
    {
    }

    internal LeNet300100(string name, int channels, int classes)
        : base(name) => Layers = new(this, Definition(channels, classes));

    internal ImageLayers Layers { get; }

    string? IStackable.StackingObstacle => Layers.StackingObstacle;

    long? IStackable.CountActivations(IReadOnlyList<long> example) => Layers.Activations(example);

    /// <summary>Computes the class scores of a batch of images.</summary>
    /// <param name="input">Images, float32, of a shape that the class documents.</param>
    /// <returns>Logits, shape (N, classes); they belong to the caller's dispose scope, all intermediate tensors are freed.</returns>
    /// <exception cref="DsdException">The images have another size or number of channels.</exception>
    public override Tensor forward(Tensor input) => Layers.Scores(input);

    Tensor IStackable.StackedForward(IReadOnlyDictionary<string, Tensor> tensors, Tensor inputs) => Layers.StackedScores(tensors, inputs);

    /// <summary>Lists the parameters as plain data, in the order of the built network; loads no native library.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 1.</param>
    /// <param name="classes">Number of classes, at least 1. Default 10.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public static ModelShape Shape(int channels = 1, int classes = 10) => Definition(channels, classes).Shape;

    /// <summary>Gets the definition of the network.</summary>
    internal static ImageArchitecture Definition(int channels, int classes) => new Architecture(channels, classes);

    private sealed class Architecture(int channels, int classes) : ImageArchitecture(channels, classes, width: 1, side: 28)
    {
        public override T Walk<T>(ILayers<T> on, T image)
        {
            var hidden = on.Relu(on.Linear("fc1", on.Flatten(image), 300));
            hidden = on.Relu(on.Linear("fc2", hidden, 100));
            return on.Linear("fc3", hidden, Classes);
        }
    }
}
