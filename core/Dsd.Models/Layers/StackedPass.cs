using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>Walks a network with batches of several networks like it: one forward pass of all, each with its own weights.</summary>
/// <remarks>
/// Flat values have shape (k, N, features), and linear layers are batched products. Feature maps have shape (N, k·channels, H, W), the channels of one network
/// after those of another, and convolutions have a group for each network. Only operations that mix channels need to know of it.
/// </remarks>
/// <param name="network">The name of the network, for messages.</param>
/// <param name="tensors">Parameters and buffers by name, each with a first dimension of size <paramref name="count"/>.</param>
/// <param name="count">The number of networks.</param>
/// <param name="training">True in training mode.</param>
internal sealed class StackedPass(string network, IReadOnlyDictionary<string, Tensor> tensors, long count, bool training) : ILayers<Tensor>
{
    private const double Momentum = 0.1;

    public Tensor Convolution(string name, Tensor input, int outputs, int kernel, int stride, int padding, bool bias, InitialWeights start) => nn.functional.conv2d(
        Maps(input),
        tensors[$"{name}.weight"].flatten(0, 1),
        bias ? tensors[$"{name}.bias"].flatten() : null,
        [stride, stride],
        [padding, padding],
        [1, 1],
        count);

    public Tensor BatchNorm(string name, Tensor input, double epsilon)
    {
        var maps = Maps(input);
        if (training)
        {
            if (maps.numel() == maps.size(1))
            {
                throw LayerPass.OneValuePerChannel(network, name);
            }

            using var guard = no_grad();
            using Scalar one = 1L;
            tensors[$"{name}.num_batches_tracked"].add_(one);
        }

        // A view, never a copy: the statistics are updated in place.
        Tensor Of(string part) => tensors[$"{name}.{part}"].view(-1);
        return nn.functional.batch_norm(maps, Of("running_mean"), Of("running_var"), Of("weight"), Of("bias"), training, Momentum, epsilon);
    }

    public Tensor Linear(string name, Tensor input, int outputs, InitialWeights start) =>
        bmm(input, tensors[$"{name}.weight"].transpose(1, 2)).add_(tensors[$"{name}.bias"].unsqueeze(1));

    public Tensor Dropout(string name, Tensor input, double probability) =>
        training && probability > 0 ? throw new DsdException($"{network} cannot be stacked: {Obstacle(name)}.") : input;

    public Tensor Relu(Tensor input) => nn.functional.relu(input, inplace: true);

    public Tensor MaxPool(Tensor input, int kernel, int stride, int padding, bool roundsUp) =>
        nn.functional.max_pool2d(Maps(input), kernel, stride, padding, ceil_mode: roundsUp);

    public Tensor MeanPool(Tensor input, int side) => nn.functional.adaptive_avg_pool2d(Maps(input), side);

    public Tensor Flatten(Tensor input) => input.dim() == 4 ? input.reshape(input.size(0), count, -1).transpose(0, 1) : input.flatten(2);

    public Tensor Concatenate(params Tensor[] parts) => cat(Array.ConvertAll(parts, Apart), 2).flatten(1, 2);

    public Tensor Add(Tensor sum, Tensor other) => sum.add_(other);

    public Tensor Skip(Tensor input, int stride, int zeroChannels)
    {
        var maps = Maps(input);
        var sampled = maps.slice(2, 0, maps.size(2), stride).slice(3, 0, maps.size(3), stride);
        return nn.functional.pad(Apart(sampled), [0, 0, 0, 0, 0, zeroChannels]).flatten(1, 2);
    }

    public Tensor Block(Func<Tensor> part)
    {
        using var scope = NewDisposeScope();
        return part().MoveToOuterDisposeScope();
    }

    public void Head(Func<Tensor> scores)
    {
    }

    /// <summary>The reason why a dropout layer cannot be trained in a stack.</summary>
    public static string Obstacle(string dropout) => $"dropout '{dropout}' draws random numbers, which would differ from those of each network alone";

    /// <summary>Images of shape (k, N, channels, H, W) as feature maps; other values as they are.</summary>
    private static Tensor Maps(Tensor input) => input.dim() == 5 ? input.transpose(0, 1).flatten(1, 2) : input;

    /// <summary>Feature maps with the networks in a dimension of their own, shape (N, k, channels, H, W).</summary>
    private Tensor Apart(Tensor input) => Maps(input).unflatten(1, [count, -1]);
}
