using Dsd.Optimizers;
using Dsd.Statistics;
using Dsd.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>What the networks of this library for images have in common: images in, one unnormalised score a class out.</summary>
/// <remarks>
/// Each is written once (<c>Layers/ImageArchitecture.cs</c>): its shape, its modules and its forward pass come from the same lines.
/// Modules are built in the order in which they are applied, each drawing its weights from the global generator.
/// </remarks>
public abstract class ImageNetwork : nn.Module<Tensor, Tensor>
{
    private readonly ImageArchitecture _architecture;
    private readonly Dictionary<string, nn.Module<Tensor, Tensor>> _layers = [];
    private FeatureMap _accepted;

    private protected ImageNetwork(string name, ImageArchitecture architecture)
        : base(name)
    {
        CpuBackend.Prepare();
        _architecture = architecture;
        foreach (var description in architecture.Layers)
        {
            var layer = description.Create();
            _layers.Add(description.Name, layer);
            Place(description.Name, layer);
        }
    }

    /// <summary>What the scores of one image take: multiplications with additions, and values to be kept for going backward.</summary>
    /// <param name="height">Rows of the image.</param>
    /// <param name="width">Columns of the image.</param>
    /// <returns>
    /// How often a weight is multiplied with a value and added up, in convolutions and fully connected layers (going backward takes about twice
    /// as many again); and how many values convolutions, norms, pools and fully connected layers give. Both with what further heads need.
    /// </returns>
    public (long MultiplyAdds, long Activations) Effort(int height, int width) => _architecture.Effort(height, width);

    /// <summary>The class scores of a batch of images.</summary>
    /// <param name="input">Images, float32, shape (N, channels, H, W); which H and W are possible is said at each network.</param>
    /// <returns>Logits, shape (N, classes); they belong to the caller's dispose scope, all intermediate tensors are freed.</returns>
    /// <exception cref="DsdException">The images are too small for the network or have another number of channels.</exception>
    public override Tensor forward(Tensor input) => Scores(input, heads: null);

    /// <summary>The class scores, with those of further heads where a list for them is given.</summary>
    private protected Tensor Scores(Tensor input, List<Tensor>? heads)
    {
        Check(input);
        using var scope = NewDisposeScope();
        var scores = _architecture.Walk(new LayerPass(GetName(), _layers, heads), input);
        heads?.ForEach(head => head.MoveToOuterDisposeScope());
        return scores.MoveToOuterDisposeScope();
    }

    private void Check(Tensor input)
    {
        var shape = input.shape;
        var image = shape switch
        {
            [_, var values] when _architecture.Layers[0] is LinearLayer => new FeatureMap(values, 1, 1),
            [_, var channels, var height, var width] => new(channels, height, width),
            _ => default,
        };
        if (image == default || (image != _accepted && !_architecture.Accepts(image)))
        {
            throw new DsdException(
                $"{GetName()} takes images of shape {_architecture.Images}; given ({string.Join(", ", shape)}). "
                + "Bring the images to such a size, or build the network for their number of channels.");
        }

        _accepted = image;
    }

    /// <summary>Registers a layer under its full name: one module within another for each dot.</summary>
    private void Place(string name, nn.Module layer)
    {
        nn.Module parent = this;
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

    /// <summary>A part of the name of the layers in it, and nothing else.</summary>
    private sealed class Group(string name) : nn.Module(name);
}
