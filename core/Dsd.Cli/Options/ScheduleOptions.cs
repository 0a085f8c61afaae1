using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using System.Globalization;
using Dsd.Schedules;
using Dsd.Statistics;

namespace Dsd.Cli;

/// <summary>The options for the schedule: in short form, or as a file.</summary>
internal sealed class ScheduleOptions
{
    private const double DefaultSparsity = 0.3;
    private const double DefaultRate = 0.02;
    private const double SmallestRate = 1e-12;

    private static readonly Duration s_dense = Duration.Epochs(6);
    private static readonly Duration s_sparse = Duration.Epochs(3);
    private static readonly Duration s_redense = Duration.Epochs(3);

    private readonly Option<string?> _schedule = OptionOf.Path("--schedule", "A schedule in JSON, instead of the short form below.", "FILE.json");
    private readonly Option<Duration?> _dense = OptionOf.Class("--dense", Duration.Parse, $"Length of the first dense phase, such as 6ep or 500st. Default {s_dense}.", "DURATION");
    private readonly Option<Duration?> _sparse = OptionOf.Class("--sparse", Duration.Parse, $"Length of the sparse phase. Default {s_sparse}.", "DURATION");
    private readonly Option<Duration?> _redense = OptionOf.Class("--redense", Duration.Parse, $"Length of the second dense phase. Default {s_redense}.", "DURATION");
    private readonly Option<Sparsity?> _sparsity = OptionOf.Struct("--sparsity", Sparsity.Parse, $"Fraction of weights pruned in each pruned layer, at least 0 and below 1. Default {DefaultSparsity.ToString(CultureInfo.InvariantCulture)}; with --method, the method's.", "FRACTION");
    private readonly Option<double?> _rate = OptionOf.Struct("--rate", ParseRate, $"Initial learning rate; the first phase decays it to a tenth, the sparse phase stays there, the last has a hundredth. With a preset: the rate at which its first phase starts; the others keep their ratio to it. With --method: the rate at the start, which falls to 0 along a cosine (of dsd, dsdsd and same-rates, in steps of their own). Default {DefaultRate.ToString(CultureInfo.InvariantCulture)}.", "RATE");
    private readonly Option<string[]> _keep = new("--keep") { Description = "Leave these layers dense; * and ? are wildcards. Repeatable.", HelpName = "GLOB" };
    private readonly Option<string[]> _level = new("--level") { Description = "Set the sparsity of these layers. Repeatable; of all --keep and --level, the last that matches a layer wins.", HelpName = "GLOB=FRACTION" };

    private Option[] All => [_schedule, _dense, _sparse, _redense, _sparsity, _rate, _keep, _level];

    /// <summary>Adds completion of layer names.</summary>
    public void SuggestLayers(Func<CompletionContext, IEnumerable<string>> layers)
    {
        _keep.CompletionSources.Add(layers);
        _level.CompletionSources.Add(context => layers(context).Select(name => name + "="));
    }

    public void AddTo(Command command)
    {
        foreach (var option in All)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Reads the schedule, in either form.</summary>
    public Schedule Read(ParseResult parsed)
    {
        if (parsed.GetValue(_schedule) is not { } path)
        {
            return Schedule.Dsd(
                parsed.GetValue(_dense) ?? s_dense,
                parsed.GetValue(_sparse) ?? s_sparse,
                parsed.GetValue(_redense) ?? s_redense,
                (parsed.GetValue(_sparsity) ?? new Sparsity(DefaultSparsity)).Value,
                parsed.GetValue(_rate) ?? DefaultRate,
                ReadLayers(parsed));
        }

        var both = Given(parsed, [.. All.Except([_schedule])]);
        if (both.Count > 0)
        {
            throw new DsdException($"--schedule and {string.Join(", ", both)} were given together; the file is a complete schedule. Leave one or the other out.");
        }

        return ReadFile(path);
    }

    /// <summary>Reads the options that set parameters of methods.</summary>
    /// <exception cref="DsdException">An option for phases is given, which methods make themselves, or a layer rule is invalid.</exception>
    public List<MethodSetting> ForMethods(ParseResult parsed)
    {
        var phases = Given(parsed, [_schedule, _dense, _sparse, _redense]);
        if (phases.Count > 0)
        {
            throw new DsdException($"{MethodOptions.Name} and {string.Join(", ", phases)} were given together; a method has phases of its own, of --epochs in all. Leave one or the other out.");
        }

        var settings = new List<MethodSetting>();
        if (parsed.GetValue(_rate) is { } rate)
        {
            settings.Add(new(_rate.Name, null, "rate", null, rate));
        }

        if (parsed.GetValue(_sparsity) is { } sparsity)
        {
            settings.Add(new(_sparsity.Name, null, "sparsity", null, sparsity.Value));
        }

        if (Given(parsed, [_keep, _level]) is { Count: > 0 } rules)
        {
            settings.Add(new(string.Join(" and ", rules), null, "layers", null, ReadLayers(parsed)));
        }

        return settings;
    }

    /// <summary>Checks everything that does not depend on other options.</summary>
    public void CheckAlone(ParseResult parsed, Problems problems) => problems.Check(() =>
    {
        if (parsed.GetValue(_schedule) is { } path)
        {
            ReadFile(path);
        }

        ReadLayers(parsed);
    });

    /// <summary>Applies these options to the schedule of a preset or of a config: <c>--rate</c> sets the rate at which its first phase starts; the others keep their ratio to it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="schedule">The schedule.</param>
    /// <param name="option">The option that supplies it.</param>
    /// <param name="remedy">The end of the error message: the conflict and its fix.</param>
    public Schedule Change(ParseResult parsed, Schedule schedule, string option, string remedy)
    {
        var others = Given(parsed, [.. All.Except([_rate])]);
        if (others.Count > 0)
        {
            throw new DsdException($"{option} and {string.Join(", ", others)} were given together; {remedy}");
        }

        return parsed.GetValue(_rate) is { } rate ? schedule.WithRatesTimes(rate / schedule.Phases[0].Rate.From) : schedule;
    }

    /// <summary>The option and the file of a whole schedule, as messages name them; null if there is none.</summary>
    public string? FileOf(ParseResult parsed) => parsed.GetValue(_schedule) is { } path ? $"{_schedule.Name} {path}" : null;

    /// <summary>True if a whole schedule is read from a file.</summary>
    public bool IsFileGiven(ParseResult parsed) => parsed.IsGiven(_schedule);

    private static List<string> Given(ParseResult parsed, Option[] options) =>
        [.. options.Where(parsed.IsGiven).Select(o => o.Name)];

    private static Schedule ReadFile(string path)
    {
        try
        {
            return Schedule.FromJson(ReadText(path));
        }
        catch (JsonFormatException e)
        {
            throw new DsdException($"--schedule {path}: {e.Message}.", e);
        }
    }

    private static string ReadText(string path)
    {
        if (Directory.Exists(path))
        {
            throw new DsdException($"--schedule {path}: this is a folder; give a JSON file.");
        }

        if (!File.Exists(path))
        {
            throw new DsdException($"--schedule {path}: there is no such file.");
        }

        return InputText.Read($"--schedule {path}", path, "schedule", 1);
    }

    private LayerScope ReadLayers(ParseResult parsed)
    {
        // Rules apply in command-line order, across both options.
        var scope = LayerScope.Default;
        var problems = new Problems(parsed);
        foreach (var (name, value) in InOrder(parsed))
        {
            scope = problems.Read(() => string.IsNullOrWhiteSpace(value) ? throw new DsdException($"{name}: the pattern is empty; give a layer's name, such as conv1 or fc*.")
                : name == _keep.Name ? scope.Keep(value)
                : Level(scope, value)) ?? scope;
        }

        problems.Throw();
        return scope;
    }

    private IEnumerable<(string Name, string Value)> InOrder(ParseResult parsed)
    {
        var option = "";
        foreach (var token in parsed.Tokens)
        {
            if (token.Type == TokenType.Option)
            {
                option = token.Value;
            }
            else if (token.Type == TokenType.Argument && (option == _keep.Name || option == _level.Name))
            {
                yield return (option, token.Value);
            }
        }
    }

    private static LayerScope Level(LayerScope scope, string text)
    {
        var at = text.LastIndexOf('=');
        if (at < 0 || string.IsNullOrWhiteSpace(text[..at]))
        {
            throw new DsdException($"--level {text}: write a pattern, '=' and a sparsity, such as fc*=0.5.");
        }

        try
        {
            return scope.Set(text[..at], Sparsity.Parse(text[(at + 1)..]).Value);
        }
        catch (FormatException e)
        {
            throw new DsdException($"--level {text}: {e.Message}", e);
        }
    }

    private static double ParseRate(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var rate) && rate >= SmallestRate && double.IsFinite(rate)
            ? rate
            : throw new FormatException($"'{text}' is not a learning rate: give a number from 1e-12 up, such as 0.02.");
}
