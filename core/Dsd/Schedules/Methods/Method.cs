using System.Globalization;
using System.Reflection;

namespace Dsd.Schedules;

/// <summary>A published way to train with masks, by name: its parameters, its source, and its schedule for given values.</summary>
public sealed record Method
{
    private static readonly Dictionary<string, string> s_descriptions = new()
    {
        ["duration"] = "The total length, such as 10ep or 5000st.",
        ["rate"] = "The learning rate over the total length; of lottery-ticket, lr-rewinding and n-of-m over one training; of dsd, dsdsd and same-rates at the start. --rate is the start of a cosine to 0; a number in JSON or by --with is constant.",
        ["sparsity"] = "The fraction of weights pruned, above 0 and below 1; where a threshold or given masks decide, the most that may be pruned of a layer.",
        ["secondSparsity"] = "The fraction pruned in the second round, above 0 and below 1.",
        ["backwardSparsity"] = "The fraction of weights that are not trained, at least 0 and at most the sparsity.",
        ["interval"] = "The time between two mask updates. Default: 100 steps; of set, 1 epoch.",
        ["fraction"] = "The fraction of kept weights that is exchanged at first, above 0 and below 1.",
        ["annealing"] = "The course of that fraction: cosine, linear or constant.",
        ["until"] = "The fraction of the length at which updates end, above 0 and at most 1.",
        ["dense"] = "The fraction of the length that is dense before the first mask.",
        ["cycle"] = "The fraction of the length of each phase between the first and the last.",
        ["last"] = "The fraction of the length of the last, sparse phase.",
        ["rounds"] = "The number of sparse rounds, at least 1.",
        ["rewindTo"] = "The part of one training to which weights or rates return, at least 0 and below 1.",
        ["keep"] = "The number N of weights kept in each group.",
        ["of"] = "The number M of neighbours in a group.",
        ["decay"] = "The weight decay of pruned weights, at least 0; of top-kast before it is divided by the density.",
        ["deviations"] = "The threshold in standard deviations of a layer's weights, above 0.",
        ["margin"] = "The fraction of the threshold within which weights do not change, at least 0 and below 1.",
        ["criterion"] = "The ranking of the weights: magnitude, random, weightTimesGradient, gradient, movement, or as in a schedule's JSON. Default: magnitude.",
        ["distribution"] = "The distribution over layers: uniform, global, erk, er, or as in a schedule's JSON. Default: that of the source.",
        ["pattern"] = "The pattern of masks: element, 2:4 (N of M), 4x4 (blocks), row, filter, column, channel, or as in a schedule's JSON. Default: single weights.",
        ["layers"] = "The scope of pruning, as the rules of a schedule's JSON. Default: linear, convolutional and recurrent layers but the first convolution.",
    };

    private readonly MethodInfo _function;

    private Method(MethodAttribute about, MethodInfo function)
    {
        Name = about.Name;
        Summary = about.Summary;
        Source = about.Source;
        _function = function;
        Parameters = function.GetParameters().Select(Describe).ToValueList();
    }

    /// <summary>All methods, in the order of their names.</summary>
    public static ValueList<Method> All { get; } = typeof(Methods).GetMethods(BindingFlags.Public | BindingFlags.Static)
        .Select(m => (About: m.GetCustomAttribute<MethodAttribute>(), Function: m))
        .Where(m => m.About is not null)
        .Select(m => new Method(m.About!, m.Function))
        .OrderBy(m => m.Name, StringComparer.Ordinal)
        .ToValueList();

    /// <summary>The methods that Dsd leaves out, with the reason.</summary>
    public static IReadOnlyDictionary<string, string> LeftOut { get; } = new Dictionary<string, string>
    {
        ["snfs"] = "sparse networks from scratch (Dettmers and Zettlemoyer, 2019) moves weights between layers at every update, so that no plan could say what each layer keeps; rigl exchanges within layers",
        ["dsr"] = "dynamic sparse reparameterization (Mostafa and Wang, 2019) moves weights between layers at every update, so that no plan could say what each layer keeps; set exchanges within layers",
    };

    /// <summary>The name in files and on the command line, e.g. <c>"rigl"</c>.</summary>
    public string Name { get; }

    /// <summary>The name of the function in <see cref="Methods"/>, e.g. <c>"Rigl"</c>.</summary>
    internal string Function => _function.Name;

    /// <summary>What the method does, in one sentence.</summary>
    public string Summary { get; }

    /// <summary>The publication.</summary>
    public string Source { get; }

    /// <summary>The parameters, in the order of the C# function.</summary>
    public ValueList<MethodParameter> Parameters { get; }

    /// <summary>Finds a method.</summary>
    /// <param name="name">Its name, e.g. <c>"rigl"</c>.</param>
    /// <exception cref="DsdException">There is none; the message lists the nearest names, or says why it is left out.</exception>
    public static Method Named(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return All.FirstOrDefault(m => m.Name == name) ?? throw new DsdException(LeftOut.TryGetValue(name, out var reason)
            ? $"The method '{name}' is left out: {reason}."
            : $"There is no method '{name}'. {NearestNames.Sentence(name, All.Select(m => m.Name))}");
    }

    /// <summary>Creates the method's schedule.</summary>
    /// <param name="values">The values by parameter; those left out have their defaults.</param>
    /// <exception cref="DsdException">A parameter is unknown (the message lists the nearest), missing, of another type or outside its range.</exception>
    public Schedule Create(IReadOnlyDictionary<string, object?> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Keys.FirstOrDefault(k => Parameters.All(p => p.Name != k)) is { } unknown)
        {
            throw new DsdException($"The method {Name} has no parameter '{unknown}'. {NearestNames.Sentence(unknown, Parameters.Select(p => p.Name))}");
        }

        if (Parameters.Where(p => p.IsRequired && values.GetValueOrDefault(p.Name) is null).Select(p => $"'{p.Name}'").ToList() is { Count: > 0 } missing)
        {
            throw new DsdException($"The method {Name} needs {string.Join(" and ", missing)}.");
        }

        try
        {
            return Invoke(values);
        }
        catch (ArgumentException e)
        {
            throw new DsdException($"The method {Name}: {e.Message.Split(" (Parameter '")[0]}{(e is ArgumentOutOfRangeException { ActualValue: { } got } ? string.Create(CultureInfo.InvariantCulture, $" Got {got}.") : "")}", e);
        }
    }

    /// <summary>Calls the function with values of known parameters, the required ones among them.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the exception names the parameter.</exception>
    internal Schedule Invoke(IReadOnlyDictionary<string, object?> values)
    {
        var arguments = Parameters.Zip(_function.GetParameters(), (p, f) => values.GetValueOrDefault(p.Name) is { } value ? Checked(p, value) : f.HasDefaultValue ? f.DefaultValue : null).ToArray();
        return (Schedule)_function.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, CultureInfo.InvariantCulture)!;
    }

    /// <summary>Formats the name.</summary>
    public override string ToString() => Name;

    private object Checked(MethodParameter parameter, object value) => parameter.Type.IsInstanceOfType(value)
        ? value
        : throw new DsdException($"The method {Name}: its parameter '{parameter.Name}' is a {parameter.Type.Name}, not a {value.GetType().Name}.");

    private static MethodParameter Describe(ParameterInfo parameter) => new(
        parameter.Name!,
        s_descriptions[parameter.Name!],
        !parameter.HasDefaultValue || parameter.DefaultValue is null ? null
            : parameter.DefaultValue is Enum word ? word.ToString().ToLowerInvariant()
            : Convert.ToString(parameter.DefaultValue, CultureInfo.InvariantCulture),
        !parameter.HasDefaultValue)
    {
        Type = parameter.ParameterType,
    };
}
