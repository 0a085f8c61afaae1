using Dsd.Execution;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>The parameters and buffers of a model by name, with every place of a parameter that the model has in several.</summary>
internal sealed class ModelTensors
{
    private readonly Dictionary<string, Tensor> _tensors;
    private readonly ILookup<IntPtr, string> _places;

    public ModelTensors(nn.Module model)
    {
        // A model's own listing omits the further places of a shared parameter.
        _tensors = model.state_dict();
        foreach (var (name, parameter) in ModelInspection.ParametersByName(model))
        {
            _tensors.TryAdd(name, parameter);
        }

        _places = _tensors.ToLookup(t => t.Value.Handle, t => t.Key);
        Names = [.. _tensors.Keys];
    }

    /// <summary>The names in the model's order, then the further places of shared parameters.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The first name of each parameter and buffer, in the model's order.</summary>
    public IEnumerable<string> Owners => Names.Where(n => OwnerOf(n) == n);

    public Tensor this[string name] => _tensors[name];

    public bool Has(string name) => _tensors.ContainsKey(name);

    /// <summary>All names of what has this one.</summary>
    public IEnumerable<string> PlacesOf(string name) => _places[_tensors[name].Handle];

    /// <summary>The first name of what has this one.</summary>
    public string OwnerOf(string name) => PlacesOf(name).First();
}
