using Dsd.Plans;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>A network that can be asked for by name: what it is, its shape as plain data, and how to build it.</summary>
/// <remarks>Reading an entry or its shape loads no native library; only <see cref="Create"/> does.</remarks>
public sealed record ModelEntry
{
    private readonly Func<int, int, ModelShape> _shape;
    private readonly Func<int, int, nn.Module<Tensor, Tensor>> _create;

    /// <summary>Describes a network.</summary>
    /// <param name="name">The name to ask for it by, in lower case with hyphens, e.g. <c>"lenet-5"</c>; not empty.</param>
    /// <param name="description">One line that says what it is; not empty.</param>
    /// <param name="source">The paper it comes from; not empty.</param>
    /// <param name="kind">What it takes in and gives out.</param>
    /// <param name="shape">Gives the shape for (inputs, classes), without any tensor.</param>
    /// <param name="create">Builds the network with random weights for (inputs, classes).</param>
    /// <exception cref="ArgumentException">A text is empty.</exception>
    /// <exception cref="ArgumentNullException">A function is null.</exception>
    public ModelEntry(
        string name,
        string description,
        string source,
        TaskKind kind,
        Func<int, int, ModelShape> shape,
        Func<int, int, nn.Module<Tensor, Tensor>> create)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(description);
        ArgumentException.ThrowIfNullOrWhiteSpace(source);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(create);
        Name = name;
        Description = description;
        Source = source;
        Kind = kind;
        _shape = shape;
        _create = create;
    }

    /// <summary>The name to ask for it by, e.g. <c>"lenet-5"</c>.</summary>
    public string Name { get; }

    /// <summary>One line that says what it is.</summary>
    public string Description { get; }

    /// <summary>The paper it comes from.</summary>
    public string Source { get; }

    /// <summary>What it takes in and gives out, and so which data it can learn from.</summary>
    public TaskKind Kind { get; }

    /// <summary>The parameters as plain data, in the order in which the built network lists them.</summary>
    /// <param name="inputs">Channels of the images, or symbols of the text, at least 1. Default 1.</param>
    /// <param name="classes">Number of classes, or of symbols that can follow, at least 1. Default 10.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public ModelShape Shape(int inputs = 1, int classes = 10) => _shape(inputs, classes);

    /// <summary>A new network with random weights, on the CPU and in training mode.</summary>
    /// <param name="inputs">Channels of the images, or symbols of the text, at least 1. Default 1.</param>
    /// <param name="classes">Number of classes, or of symbols that can follow, at least 1. Default 10.</param>
    /// <returns>The network; it takes images (N, channels, H, W) and gives logits (N, classes), or symbols (N, T) and gives (N, T, classes). The caller disposes of it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public nn.Module<Tensor, Tensor> Create(int inputs = 1, int classes = 10) => _create(inputs, classes);
}
