using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>The gradients of the last step as its backward pass left them, before masks, clipping and the optimiser, kept while a choice of masks may ask for them.</summary>
/// <param name="parameters">The model's parameters by name.</param>
internal sealed class DenseGradients(IReadOnlyDictionary<string, Parameter> parameters) : IDisposable
{
    private readonly Dictionary<string, Tensor> _kept = [];

    /// <summary>Copies the gradients of some parameters as they are now; 0 where the loss does not reach one.</summary>
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

    /// <summary>The gradient that is kept of a parameter, or null where none is.</summary>
    public Tensor? Of(string name) => _kept.GetValueOrDefault(name);

    /// <summary>A deep copy of what is kept; the caller owns it.</summary>
    public Dictionary<string, Tensor> Capture() => _kept.ToDictionary(g => g.Key, g => g.Value.clone().DetachFromDisposeScope());

    /// <summary>Keeps a copy of what was captured instead.</summary>
    public void Restore(Dictionary<string, Tensor> captured)
    {
        Dispose();
        captured.ToList().ForEach(g => _kept[g.Key] = g.Value.clone().DetachFromDisposeScope());
    }

    /// <summary>Lets go of what is kept.</summary>
    public void Dispose()
    {
        foreach (var gradient in _kept.Values)
        {
            gradient.Dispose();
        }

        _kept.Clear();
    }
}
