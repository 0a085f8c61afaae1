using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Dsd.Masks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Optimizers;

/// <summary>A live TorchSharp optimiser: its learning rate and its state for each parameter.</summary>
/// <remarks>
/// State is found by the types of an optimiser state's fields, so that optimisers work which this library does not know:
/// tensors of the parameter's shape are state of its weights, numbers count steps.
/// </remarks>
internal sealed class LiveOptimizer : IWeightState
{
    private static readonly ConcurrentDictionary<Type, FieldInfo[]> s_fields = new();
    private static readonly JsonSerializerOptions s_numbers = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    private readonly OptimizerHelper _optimizer;
    private readonly double[] _ratios;

    public LiveOptimizer(optim.Optimizer optimizer)
    {
        const string Others = "Use SGD, Adam, AdamW, RMSProp, Adagrad, Adadelta, Adamax, NAdam, RAdam or ASGD";
        _optimizer = optimizer switch
        {
            LBFGS => throw new DsdException($"LBFGS computes the loss several times a step, through a closure, and moves all weights along one line; under a session a step is one backward pass, after which masks hold. {Others}."),
            Rprop => throw new DsdException($"Rprop chooses each weight's step by itself and takes no learning rate after the first step, so that the rates of a schedule would do nothing. {Others}."),
            OptimizerHelper helper => helper,
            _ => throw new DsdException($"The optimiser {optimizer.GetType().Name} does not show its state, which a session clears for regrown weights. {Others}, or derive yours from OptimizerHelper."),
        };
        if (Parameters.ToList().FindIndex(p => p.IsInvalid) is >= 0 and var gone)
        {
            throw Gone(gone + 1);
        }

        try
        {
            _ = _optimizer.state_dict();
        }
        catch (KeyNotFoundException) when (optimizer.GetType().Assembly == typeof(SGD).Assembly)
        {
            // A group may hold a query that walks through the model: it finds the new parameters, for which there is no state.
            throw Gone(1);
        }

        var rates = optimizer.ParamGroups.Select(g => g.LearningRate).ToList();
        if (rates[0] <= 0 && rates.Any(r => r != rates[0]))
        {
            throw new DsdException("The optimiser's first parameter group has a rate of 0, so the other groups' rates have no ratio to it to keep. Give the first group a rate above 0.");
        }

        _ratios = [.. rates.Select(r => rates[0] > 0 ? r / rates[0] : 1)];
    }

    /// <summary>The parameters of all groups, in order.</summary>
    public IEnumerable<Parameter> Parameters => Groups.SelectMany(g => g.Parameters);

    private IEnumerable<ParamGroup> Groups => _optimizer.ParamGroups.Cast<ParamGroup>();

    /// <summary>Creates the error for an optimiser of parameters that are no more.</summary>
    /// <param name="place">The first such parameter, from 1.</param>
    public static DsdException Gone(int place) => new(FormattableString.Invariant(
        $"Parameter {place} of the optimiser does not exist any more: the model was moved, converted or disposed after the optimiser was made. Move or convert the model first, then make the optimiser and the session."));

    /// <summary>True if a parameter is in some group.</summary>
    public bool Trains(Parameter parameter) => IndexOf(parameter) >= 0;

    /// <summary>Sets the rate of the first parameter group; the others keep the ratio to it that they had at the start.</summary>
    public void SetRate(double rate)
    {
        foreach (var (group, ratio) in _optimizer.ParamGroups.Zip(_ratios))
        {
            group.LearningRate = rate * ratio;
        }
    }

    /// <inheritdoc/>
    public void ZeroState(IReadOnlyList<(Parameter Parameter, BitMask Mask)> kept)
    {
        var masks = kept.ToLookup(k => k.Parameter.Handle, k => k.Mask);
        foreach (var (parameter, state) in Parameters.Zip(_optimizer.state_dict().State))
        {
            foreach (var mask in masks[parameter.Handle])
            {
                ZeroState(state, parameter.shape, mask);
            }
        }
    }

    /// <inheritdoc/>
    public void Reset()
    {
        using var guard = no_grad();
        foreach (var (options, state) in WithOptions())
        {
            // Initialize does not free what it replaces.
            var old = Fields(state.GetType()).Select(f => f.GetValue(state)).OfType<Tensor>().ToList();
            state.Initialize(options);
            Detach(state);
            var kept = Fields(state.GetType()).Select(f => f.GetValue(state)).OfType<Tensor>().ToHashSet(ReferenceEqualityComparer.Instance);
            old.Where(t => !kept.Contains(t)).ToList().ForEach(t => t.Dispose());
        }
    }

    /// <summary>Captures a deep copy of all state, in the order of the optimiser's parameters.</summary>
    /// <param name="names">The model's parameters by name. Default null: none is known.</param>
    public List<ParameterState> Capture(IReadOnlyDictionary<string, Parameter>? names = null)
    {
        using var guard = no_grad();
        return [.. Named(names).Select(s => new ParameterState(s.Name, new(Fields(s.State.GetType()).Select(f => KeyValuePair.Create(
            f.Name,
            f.GetValue(s.State) is Tensor t ? t.detach().clone().DetachFromDisposeScope() : f.GetValue(s.State))))))];
    }

    /// <summary>Restores a captured copy, which stays usable.</summary>
    /// <exception cref="DsdException">It is of another optimiser or network; nothing is changed.</exception>
    public void Restore(IReadOnlyList<ParameterState> captured, IReadOnlyDictionary<string, Parameter>? names = null) => Prepare(captured, names)();

    /// <summary>Checks a captured copy against the parameters and fields of this optimiser, and returns the action that restores it.</summary>
    /// <exception cref="DsdException">It lacks one of them, or has one of another shape or type.</exception>
    public Action Prepare(IReadOnlyList<ParameterState> captured, IReadOnlyDictionary<string, Parameter>? names = null)
    {
        var byName = captured.ToDictionary(c => c.Parameter, c => c.Fields);
        var changes = new List<(OptimizerState State, FieldInfo Field, object? Value, Device Device)>();
        foreach (var (name, parameter, state) in Named(names))
        {
            foreach (var field in Fields(state.GetType()))
            {
                if (!byName.TryGetValue(name, out var fields) || !fields.TryGetValue(field.Name, out var value) || !Fits(value, field, parameter, state, out var own))
                {
                    throw new DsdException($"The state of the optimiser has no '{field.Name}' of the parameter {name} as this one needs it: it is of another optimiser or another network.");
                }

                var device = (field.GetValue(state) as Tensor)?.device ?? (own is Tensor tensor && tensor.shape.SequenceEqual(parameter.shape) ? parameter.device : CPU);
                changes.Add((state, field, own, device));
            }
        }

        return () =>
        {
            using var guard = no_grad();
            foreach (var (state, field, value, device) in changes)
            {
                (field.GetValue(state) as Tensor)?.Dispose();
                field.SetValue(state, value is Tensor tensor ? tensor.to(device).clone().DetachFromDisposeScope() : value);
            }
        };
    }

    /// <summary>True if a captured value can be a field's: a tensor of the shape and type of the present one or of the parameter, or a number of the field's type, also one from a file.</summary>
    private static bool Fits(object? value, FieldInfo field, Parameter parameter, OptimizerState state, out object? own)
    {
        own = value;
        if (field.FieldType == typeof(Tensor))
        {
            return value is null || (value is Tensor tensor && (field.GetValue(state) is Tensor now
                ? tensor.shape.SequenceEqual(now.shape) && tensor.dtype == now.dtype
                : tensor.shape.SequenceEqual(parameter.shape) && tensor.dtype == parameter.dtype));
        }

        var type = Nullable.GetUnderlyingType(field.FieldType) ?? field.FieldType;
        if (value is not JsonElement number)
        {
            return value is null ? type != field.FieldType : value.GetType() == type;
        }

        try
        {
            own = number.Deserialize(field.FieldType, s_numbers);
            return own is not null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            return false;
        }
    }

    private IEnumerable<(string Name, Parameter Parameter, OptimizerState State)> Named(IReadOnlyDictionary<string, Parameter>? names)
    {
        var byHandle = (names ?? new Dictionary<string, Parameter>()).GroupBy(n => n.Value.Handle).ToDictionary(g => g.Key, g => g.First().Key);
        return Groups.SelectMany(g => g.Parameters).Zip(_optimizer.state_dict().State)
            .Select((p, i) => (byHandle.GetValueOrDefault(p.First.Handle) ?? string.Create(CultureInfo.InvariantCulture, $"#{i}"), p.First, p.Second));
    }

    private static void ZeroState(OptimizerState state, long[] shape, BitMask kept)
    {
        foreach (var field in Fields(state.GetType()))
        {
            if (field.GetValue(state) is Tensor tensor && tensor.shape.SequenceEqual(shape))
            {
                MaskedMemory.Zero(tensor, kept);
            }
        }
    }

    private static void Detach(OptimizerState state)
    {
        foreach (var field in Fields(state.GetType()))
        {
            (field.GetValue(state) as Tensor)?.DetachFromDisposeScope();
        }
    }

    /// <summary>The place of a parameter among those of all groups, or −1 where it is in none.</summary>
    private int IndexOf(Parameter parameter) =>
        Parameters.ToList().FindIndex(p => p.Handle == parameter.Handle);

    private IEnumerable<(OptimizerOptions Options, OptimizerState State)> WithOptions()
    {
        var states = _optimizer.state_dict().State;
        var options = Groups.SelectMany(g => g.Parameters.Select(_ => g.Options));
        return options.Zip(states);
    }

    /// <summary>The fields of an optimiser state: tensors and numbers, without its parameter.</summary>
    internal static FieldInfo[] Fields(Type type) => s_fields.GetOrAdd(type, t =>
        [.. t.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(f => f.FieldType == typeof(Tensor) || f.FieldType.IsValueType)]);
}
