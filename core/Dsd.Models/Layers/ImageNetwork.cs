using Dsd.Execution;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>The base class of image networks: images in, one unnormalised score per class out.</summary>
internal abstract class ImageNetwork : nn.Module<Tensor, Tensor>, IStackable
{
    private protected ImageNetwork(string name, ImageArchitecture architecture)
        : base(name) => Layers = new(this, architecture);

    /// <summary>The layers.</summary>
    public ImageLayers Layers { get; }

    /// <inheritdoc/>
    public string? StackingObstacle => Layers.StackingObstacle;

    /// <inheritdoc/>
    public long? CountActivations(IReadOnlyList<long> example) => Layers.Activations(example);

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => Layers.Scores(input);

    /// <inheritdoc/>
    public Tensor StackedForward(IReadOnlyDictionary<string, Tensor> tensors, Tensor inputs) => Layers.StackedScores(tensors, inputs);
}
