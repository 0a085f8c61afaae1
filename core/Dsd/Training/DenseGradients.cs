using Dsd.Optimizers;
using Dsd.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>The gradients of the last step as its backward pass left them, before masks, clipping and the optimiser, kept while a score function may ask for them.</summary>
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

    /// <summary>Does something while parameters have the kept gradients, then lets go of these; without any, parameters stay as they are.</summary>
    public T While<T>(Func<T> action)
    {
        var own = _kept.Keys.ToDictionary(name => name, name => parameters[name].grad);
        try
        {
            foreach (var (name, gradient) in _kept)
            {
                parameters[name].grad = gradient;
            }

            return action();
        }
        finally
        {
            foreach (var (name, gradient) in own)
            {
                TensorMemory.DropGradient(parameters[name]);
                if (gradient is not null)
                {
                    parameters[name].grad = gradient;
                    gradient.Dispose();
                }
            }

            Dispose();
        }
    }

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
