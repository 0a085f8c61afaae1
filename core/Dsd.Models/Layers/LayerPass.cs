using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>Walks a network with a batch of images: one forward pass.</summary>
/// <param name="network">The name of the network, for messages.</param>
/// <param name="layers">The modules by name.</param>
/// <param name="heads">Receives the scores of auxiliary heads; null skips their computation.</param>
internal sealed class LayerPass(string network, IReadOnlyDictionary<string, nn.Module<Tensor, Tensor>> layers, List<Tensor>? heads) : ILayers<Tensor>
{
    public Tensor Convolution(string name, Tensor input, int outputs, int kernel, int stride, int padding, bool bias, InitialWeights start) =>
        layers[name].call(input);

    public Tensor BatchNorm(string name, Tensor input, double epsilon)
    {
        var layer = layers[name];
        return layer.training && input.numel() == input.size(1)
            ? throw OneValuePerChannel(network, name)
            : layer.call(input);
    }

    public Tensor Linear(string name, Tensor input, int outputs, InitialWeights start) => layers[name].call(input);

    public Tensor Dropout(string name, Tensor input, double probability) => layers[name].call(input);

    public Tensor Relu(Tensor input) => nn.functional.relu(input, inplace: true);

    public Tensor MaxPool(Tensor input, int kernel, int stride, int padding, bool roundsUp) =>
        nn.functional.max_pool2d(input, kernel, stride, padding, ceil_mode: roundsUp);

    public Tensor MeanPool(Tensor input, int side) => nn.functional.adaptive_avg_pool2d(input, side);

    public Tensor Flatten(Tensor input) => input.flatten(1);

    public Tensor Concatenate(params Tensor[] parts) => cat(parts, 1);

    public Tensor Add(Tensor sum, Tensor other) => sum.add_(other);

    public Tensor Skip(Tensor input, int stride, int zeroChannels)
    {
        var sampled = input.slice(2, 0, input.size(2), stride).slice(3, 0, input.size(3), stride);
        return nn.functional.pad(sampled, [0, 0, 0, 0, 0, zeroChannels]);
    }

    public Tensor Block(Func<Tensor> part)
    {
        using var scope = NewDisposeScope();
        return part().MoveToOuterDisposeScope();
    }

    public void Head(Func<Tensor> scores) => heads?.Add(scores());

    /// <summary>Creates the error for a batch over which nothing can be normalised.</summary>
    public static DsdException OneValuePerChannel(string network, string name) =>
        new($"{network}: in training mode {name} normalises each channel over the batch, and this batch has a single value per channel. Use at least two images per batch, or larger images.");
}
