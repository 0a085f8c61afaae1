using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>The parameters of a network in order: names, kinds, dimensions and sharing, without any tensor.</summary>
/// <remarks>
/// Plans are resolved against it, so that planning needs no native library. It is derived from a live model by
/// <c>ModelInspection.ShapeOf</c>, or built with <see cref="Linear"/>, <see cref="Convolution"/> and similar methods.
/// </remarks>
public sealed record ModelShape
{
    /// <summary>Describes a network.</summary>
    /// <param name="parameters">The parameters in the order in which the model lists them; names must differ.</param>
    /// <exception cref="ArgumentException">
    /// Two parameters have the same name, or one is shared with a parameter that is not before it, is itself shared, or has other dimensions; or all have more than 2⁶³ − 1 elements together.
    /// </exception>
    public ModelShape(ValueList<ParameterShape> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var repeated = parameters.GroupBy(p => p.Name).FirstOrDefault(g => g.Count() > 1);
        if (repeated is not null)
        {
            throw new ArgumentException($"Two parameters are named '{repeated.Key}'; names must differ.", nameof(parameters));
        }

        var owners = new Dictionary<string, ParameterShape>();
        foreach (var parameter in parameters)
        {
            if (parameter.SharedWith is not { } name)
            {
                owners.Add(parameter.Name, parameter);
            }
            else if (!owners.TryGetValue(name, out var owner) || !owner.Dims.Equals(parameter.Dims))
            {
                throw new ArgumentException(
                    $"'{parameter.Name}' ({parameter.DimsText}) is declared as shared with '{name}', which must be an earlier parameter of the same dimensions that is not itself shared.",
                    nameof(parameters));
            }
        }

        if (owners.Values.Aggregate((Int128)0, (sum, p) => sum + p.Count) > long.MaxValue)
        {
            throw new ArgumentException("The parameters have more elements than can be counted, 2⁶³ − 1.", nameof(parameters));
        }

        Parameters = parameters;
    }

    /// <summary>The shape without parameters, to extend with <see cref="Linear"/>, <see cref="Convolution"/> and similar methods.</summary>
    public static ModelShape Empty { get; } = new([]);

    /// <summary>The parameters in order.</summary>
    public ValueList<ParameterShape> Parameters { get; }

    /// <summary>The number of elements of all parameters, shared ones counted once.</summary>
    [JsonIgnore]
    public long Count => Parameters.Where(p => p.SharedWith is null).Sum(p => p.Count);

    /// <summary>A SHA-256 over names, kinds, dimensions and sharing, in hexadecimal: equal exactly when the shapes are.</summary>
    [JsonIgnore]
    public string Fingerprint
    {
        get
        {
            var text = new StringBuilder();
            foreach (var p in Parameters)
            {
                text.Append(CultureInfo.InvariantCulture, $"{p.Name.Length}:{p.Name}|{p.Kind}|{p.IsBias}|{p.DimsText}|{p.SharedWith}\n");
            }

            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
        }
    }

    /// <summary>Appends a fully connected layer: weight (outputs × inputs), then bias (outputs).</summary>
    /// <param name="name">The layer's name, e.g. <c>"fc1"</c>.</param>
    /// <param name="inputs">The number of input features.</param>
    /// <param name="outputs">The number of output features.</param>
    /// <param name="bias">True to add a bias. Default true.</param>
    public ModelShape Linear(string name, long inputs, long outputs, bool bias = true) =>
        WithLayer(name, LayerKind.Linear, [outputs, inputs], bias);

    /// <summary>Appends a two-dimensional convolution: weight (outputs × inputs/groups × kernel × kernel), then bias.</summary>
    /// <param name="name">The layer's name, e.g. <c>"conv1"</c>.</param>
    /// <param name="inputs">The number of input channels.</param>
    /// <param name="outputs">The number of output channels.</param>
    /// <param name="kernel">Height and width of the kernel.</param>
    /// <param name="bias">True to add a bias. Default true.</param>
    public ModelShape Convolution(string name, long inputs, long outputs, long kernel, bool bias = true) =>
        WithLayer(name, LayerKind.Convolution, [outputs, inputs, kernel, kernel], bias);

    /// <summary>Appends a batch norm: scale and shift (channels each).</summary>
    /// <param name="name">The layer's name, e.g. <c>"bn1"</c>.</param>
    /// <param name="channels">The number of channels.</param>
    public ModelShape BatchNorm(string name, long channels) => With(
        new ParameterShape($"{name}.weight", LayerKind.Norm, isBias: true, [channels]),
        new ParameterShape($"{name}.bias", LayerKind.Norm, isBias: true, [channels]));

    /// <summary>Appends parameters.</summary>
    /// <param name="parameters">The parameters to append, in order.</param>
    public ModelShape With(params ReadOnlySpan<ParameterShape> parameters)
    {
        var all = Parameters;
        foreach (var parameter in parameters)
        {
            all = all.Add(parameter);
        }

        return new(all);
    }

    /// <summary>Formats the size, e.g. <c>"4 parameter tensors, 266,610 elements"</c>; <see cref="Parameters"/> lists each.</summary>
    public override string ToString() => FormattableString.Invariant($"{Parameters.Count} parameter tensors, {Count:N0} elements");

    private ModelShape WithLayer(string name, LayerKind kind, ValueList<long> dims, bool bias)
    {
        var shape = With(new ParameterShape($"{name}.weight", kind, isBias: false, dims));
        return bias ? shape.With(new ParameterShape($"{name}.bias", kind, isBias: true, [dims[0]])) : shape;
    }
}
