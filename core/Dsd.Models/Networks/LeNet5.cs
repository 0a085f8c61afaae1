using Dsd.Execution;
using Dsd.Plans;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>LeNet-5 in Caffe's form: two convolutions with max pooling, then two fully connected layers.</summary>
/// <remarks>
/// Takes images of 28×28, float32, shape (N, channels, 28, 28); returns unnormalised class scores (logits), shape
/// (N, classes). Layers in order: <c>conv1</c> (20 filters of 5×5), max pooling by 2, <c>conv2</c> (50 filters of 5×5), max
/// pooling by 2, <c>fc1</c> (800→500), ReLU, <c>fc2</c> (500→classes). The convolutions have no activation function other
/// than the pooling. One channel and 10 classes give 431,080 parameters.
/// Weights and biases start uniform in ±1/√fan-in, PyTorch's default for both kinds of layer (Caffe's file has weights
/// uniform in ±√(3/fan-in) and zero biases), drawn from the global generator: the same <c>torch.manual_seed</c> gives the
/// same network.
/// Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 1998,
/// section II.B; in this form the MNIST example of Caffe (lenet_train_test.prototxt), which Han, Pool, Tran and Dally,
/// NeurIPS 2015, section 4.1, pruned.
/// </remarks>
public sealed class LeNet5 : nn.Module<Tensor, Tensor>, IStackable
{
    /// <summary>Builds the network with random weights on the CPU.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 1.</param>
    /// <param name="classes">Number of classes, at least 1. Default 10.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public LeNet5(int channels = 1, int classes = 10)
        : base("lenet-5") => Layers = new(this, Definition(channels, classes));

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
            var hidden = on.MaxPool(on.Convolution("conv1", image, 20, kernel: 5), kernel: 2, stride: 2);
            hidden = on.MaxPool(on.Convolution("conv2", hidden, 50, kernel: 5), kernel: 2, stride: 2);
            hidden = on.Relu(on.Linear("fc1", on.Flatten(hidden), 500));
            return on.Linear("fc2", hidden, Classes);
        }
    }
}
