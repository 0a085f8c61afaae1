using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>The base class of image networks: images in, one unnormalised score per class out.</summary>
internal abstract class ImageNetwork : nn.Module<Tensor, Tensor>
{
    private protected ImageNetwork(string name, ImageArchitecture architecture)
        : base(name) => Layers = new(this, architecture);

    /// <summary>The layers.</summary>
    public ImageLayers Layers { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => Layers.Scores(input);
}
