using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Dsd.Data;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Schedules;

namespace Dsd.Cli;

/// <summary>The options that say what is trained and how, the same for <c>plan</c> and <c>train</c>.</summary>
internal sealed class ExperimentOptions
{
    private const double DefaultSparsity = 0.3;
    private const double DefaultRate = 0.05;

    private static readonly Duration s_dense = Duration.Epochs(6);
    private static readonly Duration s_sparse = Duration.Epochs(3);
    private static readonly Duration s_redense = Duration.Epochs(3);

    private readonly Option<string> _model = new("--model") { Description = "The network; 'dsd models' lists them.", DefaultValueFactory = _ => "lenet-5" };
    private readonly Option<string> _data = new("--data") { Description = "The data set; 'dsd data list' lists them.", DefaultValueFactory = _ => FashionMnist.Name };
    private readonly Option<string?> _schedule = new("--schedule") { Description = "A schedule in JSON, instead of the short form below.", HelpName = "FILE.json" };
    private readonly Option<Duration?> _dense = Parsed("--dense", Duration.Parse, $"Length of the first dense phase, such as 6ep or 500st. Default {s_dense}.", "DURATION");
    private readonly Option<Duration?> _sparse = Parsed("--sparse", Duration.Parse, $"Length of the sparse phase. Default {s_sparse}.", "DURATION");
    private readonly Option<Duration?> _redense = Parsed("--redense", Duration.Parse, $"Length of the second dense phase. Default {s_redense}.", "DURATION");
    private readonly Option<Sparsity?> _sparsity = ParsedValue("--sparsity", Sparsity.Parse, "Fraction of weights pruned in each pruned layer, at least 0 and below 1. Default 0.3.", "FRACTION");
    private readonly Option<double?> _rate = ParsedValue("--rate", ParseRate, "Learning rate at the start; it falls to a tenth over the first phase, where the sparse phase goes on; the last has a hundredth. Default 0.05.", "RATE");
    private readonly Option<string[]> _keep = new("--keep") { Description = "Leave these layers dense; * and ? are wildcards. Repeatable.", HelpName = "GLOB" };
    private readonly Option<string[]> _level = new("--level") { Description = "Give these layers a sparsity of their own. Repeatable; the last that matches wins.", HelpName = "GLOB=FRACTION" };
    private readonly Option<int> _batch = new("--batch") { Description = "Examples in a batch.", DefaultValueFactory = _ => 64, HelpName = "N" };
    private readonly Option<int?> _trainLimit = new("--train-limit") { Description = "Learn from the first N examples only.", HelpName = "N" };
    private readonly Option<string[]> _arms = new("--arms")
    {
        Description = "Which arms: dsd, control (the same phases and rates, no mask).",
        DefaultValueFactory = _ => ["dsd", "control"],
        CustomParser = result => [.. result.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
        HelpName = "dsd,control",
    };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _model, _data, _schedule, _dense, _sparse, _redense, _sparsity, _rate, _keep, _level, _batch, _trainLimit, _arms })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Puts what was given together; everything that needs no data and no native library is checked here.</summary>
    public Experiment Read(ParseResult parsed)
    {
        var model = ModelCatalog.Get(parsed.GetValue(_model)!);
        var data = DataCatalog.Get(parsed.GetValue(_data)!);
        var batch = parsed.GetValue(_batch);
        var examples = parsed.GetValue(_trainLimit) ?? data.TrainExamples;
        if (examples < 1 || examples > data.TrainExamples)
        {
            throw new DsdException(FormattableString.Invariant($"--train-limit {examples}: {data.Name} has {data.TrainExamples} examples to learn from; give a number from 1 to that."));
        }

        if (batch < 1 || batch > examples)
        {
            throw new DsdException(FormattableString.Invariant($"--batch {batch}: a batch holds from 1 to {examples} examples, which is all there are to learn from."));
        }

        var schedule = ReadSchedule(parsed);
        var arms = parsed.GetValue(_arms)!.Distinct().Select(name => name switch
        {
            "dsd" => Arm.Dsd(schedule),
            "control" => Arm.Control(schedule),
            _ => throw new DsdException($"--arms: there is no arm named '{name}'; allowed are dsd and control."),
        }).ToList();
        if (arms.Count == 0)
        {
            throw new DsdException("--arms: name at least one of dsd and control.");
        }

        var shape = model.Shape(data.Channels, data.Classes);
        var plans = arms.ToDictionary(a => a, a => Plan.Resolve(a.Schedule, shape, examples / batch));
        return new Experiment(model, data, schedule, arms, plans, batch, parsed.GetValue(_trainLimit));
    }

    private Schedule ReadSchedule(ParseResult parsed)
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

        var both = new Option[] { _dense, _sparse, _redense, _sparsity, _rate, _keep, _level }.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false });
        if (both is not null)
        {
            throw new DsdException($"{both.Name} and --schedule were both given; the file says it all. Leave one of them out.");
        }

        if (!File.Exists(path))
        {
            throw new DsdException($"--schedule {path}: there is no such file.");
        }

        try
        {
            const int MaxBytes = 1 << 20;
            return new FileInfo(path).Length <= MaxBytes
                ? Schedule.FromJson(File.ReadAllText(path))
                : throw new DsdException($"--schedule {path}: larger than 1 MB, which no schedule is.");
        }
        catch (ScheduleFormatException e)
        {
            throw new DsdException($"--schedule {path}: {e.Message}.", e);
        }
    }

    private LayerScope ReadLayers(ParseResult parsed)
    {
        // Rules take effect in the order in which they stand on the command line, whichever option they come from.
        var scope = LayerScope.Default;
        foreach (var (name, value) in InOrder(parsed))
        {
            if (string.IsNullOrWhiteSpace(value))
            {
                throw new DsdException($"{name}: the pattern is empty; give a layer's name, such as conv1 or fc*.");
            }

            scope = name == _keep.Name ? scope.Keep(value) : Level(scope, value);
        }

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
        if (at <= 0)
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
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var rate) && rate > 0 && double.IsFinite(rate)
            ? rate
            : throw new FormatException($"'{text}' is not a learning rate: give a number above 0, such as 0.05.");

    private static Option<T?> Parsed<T>(string name, Func<string, T> parse, string description, string helpName)
        where T : class => new(name) { Description = description, HelpName = helpName, CustomParser = result => TryParse(name, parse, result, out var value) ? value : null };

    private static Option<T?> ParsedValue<T>(string name, Func<string, T> parse, string description, string helpName)
        where T : struct => new(name) { Description = description, HelpName = helpName, CustomParser = result => TryParse(name, parse, result, out var value) ? value : null };

    private static bool TryParse<T>(string name, Func<string, T> parse, ArgumentResult result, out T? value)
    {
        value = default;
        try
        {
            value = parse(result.Tokens[^1].Value);
            return true;
        }
        catch (FormatException e)
        {
            result.AddError($"{name}: {e.Message}");
            return false;
        }
    }
}
