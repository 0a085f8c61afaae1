using Dsd.Plans;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>A layer as plain data: lists the layer's parameters and builds its module.</summary>
internal abstract record LayerDescription(string Name)
{
    /// <summary>Appends the layer's parameters to a network's shape.</summary>
    public virtual ModelShape AppendedTo(ModelShape shape) => shape;

    /// <summary>Builds the module with initial weights drawn from the global generator.</summary>
    public abstract nn.Module<Tensor, Tensor> Create();

    /// <summary>Initialises weights and biases where libtorch's default initialisation is not wanted.</summary>
    protected static void Begin(InitialWeights start, Tensor weight, Tensor? bias)
    {
        switch (start)
        {
            case InitialWeights.HeNormal:
                nn.init.kaiming_normal_(weight, mode: nn.init.FanInOut.FanOut, nonlinearity: nn.init.NonlinearityType.ReLU);
                break;
            case InitialWeights.HeUniform:
                nn.init.kaiming_uniform_(weight, mode: nn.init.FanInOut.FanIn, nonlinearity: nn.init.NonlinearityType.ReLU);
                break;
            case InitialWeights.Normal or InitialWeights.NormalWeights:
                nn.init.normal_(weight, 0, 0.01);
                break;
            case InitialWeights.Uniform:
                return;
        }

        if (bias is not null && start != InitialWeights.NormalWeights)
        {
            nn.init.zeros_(bias);
        }
    }
}

/// <summary>A convolution with a square kernel.</summary>
internal sealed record ConvolutionLayer(string Name, long Inputs, long Outputs, int Kernel, int Stride, int Padding, bool HasBias, InitialWeights Start)
    : LayerDescription(Name)
{
    public override ModelShape AppendedTo(ModelShape shape) => shape.Convolution(Name, Inputs, Outputs, Kernel, HasBias);

    public override nn.Module<Tensor, Tensor> Create()
    {
        var layer = nn.Conv2d(Inputs, Outputs, Kernel, Stride, Padding, bias: HasBias);
        Begin(Start, layer.weight, layer.bias);
        return layer;
    }
}

/// <summary>A fully connected layer.</summary>
internal sealed record LinearLayer(string Name, long Inputs, long Outputs, InitialWeights Start) : LayerDescription(Name)
{
    public override ModelShape AppendedTo(ModelShape shape) => shape.Linear(Name, Inputs, Outputs);

    public override nn.Module<Tensor, Tensor> Create()
    {
        var layer = nn.Linear(Inputs, Outputs);
        Begin(Start, layer.weight, layer.bias);
        return layer;
    }
}

/// <summary>A batch normalisation layer.</summary>
internal sealed record BatchNormLayer(string Name, long Channels, double Epsilon) : LayerDescription(Name)
{
    public override ModelShape AppendedTo(ModelShape shape) => shape.BatchNorm(Name, Channels);

    public override nn.Module<Tensor, Tensor> Create() => nn.BatchNorm2d(Channels, Epsilon);
}

/// <summary>A dropout layer, which has no parameters.</summary>
internal sealed record DropoutLayer(string Name, double Probability) : LayerDescription(Name)
{
    public override nn.Module<Tensor, Tensor> Create() => nn.Dropout(Probability);
}
