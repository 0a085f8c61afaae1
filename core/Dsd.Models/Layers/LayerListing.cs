namespace Dsd.Models;

/// <summary>Walks a network with the size of an image alone: lists its layers, counts its cost and checks that the image is large enough.</summary>
internal sealed class LayerListing : ILayers<FeatureMap>
{
    private readonly List<LayerDescription> _layers = [];

    /// <summary>The layers listed so far, in the order in which they are applied.</summary>
    public IReadOnlyList<LayerDescription> Layers => _layers;

    /// <summary>True if every convolution and pooling kernel fits.</summary>
    public bool Fits { get; private set; } = true;

    /// <summary>True if there are auxiliary heads.</summary>
    public bool HasHeads { get; private set; }

    /// <summary>The number of values that layers output, without rectifiers and dropout.</summary>
    public long Activations { get; private set; }

    /// <summary>The multiply-adds of convolutions and fully connected layers.</summary>
    public long MultiplyAdds { get; private set; }

    public FeatureMap Convolution(string name, FeatureMap input, int outputs, int kernel, int stride, int padding, bool bias, InitialWeights start)
    {
        _layers.Add(new ConvolutionLayer(name, input.Channels, outputs, kernel, stride, padding, bias, start));
        var output = Slide(input, kernel, stride, padding, roundsUp: false) with { Channels = outputs };
        MultiplyAdds += output.Channels * output.Height * output.Width * input.Channels * kernel * kernel;
        return Given(output);
    }

    public FeatureMap BatchNorm(string name, FeatureMap input, double epsilon)
    {
        _layers.Add(new BatchNormLayer(name, input.Channels, epsilon));
        return Given(input);
    }

    public FeatureMap Linear(string name, FeatureMap input, int outputs, InitialWeights start)
    {
        _layers.Add(new LinearLayer(name, input.Channels, outputs, start));
        MultiplyAdds += input.Channels * outputs;
        return Given(input with { Channels = outputs });
    }

    public FeatureMap Dropout(string name, FeatureMap input, double probability)
    {
        _layers.Add(new DropoutLayer(name, probability));
        return input;
    }

    public FeatureMap Relu(FeatureMap input) => input;

    public FeatureMap MaxPool(FeatureMap input, int kernel, int stride, int padding, bool roundsUp) => Given(Slide(input, kernel, stride, padding, roundsUp));

    public FeatureMap MeanPool(FeatureMap input, int side) => input with { Height = side, Width = side };

    public FeatureMap Flatten(FeatureMap input) => new(input.Channels * input.Height * input.Width, 1, 1);

    public FeatureMap Concatenate(params FeatureMap[] parts) => parts[0] with { Channels = parts.Sum(p => p.Channels) };

    public FeatureMap Add(FeatureMap sum, FeatureMap other) => sum;

    public FeatureMap Skip(FeatureMap input, int stride, int zeroChannels) =>
        Slide(input, kernel: 1, stride, padding: 0, roundsUp: false) with { Channels = input.Channels + zeroChannels };

    public FeatureMap Block(Func<FeatureMap> part) => part();

    public void Head(Func<FeatureMap> scores)
    {
        HasHeads = true;
        scores();
    }

    private FeatureMap Given(FeatureMap output)
    {
        Activations += output.Channels * output.Height * output.Width;
        return output;
    }

    private FeatureMap Slide(FeatureMap input, int kernel, int stride, int padding, bool roundsUp) =>
        input with { Height = Places(input.Height, kernel, stride, padding, roundsUp), Width = Places(input.Width, kernel, stride, padding, roundsUp) };

    /// <summary>The output size along one side, as PyTorch computes it.</summary>
    private long Places(long side, int kernel, int stride, int padding, bool roundsUp)
    {
        var room = side + (2 * padding) - kernel;
        if (room < 0 && !(roundsUp && room + stride > 0))
        {
            Fits = false;
            return 1;
        }

        var places = ((room + (roundsUp ? stride - 1 : 0)) / stride) + 1;

        // The last window must start within the image or the padding before it.
        return roundsUp && (places - 1) * stride >= side + padding ? places - 1 : places;
    }
}
