using Dsd.Plans;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>A network of the catalogue: its name, description and source, its shape as plain data, and a factory.</summary>
/// <remarks>Reading an entry or its shape loads no native library; only <see cref="Create"/> does.</remarks>
public sealed record ModelEntry
{
    /// <summary>The largest width factor: 4.</summary>
    public const double LargestWidth = LayerWidth.Largest;

    private readonly Func<int, int, double, ModelShape> _shape;
    private readonly Func<int, int, double, nn.Module> _create;

    /// <summary>Describes a network of variable width.</summary>
    /// <param name="shape">Computes the shape for (inputs, classes, width) without creating tensors.</param>
    /// <param name="create">Builds the network with random weights for (inputs, classes, width).</param>
    /// <exception cref="ArgumentNullException">A function is null.</exception>
    public ModelEntry(Func<int, int, double, ModelShape> shape, Func<int, int, double, nn.Module> create)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(create);
        _shape = shape;
        _create = create;
        HasWidth = true;
    }

    /// <summary>Describes a network of fixed width.</summary>
    /// <param name="shape">Computes the shape for (inputs, classes) without creating tensors.</param>
    /// <param name="create">Builds the network with random weights for (inputs, classes).</param>
    /// <exception cref="ArgumentNullException">A function is null.</exception>
    public ModelEntry(Func<int, int, ModelShape> shape, Func<int, int, nn.Module> create)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(create);
        _shape = (inputs, classes, _) => shape(inputs, classes);
        _create = (inputs, classes, _) => create(inputs, classes);
    }

    /// <summary>The unique name, in lower case with hyphens, e.g. <c>"lenet-5"</c>.</summary>
    public required string Name { get; init; }

    /// <summary>A one-line description.</summary>
    public required string Description { get; init; }

    /// <summary>The paper or papers that define the network.</summary>
    public required string Source { get; init; }

    /// <summary>The kind of task, which decides what data the network can be trained on.</summary>
    public required TaskKind Kind { get; init; }

    /// <summary>The training recipe of the paper on Dense-Sparse-Dense training; null for a network that the paper does not cover.</summary>
    public PaperPreset? Paper { get; init; }

    /// <summary>The definition of an image network for (channels, classes, width); null for a network of other data.</summary>
    internal Func<int, int, double, ImageArchitecture>? Images { get; init; }

    /// <summary>True if the network can be built narrower or wider than published.</summary>
    public bool HasWidth { get; }

    /// <summary>Lists the parameters as plain data, in the order of the built network.</summary>
    /// <param name="inputs">The input size: image channels, symbols of the vocabulary, length of an image feature, or spectrogram bins; at least 1. Default 1.</param>
    /// <param name="classes">The output size: classes, symbols, words, or characters including CTC's blank; at least 1. Default 10.</param>
    /// <param name="width">The width factor, above 0 and at most <see cref="LargestWidth"/>; 1 is the network as published. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    /// <exception cref="DsdException">The network has a fixed width, and <paramref name="width"/> is not 1.</exception>
    public ModelShape Shape(int inputs = 1, int classes = 10, double width = 1) => _shape(inputs, classes, Checked(width));

    /// <summary>Explains why the network does not take images of a size, without building it; null if it does, or if it takes other data.</summary>
    /// <param name="channels">Channels of the images, at least 1.</param>
    /// <param name="height">Their height in pixels, at least 1.</param>
    /// <param name="width">Their width in pixels, at least 1.</param>
    /// <returns>E.g. <c>"takes images of shape (N, 3, H, W) with H and W at least 63; got 3×32×32"</c>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public string? ProblemOfImages(int channels, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        return Images?.Invoke(channels, 1, 1) is { } definition && !definition.Accepts(new(channels, height, width))
            ? FormattableString.Invariant($"takes images of shape {definition.Images}; got {channels}×{height}×{width}")
            : null;
    }

    /// <summary>Builds the network with random weights, on the CPU and in training mode.</summary>
    /// <param name="inputs">The input size, as for <see cref="Shape"/>; at least 1. Default 1.</param>
    /// <param name="classes">The output size, as for <see cref="Shape"/>; at least 1. Default 10.</param>
    /// <param name="width">The width factor, above 0 and at most <see cref="LargestWidth"/>; 1 is the network as published. Default 1.</param>
    /// <returns>The network, owned by the caller. Its class documents its inputs and outputs; image and text networks are <c>Module&lt;Tensor, Tensor&gt;</c>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    /// <exception cref="DsdException">The network has a fixed width, and <paramref name="width"/> is not 1.</exception>
    public nn.Module Create(int inputs = 1, int classes = 10, double width = 1) => _create(inputs, classes, Checked(width));

    private double Checked(double width) => HasWidth || width == 1
        ? width
        : throw new DsdException(FormattableString.Invariant($"width {width}: {Name} has a fixed width; leave the width out, or set it to 1."));
}
