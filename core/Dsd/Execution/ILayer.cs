using Dsd.Schedules;

namespace Dsd.Execution;

/// <summary>A custom layer: a module with its own weights that declares its kind.</summary>
/// <remarks>
/// Without this interface a module that is not one of TorchSharp's own layers is of kind <see cref="LayerKind.Other"/>, which the default scope leaves
/// dense. Those of its own parameters whose names start with <c>bias</c> are biases; all others are weights, except those in <see cref="Unpruned"/>.
/// </remarks>
public interface ILayer
{
    /// <summary>The kind of the layer.</summary>
    LayerKind Kind { get; }

    /// <summary>The names of the layer's own parameters that are treated as biases are, never pruned, e.g. scales. Default: none.</summary>
    IReadOnlyCollection<string> Unpruned => [];
}
