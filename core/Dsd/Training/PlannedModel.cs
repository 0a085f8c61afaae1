using Dsd.Execution;
using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>The parameters, by name, of a live model that matches a plan.</summary>
internal sealed class PlannedModel
{
    // TorchSharp exposes a tensor's memory as one span of bytes, and scores may be double.
    private const long MaxWeights = int.MaxValue / sizeof(double);

    private readonly Plan _plan;
    private readonly nn.Module _model;

    /// <exception cref="DsdException">The model's shape differs from the plan's, or a tensor has more than 268,435,455 weights.</exception>
    public PlannedModel(Plan plan, nn.Module model)
    {
        (_plan, _model) = (plan, model);
        CheckShape();
        Parameters = ModelInspection.ParametersByName(model);
    }

    /// <summary>The model's name.</summary>
    public string Name => _model.GetName();

    /// <summary>The parameters at the time of binding.</summary>
    public Dictionary<string, Parameter> Parameters { get; }

    /// <summary>Captures a deep copy of weights and buffers.</summary>
    public Dictionary<string, Tensor> Capture()
    {
        using var guard = no_grad();
        return _model.state_dict().ToDictionary(t => t.Key, t => t.Value.detach().clone().DetachFromDisposeScope());
    }

    /// <summary>Lists the parameters that have a gradient.</summary>
    public ValueList<string> WithGradient()
    {
        var names = new List<string>();
        foreach (var (name, parameter) in Parameters)
        {
            using var gradient = parameter.grad;
            if (gradient is not null)
            {
                names.Add(name);
            }
        }

        return names.ToValueList();
    }

    /// <summary>Restores captured weights and buffers. Gradients left by another run do not belong to this one: parameters that had one get zeros, and the others none.</summary>
    public void Restore(IReadOnlyDictionary<string, Tensor> captured, ValueList<string>? withGradient)
    {
        using var guard = no_grad();
        foreach (var (name, value) in _model.state_dict())
        {
            value.copy_(captured[name]);
        }

        foreach (var parameter in _model.parameters())
        {
            TensorMemory.DropGradient(parameter);
        }

        foreach (var parameter in (withGradient ?? []).Where(Parameters.ContainsKey).Select(name => Parameters[name]))
        {
            using var zeros = zeros_like(parameter);
            parameter.grad = zeros;
        }
    }

    /// <summary>Returns the live parameters and buffers by name; the caller's scope owns them.</summary>
    public Dictionary<string, Tensor> State() => _model.state_dict();

    /// <summary>True if a parameter or buffer is one of some layers' own; a parameter in several places if one of them is.</summary>
    /// <param name="layers">The names of the layers; null for all.</param>
    /// <param name="name">Any name of the parameter or buffer.</param>
    public bool IsIn(ValueList<string>? layers, string name) => layers is null
        || (Parameters.TryGetValue(name, out var parameter) ? Parameters.Where(p => p.Value.Handle == parameter.Handle).Select(p => p.Key) : [name]).Any(n => layers.Contains(ParameterShape.LayerOf(n)));

    /// <summary>Returns parameters and buffers to earlier values, each once.</summary>
    /// <param name="values">The values by name.</param>
    /// <param name="layers">The names of the layers that return; null for all.</param>
    /// <param name="only">Returns the mask of the weights of a parameter that return, by the name that it has in plans; null for all.</param>
    public void Return(IReadOnlyDictionary<string, Tensor> values, ValueList<string>? layers, Func<string, BitMask?> only)
    {
        using var guard = no_grad();
        foreach (var (name, value) in _model.state_dict().DistinctBy(t => t.Value.Handle).Where(t => IsIn(layers, t.Key)))
        {
            // A parameter in several places has its mask under the first of them in the order of layers, which the model's own listing need not have.
            var mask = Parameters.FirstOrDefault(p => p.Value.Handle == value.Handle).Key is { } owner ? only(owner) : null;
            value.copy_(mask is null ? values[name] : where(MaskedMemory.Pruned(mask, value.shape, value.device), value, values[name]));
        }
    }

    /// <summary>Rejects an optimiser that does not train what the plan prunes.</summary>
    /// <exception cref="DsdException">It does not.</exception>
    public void CheckThatThePrunedIsTrained(LiveOptimizer optimizer)
    {
        var pruned = _plan.Phases.SelectMany(p => p.Layers).Where(l => l.IsPruned).Select(l => l.Parameter);
        if (pruned.FirstOrDefault(name => !Parameters[name].requires_grad || !optimizer.Trains(Parameters[name])) is { } frozen)
        {
            throw new DsdException($"The plan prunes {frozen}, which is not trained: it needs no gradient, or the optimiser was made without it. Keep it dense, with layers => layers.Keep(\"{frozen}\"), or train it.");
        }
    }

    /// <summary>Rejects a model whose parameters have been replaced by other tensors.</summary>
    /// <exception cref="DsdException">They are.</exception>
    public void CheckThatItStays()
    {
        var now = ModelInspection.ParametersByName(_model);
        var moved = Parameters.FirstOrDefault(p => !now.TryGetValue(p.Key, out var parameter) || p.Value.IsInvalid || parameter.Handle != p.Value.Handle).Key;
        if (moved is not null)
        {
            throw Moved(moved);
        }
    }

    /// <summary>Rejects a model of which a parameter was disposed, as those are of a model that is moved or converted; takes no time.</summary>
    /// <exception cref="DsdException">One was.</exception>
    public void CheckThatItLives()
    {
        foreach (var (name, parameter) in Parameters)
        {
            if (parameter.IsInvalid)
            {
                throw Moved(name);
            }
        }
    }

    /// <summary>Rejects weights that training cannot start from.</summary>
    /// <exception cref="DsdException">A trained parameter holds NaN or an infinite value.</exception>
    public void CheckThatWeightsAreFinite()
    {
        if (TrainingFaults.BadWeight(_model) is { } bad)
        {
            throw new DsdException($"{bad} before the first step, so that nothing can be learnt from there. Check the code or file that sets the weights.");
        }
    }

    /// <summary>Rejects a step after which no trained parameter has a gradient.</summary>
    /// <exception cref="DsdException">None has.</exception>
    public void CheckThatSomethingHasAGradient(long step)
    {
        foreach (var parameter in Parameters.Values)
        {
            using var gradient = parameter.requires_grad ? parameter.grad : null;
            if (gradient is not null)
            {
                return;
            }
        }

        throw new DsdException(FormattableString.Invariant($"{_model.GetName()}: no trained parameter has a gradient after the backward pass of step {step}. The loss must be computed by this model, not be detached from it, and go backward before gradients are masked."));
    }

    private static DsdException Moved(string parameter) =>
        new($"The parameter {parameter} is not the tensor it was when the session was made. Move or convert the model first, then make the optimiser and the session.");

    private void CheckShape()
    {
        var shape = ModelInspection.ShapeToPlan(_model);
        if (shape.Parameters.FirstOrDefault(p => p.Count > MaxWeights) is { } large)
        {
            throw new DsdException(FormattableString.Invariant($"The parameter {large.Name} holds {large.Count:N0} weights; a single tensor may hold at most {MaxWeights:N0}. Split the layer."));
        }

        if (shape.Fingerprint == _plan.Shape.Fingerprint)
        {
            return;
        }

        var (planned, live) = (_plan.Shape.Parameters.Select(Show).ToList(), shape.Parameters.Select(Show).ToList());
        var differences = planned.Except(live).Take(3).Select(p => $"the plan has {p}").Concat(live.Except(planned).Take(3).Select(p => $"the model has {p}"))
            .DefaultIfEmpty("the same layers stand in another order or are of other kinds");
        throw new DsdException($"The plan was made for another network: {string.Join("; ", differences)}. Make the plan from this model, with schedule.On(model, stepsPerEpoch).");

        static string Show(ParameterShape p) => $"{p.Name} ({p.DimsText})";
    }
}
