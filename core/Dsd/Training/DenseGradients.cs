using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Keeps the gradients of the last step as the backward pass left them, before masking, clipping and the optimiser, while a mask choice may need them.</summary>
/// <param name="parameters">The model's parameters by name.</param>
internal sealed class DenseGradients(IReadOnlyDictionary<string, Parameter> parameters) : IDisposable
{
    private readonly Dictionary<string, Tensor> _kept = [];

    /// <summary>Copies the current gradients of some parameters; 0 where the loss does not reach a parameter.</summary>
    public void Keep(IEnumerable<string> names)
    {
        Dispose();
        using var guard = no_grad();
        foreach (var name in names)
        {
            using var gradient = parameters[name].grad;
            _kept[name] = (gradient?.detach().clone() ?? zeros_like(parameters[name])).DetachFromDisposeScope();
        }
    }

    /// <summary>Returns the kept gradient of a parameter, or null if there is none.</summary>
    public Tensor? Of(string name) => _kept.GetValueOrDefault(name);

    /// <summary>Returns a deep copy of the kept gradients; the caller owns it.</summary>
    public Dictionary<string, Tensor> Capture() => _kept.ToDictionary(g => g.Key, g => g.Value.clone().DetachFromDisposeScope());

    /// <summary>Replaces the kept gradients by a copy of captured ones.</summary>
    public void Restore(Dictionary<string, Tensor> captured)
    {
        Dispose();
        captured.ToList().ForEach(g => _kept[g.Key] = g.Value.clone().DetachFromDisposeScope());
    }

    /// <summary>Releases the kept gradients.</summary>
    public void Dispose()
    {
        foreach (var gradient in _kept.Values)
        {
            gradient.Dispose();
        }

        _kept.Clear();
    }
}
