using Dsd.Plans;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>A network that can be asked for by name: what it is, its shape as plain data, and how to build it.</summary>
/// <remarks>Reading an entry or its shape loads no native library; only <see cref="Create"/> does.</remarks>
public sealed record ModelEntry
{
    /// <summary>The largest factor on a network's width: 4.</summary>
    public const double LargestWidth = LayerWidth.Largest;

    private readonly Func<int, int, double, ModelShape> _shape;
    private readonly Func<int, int, double, nn.Module> _create;

    /// <summary>Describes a network of any width.</summary>
    /// <param name="shape">Gives the shape for (inputs, classes, width), without any tensor.</param>
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

    /// <summary>Describes a network of one width.</summary>
    /// <param name="shape">Gives the shape for (inputs, classes), without any tensor.</param>
    /// <param name="create">Builds the network with random weights for (inputs, classes).</param>
    /// <exception cref="ArgumentNullException">A function is null.</exception>
    public ModelEntry(Func<int, int, ModelShape> shape, Func<int, int, nn.Module> create)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(create);
        _shape = (inputs, classes, _) => shape(inputs, classes);
        _create = (inputs, classes, _) => create(inputs, classes);
    }

    /// <summary>The name to ask for it by, in lower case with hyphens, e.g. <c>"lenet-5"</c>.</summary>
    public required string Name { get; init; }

    /// <summary>One line that says what it is.</summary>
    public required string Description { get; init; }

    /// <summary>The paper it comes from.</summary>
    public required string Source { get; init; }

    /// <summary>What it takes in and gives out, and so which data it can learn from.</summary>
    public required TaskKind Kind { get; init; }

    /// <summary>How the paper on Dense-Sparse-Dense training trained it, or null for a network that is not in it.</summary>
    public PaperPreset? Paper { get; init; }

    /// <summary>Whether it can be made narrower or wider than it was published.</summary>
    public bool HasWidth { get; }

    /// <summary>The parameters as plain data, in the order in which the built network lists them.</summary>
    /// <param name="inputs">What it reads: channels of images, symbols of a text, numbers of an image's feature, bins of a spectrogram; at least 1.</param>
    /// <param name="classes">What it tells apart: classes, symbols, words or characters (with CTC's blank); at least 1.</param>
    /// <param name="width">The factor on its channels or units, above 0; 1 is the network as published. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    /// <exception cref="DsdException">The network has one width, and another is asked for.</exception>
    public ModelShape Shape(int inputs = 1, int classes = 10, double width = 1) => _shape(inputs, classes, Checked(width));

    /// <summary>A new network with random weights, on the CPU and in training mode.</summary>
    /// <param name="inputs">What it reads, as for <see cref="Shape"/>; at least 1.</param>
    /// <param name="classes">What it tells apart, as for <see cref="Shape"/>; at least 1.</param>
    /// <param name="width">The factor on its channels or units, above 0; 1 is the network as published. Default 1.</param>
    /// <returns>The network; the caller disposes of it. Its class says what it takes in and gives out; those for images and text are <c>Module&lt;Tensor, Tensor&gt;</c>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    /// <exception cref="DsdException">The network has one width, and another is asked for.</exception>
    public nn.Module Create(int inputs = 1, int classes = 10, double width = 1) => _create(inputs, classes, Checked(width));

    private double Checked(double width) => HasWidth || width == 1
        ? width
        : throw new DsdException(FormattableString.Invariant($"width {width}: {Name} has one width; leave it out, or give 1."));
}
