using Dsd.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>The layers of an image network, made from its definition and registered in its module.</summary>
/// <remarks>
/// A network is defined once (<see cref="ImageArchitecture"/>): its shape, its modules and its forward pass come from the same lines.
/// Modules are created in the order in which they are applied, each drawing its weights from the global generator.
/// </remarks>
internal sealed class ImageLayers
{
    private readonly nn.Module _network;
    private readonly ImageArchitecture _architecture;
    private readonly Dictionary<string, nn.Module<Tensor, Tensor>> _layers = [];
    private FeatureMap _accepted;

    /// <summary>Creates the layers and registers them.</summary>
    /// <param name="network">The module that gets the layers as its children.</param>
    /// <param name="architecture">Its definition.</param>
    public ImageLayers(nn.Module network, ImageArchitecture architecture)
    {
        (_network, _architecture) = (network, architecture);
        foreach (var description in architecture.Layers)
        {
            var layer = description.Create();
            _layers.Add(description.Name, layer);
            Place(description.Name, layer);
        }
    }

    /// <summary>The layers by their full names.</summary>
    public IReadOnlyDictionary<string, nn.Module<Tensor, Tensor>> ByName => _layers;

    /// <summary>The reason why several of this network cannot be trained at once; null if they can.</summary>
    public string? StackingObstacle
    {
        get
        {
            if (_architecture.HasHeads)
            {
                return "the loss of its auxiliary heads is not computed for several networks at once";
            }

            foreach (var description in _architecture.Layers)
            {
                if (description is DropoutLayer { Probability: > 0 })
                {
                    return StackedPass.Obstacle(description.Name);
                }

                if (!IsBuiltIn(description, _layers[description.Name]))
                {
                    return $"layer '{description.Name}' is a {_layers[description.Name].GetType().Name}, which is computed for one network alone";
                }
            }

            return null;
        }
    }

    /// <summary>Exchanges a layer in the forward pass; its module must get it as a child, too.</summary>
    public void Replace(string name, nn.Module<Tensor, Tensor> layer) => _layers[name] = layer;

    /// <summary>The cost of one image: multiply-adds, and activations kept for the backward pass.</summary>
    /// <param name="height">Height of the image in pixels.</param>
    /// <param name="width">Width of the image in pixels.</param>
    /// <returns>
    /// The multiply-adds of convolutions and fully connected layers in the forward pass (the backward pass takes about twice as many), and
    /// the number of values that convolutions, norms, pooling and fully connected layers output. Both include auxiliary heads.
    /// </returns>
    public (long MultiplyAdds, long Activations) Effort(int height, int width) => _architecture.Effort(height, width);

    /// <summary>The activations of one image of a shape (channels, H, W), as <c>IStackable.CountActivations</c> counts them; null for any other shape.</summary>
    public long? Activations(IReadOnlyList<long> image) => image is [_, var height, var width] ? Effort((int)height, (int)width).Activations : null;

    /// <summary>Computes the class scores of a batch of images, and those of auxiliary heads if a list for them is given.</summary>
    /// <param name="input">Images, float32, shape (N, channels, H, W); each network documents the H and W that it accepts.</param>
    /// <param name="heads">Receives the scores of auxiliary heads. Default null: they are not computed.</param>
    /// <returns>Logits, shape (N, classes); they belong to the caller's dispose scope, all intermediate tensors are freed.</returns>
    /// <exception cref="DsdException">The images are too small for the network or have another number of channels.</exception>
    public Tensor Scores(Tensor input, List<Tensor>? heads = null)
    {
        Check(input.shape);
        using var scope = NewDisposeScope();
        var scores = _architecture.Walk(new LayerPass(_network.GetName(), _layers, heads), input);
        heads?.ForEach(head => head.MoveToOuterDisposeScope());
        return scores.MoveToOuterDisposeScope();
    }

    /// <summary>Computes the class scores of several networks like this one, each on its own batch.</summary>
    /// <param name="tensors">Parameters and buffers by name, each with a first dimension for the networks.</param>
    /// <param name="inputs">Images, shape (k, N, channels, H, W), or flat ones.</param>
    /// <returns>Logits, shape (k, N, classes); auxiliary heads are not computed.</returns>
    /// <exception cref="DsdException">The images do not fit, or the network is in training mode and cannot be stacked.</exception>
    public Tensor StackedScores(IReadOnlyDictionary<string, Tensor> tensors, Tensor inputs)
    {
        if (_network.training && StackingObstacle is { } obstacle)
        {
            throw new DsdException($"{_network.GetName()} cannot be stacked: {obstacle}.");
        }

        Check(inputs.shape[1..]);
        using var scope = NewDisposeScope();
        return _architecture.Walk(new StackedPass(_network.GetName(), tensors, inputs.shape[0], _network.training), inputs).MoveToOuterDisposeScope();
    }

    private static bool IsBuiltIn(LayerDescription description, nn.Module layer) => description switch
    {
        ConvolutionLayer => layer is Conv2d,
        BatchNormLayer => layer is BatchNorm2d,
        LinearLayer => layer is Linear,
        _ => true,
    };

    private void Check(long[] shape)
    {
        TorchRuntime.RequireConfigured(_network.GetName());
        var image = shape switch
        {
            [_, var values] when _architecture.Layers[0] is LinearLayer => new FeatureMap(values, 1, 1),
            [_, var channels, var height, var width] => new(channels, height, width),
            _ => default,
        };
        if (image == default || (image != _accepted && !_architecture.Accepts(image)))
        {
            throw new DsdException(
                $"{_network.GetName()} takes images of shape {_architecture.Images}; got ({string.Join(", ", shape)}). "
                + "Resize the images, or build the network for their number of channels.");
        }

        _accepted = image;
    }

    /// <summary>Registers a layer under its full name, with one nested module for each dot.</summary>
    private void Place(string name, nn.Module layer)
    {
        var parent = _network;
        var parts = name.Split('.');
        foreach (var part in parts[..^1])
        {
            var child = parent.named_children().FirstOrDefault(c => c.name == part).module;
            if (child is null)
            {
                child = new Group(part);
                parent.register_module(part, child);
            }

            parent = child;
        }

        parent.register_module(parts[^1], layer);
    }

    /// <summary>A module that only contributes its part of the names of the layers in it.</summary>
    private sealed class Group(string name) : nn.Module(name);
}
