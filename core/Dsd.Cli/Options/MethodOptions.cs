using System.CommandLine;
using System.Text.Json;
using Dsd.Schedules;

namespace Dsd.Cli;

/// <summary>The options that train published methods by their names.</summary>
internal sealed class MethodOptions
{
    public const string Name = "--method";
    private const string WithName = "--with";
    private const double DefaultRate = 0.02;

    private static readonly Duration s_duration = Duration.Epochs(12);

    private readonly Option<string[]> _method = new(Name)
    {
        Description = $"Train a published method, such as rigl; 'dsd methods' lists them. Repeatable: one arm each, all compared. By default {s_duration} in all.",
        HelpName = "NAME",
    };

    private readonly Option<string[]> _with = new(WithName)
    {
        Description = "Set a parameter of the methods: interval=50st, distribution=erk, pattern=2:4, rate='{\"cosine\": {\"from\": 0.1}}'; of one of several, rigl.fraction=0.2. 'dsd methods NAME' lists them. Repeatable.",
        HelpName = "PARAMETER=VALUE",
    };

    public void AddTo(Command command)
    {
        _method.CompletionSources.Add(_ => Method.All.Select(m => m.Name));
        _with.CompletionSources.Add(context => Method.All
            .Where(m => Names(context.ParseResult) is { Count: 0 } || Names(context.ParseResult).Contains(m.Name))
            .SelectMany(m => m.Parameters)
            .Select(p => p.Name + "=")
            .Distinct());
        command.Options.Add(_method);
        command.Options.Add(_with);
    }

    /// <summary>The methods that are named.</summary>
    public List<string> Names(ParseResult parsed) => [.. parsed.GetValue(_method) ?? []];

    /// <summary>The options that are given, as messages name them.</summary>
    public IEnumerable<string> Given(ParseResult parsed) => new Option[] { _method, _with }.Where(parsed.IsGiven).Select(o => o.Name);

    /// <summary>Creates the arms of the methods, and collects every problem with their names and values.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="given">The values of other options.</param>
    /// <param name="problems">The problems of the command line.</param>
    /// <returns>One arm for each method, in order; null if there is a problem, or no method.</returns>
    public List<Arm>? Read(ParseResult parsed, IEnumerable<MethodSetting> given, Problems problems)
    {
        var names = Names(parsed);
        var methods = names.Distinct().Select(name => problems.Read(() => Named(name))).OfType<Method>().ToList();
        foreach (var twice in names.GroupBy(n => n).Where(n => n.Count() > 1))
        {
            problems.Check(() => throw new DsdException($"{Name} {twice.Key} is given {twice.Count()} times; an arm of each method is enough."));
        }

        var settings = (parsed.GetValue(_with) ?? []).Select(text => problems.Read(() => Setting(text))).OfType<MethodSetting>().Concat(given).ToList();
        if (names.Count == 0)
        {
            problems.Check(() => _ = settings.Count == 0 ? 0 : throw new DsdException($"{settings[0].Source} sets a parameter of a method, and none is given. Add {Name} NAME; 'dsd methods' lists them."));
            return null;
        }

        foreach (var setting in settings.Where(s => s.Method is not null && !names.Contains(s.Method)))
        {
            problems.Check(() => throw new DsdException($"{setting.Source}: the method '{setting.Method}' is not trained here. {NearestNames.Sentence(setting.Method!, names)}"));
        }

        var arms = methods.Select(m => Arm(m, [.. settings.Where(s => s.Method is null || s.Method == m.Name)], problems)).OfType<Arm>().ToList();
        return arms.Count == names.Count ? arms : null;
    }

    private static Arm? Arm(Method method, List<MethodSetting> settings, Problems problems)
    {
        var values = new Dictionary<string, object?>();
        var isRead = true;
        foreach (var setting in settings)
        {
            isRead &= problems.Read(() => values.TryAdd(setting.Parameter, Value(method, setting))
                ? values
                : throw new DsdException($"{setting.Source}: {method.Name} has a value for '{setting.Parameter}' already, by {settings.First(s => s.Parameter == setting.Parameter).Source}. Give it once.")) is not null;
        }

        if (!isRead)
        {
            return null;
        }

        foreach (var parameter in method.Parameters.Where(p => p.IsRequired))
        {
            values.TryAdd(parameter.Name, parameter.Type == typeof(Duration) ? s_duration : Rate(parameter, DefaultRate));
        }

        return problems.Read(() =>
        {
            try
            {
                return new Arm(method.Name, method.Invoke(values));
            }
            catch (ArgumentException e)
            {
                var source = settings.FirstOrDefault(s => s.Parameter == e.ParamName)?.Source ?? $"{Name} {method.Name}";
                throw new DsdException($"{source}: {e.Message.Split(" (Parameter '")[0]}", e);
            }
        });
    }

    private static object Value(Method method, MethodSetting setting)
    {
        if (method.Parameters.FirstOrDefault(p => p.Name == setting.Parameter) is not { } parameter)
        {
            throw new DsdException($"{setting.Source}: the method {method.Name} has no parameter '{setting.Parameter}'. {NearestNames.Sentence(setting.Parameter, method.Parameters.Select(p => p.Name))}");
        }

        if (setting.Text is not { } text)
        {
            return setting is { Parameter: "rate", Value: double rate } ? Rate(parameter, rate) : setting.Value!;
        }

        try
        {
            using var document = Document(text);
            return MethodJson.Value(parameter, new JsonPlace(document.RootElement, setting.Source));
        }
        catch (JsonFormatException e)
        {
            throw new DsdException($"{e.Message}.", e);
        }
    }

    /// <summary>A rate by its start, from which it falls to 0 along a cosine where the method takes a curve.</summary>
    private static object Rate(MethodParameter parameter, double rate) => parameter.Type == typeof(double) ? rate : LearningRate.Cosine(rate);

    /// <summary>Reads a value as JSON if it is, or else as a text.</summary>
    private static JsonDocument Document(string text)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException)
        {
            return JsonDocument.Parse(JsonSerializer.Serialize(text));
        }
    }

    private static MethodSetting Setting(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        if (at <= 0 || at == text.Length - 1)
        {
            throw new DsdException($"{WithName} {text}: write a parameter, '=' and a value, such as sparsity=0.9 or rigl.fraction=0.2.");
        }

        var (path, source) = (text[..at], $"{WithName} {text}");
        var dot = path.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? new(source, null, path, text[(at + 1)..]) : new(source, path[..dot], path[(dot + 1)..], text[(at + 1)..]);
    }

    private static Method Named(string name)
    {
        try
        {
            return Method.Named(name);
        }
        catch (DsdException e)
        {
            throw new DsdException($"{Name}: {char.ToLowerInvariant(e.Message[0])}{e.Message[1..]}", e);
        }
    }
}
