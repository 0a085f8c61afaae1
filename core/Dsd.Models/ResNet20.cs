using Dsd.Plans;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>ResNet-20 for small images: three stages of three residual blocks, 16, 32 and 64 channels wide.</summary>
/// <remarks>
/// Takes images, float32, shape (N, channels, H, W), H and W at least 1 (28 for MNIST and its kin, 32 for CIFAR); returns
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
public sealed class ResNet20 : ImageNetwork
{
    private const int BlocksPerStage = 3;
    private const int FirstWidth = 16;
    private const int Stages = 3;
    private const int LastWidth = FirstWidth << (Stages - 1);
    private readonly Conv2d _conv1;
    private readonly BatchNorm2d _bn1;
    private readonly Sequential[] _stages;
    private readonly Linear _fc;

    /// <summary>Builds the network with random weights on the CPU.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 1.</param>
    /// <param name="classes">Number of classes, at least 1. Default 10.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public ResNet20(int channels = 1, int classes = 10)
        : base("resnet-20", channels, classes)
    {
        _conv1 = Convolution(channels, FirstWidth, stride: 1);
        _bn1 = nn.BatchNorm2d(FirstWidth);
        register_module("conv1", _conv1);
        register_module("bn1", _bn1);
        _stages = new Sequential[Stages];
        for (var stage = 0; stage < Stages; stage++)
        {
            var width = FirstWidth << stage;
            var blocks = new (string, nn.Module<Tensor, Tensor>)[BlocksPerStage];
            for (var block = 0; block < BlocksPerStage; block++)
            {
                var entersStage = stage > 0 && block == 0;
                blocks[block] = ($"{block}", new Block(entersStage ? width / 2 : width, width, stride: entersStage ? 2 : 1));
            }

            _stages[stage] = nn.Sequential(blocks);
            register_module($"layer{stage + 1}", _stages[stage]);
        }

        _fc = nn.Linear(LastWidth, classes);
        register_module("fc", _fc);
    }

    /// <summary>The parameters as plain data, in the order in which the network lists them; loads no native library.</summary>
    /// <param name="channels">Channels of the input images, at least 1. Default 1.</param>
    /// <param name="classes">Number of classes, at least 1. Default 10.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public static ModelShape Shape(int channels = 1, int classes = 10)
    {
        Check(channels, classes);
        var shape = ModelShape.Empty
            .Convolution("conv1", channels, FirstWidth, 3, bias: false)
            .BatchNorm("bn1", FirstWidth);
        for (var stage = 0; stage < Stages; stage++)
        {
            var width = FirstWidth << stage;
            for (var block = 0; block < BlocksPerStage; block++)
            {
                var name = $"layer{stage + 1}.{block}";
                var inputs = stage > 0 && block == 0 ? width / 2 : width;
                shape = shape
                    .Convolution($"{name}.conv1", inputs, width, 3, bias: false)
                    .BatchNorm($"{name}.bn1", width)
                    .Convolution($"{name}.conv2", width, width, 3, bias: false)
                    .BatchNorm($"{name}.bn2", width);
            }
        }

        return shape.Linear("fc", LastWidth, classes);
    }

    /// <summary>The class scores of a batch of images.</summary>
    /// <param name="input">Images, float32, shape (N, channels, H, W).</param>
    /// <returns>Logits, shape (N, classes); they belong to the caller's dispose scope, all intermediate tensors are freed.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = nn.functional.relu(_bn1.call(_conv1.call(input)), inplace: true);
        foreach (var stage in _stages)
        {
            hidden = stage.call(hidden);
        }

        return _fc.call(hidden.mean([2, 3])).MoveToOuterDisposeScope();
    }

    private static Conv2d Convolution(int inputs, int outputs, int stride)
    {
        var convolution = nn.Conv2d(inputs, outputs, kernel_size: 3, stride: stride, padding: 1, bias: false);
        nn.init.kaiming_normal_(convolution.weight, mode: nn.init.FanInOut.FanOut, nonlinearity: nn.init.NonlinearityType.ReLU);
        return convolution;
    }

    /// <summary>Two convolutions with batch norm, added to the input and rectified.</summary>
    private sealed class Block : nn.Module<Tensor, Tensor>
    {
        private readonly int _addedChannels;
        private readonly int _stride;
        private readonly Conv2d _conv1;
        private readonly BatchNorm2d _bn1;
        private readonly Conv2d _conv2;
        private readonly BatchNorm2d _bn2;

        public Block(int inputs, int outputs, int stride)
            : base("block")
        {
            _addedChannels = outputs - inputs;
            _stride = stride;
            _conv1 = Convolution(inputs, outputs, stride);
            _bn1 = nn.BatchNorm2d(outputs);
            _conv2 = Convolution(outputs, outputs, stride: 1);
            _bn2 = nn.BatchNorm2d(outputs);
            register_module("conv1", _conv1);
            register_module("bn1", _bn1);
            register_module("conv2", _conv2);
            register_module("bn2", _bn2);
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var hidden = nn.functional.relu(_bn1.call(_conv1.call(input)), inplace: true);
            hidden = _bn2.call(_conv2.call(hidden)).add_(Shortcut(input));
            return nn.functional.relu(hidden, inplace: true).MoveToOuterDisposeScope();
        }

        private Tensor Shortcut(Tensor input)
        {
            if (_stride == 1)
            {
                return input;
            }

            var sampled = input.slice(2, 0, input.size(2), _stride).slice(3, 0, input.size(3), _stride);
            return nn.functional.pad(sampled, [0, 0, 0, 0, 0, _addedChannels]);
        }
    }
}
