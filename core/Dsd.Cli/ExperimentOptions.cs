using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Dsd.Data;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Training;

namespace Dsd.Cli;

/// <summary>The options that say what is trained and how, the same for <c>plan</c> and <c>train</c>.</summary>
internal sealed class ExperimentOptions
{
    private const double DefaultSparsity = 0.3;
    private const double DefaultRate = 0.02;
    private const int DefaultBatch = 64;
    private const double SmallestRate = 1e-12;

    private static readonly Duration s_dense = Duration.Epochs(6);
    private static readonly Duration s_sparse = Duration.Epochs(3);
    private static readonly Duration s_redense = Duration.Epochs(3);

    private readonly Option<string> _model = new("--model") { Description = "The network; 'dsd models' lists them.", DefaultValueFactory = _ => "lenet-5", HelpName = "NAME" };
    private readonly Option<string> _data = new("--data") { Description = "The data set; 'dsd data list' lists them.", DefaultValueFactory = _ => FashionMnist.Name, HelpName = "NAME" };
    private readonly Option<string?> _schedule = OptionOf.Path("--schedule", "A schedule in JSON, instead of the short form below.", "FILE.json");
    private readonly Option<Duration?> _dense = OptionOf.Class("--dense", Duration.Parse, $"Length of the first dense phase, such as 6ep or 500st. Default {s_dense}.", "DURATION");
    private readonly Option<Duration?> _sparse = OptionOf.Class("--sparse", Duration.Parse, $"Length of the sparse phase. Default {s_sparse}.", "DURATION");
    private readonly Option<Duration?> _redense = OptionOf.Class("--redense", Duration.Parse, $"Length of the second dense phase. Default {s_redense}.", "DURATION");
    private readonly Option<Sparsity?> _sparsity = OptionOf.Struct("--sparsity", Sparsity.Parse, $"Fraction of weights pruned in each pruned layer, at least 0 and below 1. Default {DefaultSparsity.ToString(CultureInfo.InvariantCulture)}.", "FRACTION");
    private readonly Option<double?> _rate = OptionOf.Struct("--rate", ParseRate, $"Learning rate at the start; the first phase takes it down to a tenth, the sparse phase stays there, the last has a hundredth. Default {DefaultRate.ToString(CultureInfo.InvariantCulture)}.", "RATE");
    private readonly Option<string[]> _keep = new("--keep") { Description = "Leave these layers dense; * and ? are wildcards. Repeatable.", HelpName = "GLOB" };
    private readonly Option<string[]> _level = new("--level") { Description = "Give these layers a sparsity of their own. Repeatable; of all --keep and --level, the last that matches a layer wins.", HelpName = "GLOB=FRACTION" };
    private readonly Option<long?> _batch = OptionOf.Whole("--batch", $"Examples in a batch. Default {DefaultBatch}.", 1, int.MaxValue);
    private readonly Option<long?> _trainLimit = OptionOf.Whole("--train-limit", "Learn from the first N examples only.", 1, int.MaxValue);
    private readonly Option<string[]> _arms = new("--arms")
    {
        Description = "Which arms: dsd, control (the same phases and rates, no mask). Default dsd,control.",
        CustomParser = result => [.. result.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
        HelpName = "ARMS",
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
        CheckKinds(model, data);
        var batch = (int)(parsed.GetValue(_batch) ?? DefaultBatch);
        var limit = (int?)parsed.GetValue(_trainLimit);
        var examples = limit ?? data.TrainExamples;
        if (examples > data.TrainExamples)
        {
            throw new DsdException(FormattableString.Invariant($"--train-limit {examples}: {data.Name} has {data.TrainExamples} examples to learn from; give a number from 1 to that."));
        }

        if (batch > examples)
        {
            throw new DsdException(FormattableString.Invariant($"--batch {batch}: a batch holds from 1 to {examples} examples, which is all there are to learn from."));
        }

        var schedule = ReadSchedule(parsed);
        if (schedule.Phases.FirstOrDefault(p => p.Mask.Criterion.Kind == CriterionKind.Custom) is { } custom)
        {
            throw new DsdException($"--schedule: phase '{custom.Name}' ranks weights by {custom.Mask.Criterion}, a function that only a program can give. From the command line use magnitude or random.");
        }

        var names = parsed.GetResult(_arms) is null ? ["dsd", "control"] : parsed.GetValue(_arms)!;
        var arms = names.Distinct().Select(name => name switch
        {
            "dsd" => Arm.Dsd(schedule),
            "control" => Arm.Control(schedule),
            _ => throw new DsdException($"--arms: there is no arm named '{name}'; allowed are dsd and control."),
        }).ToList();
        if (arms.Count == 0)
        {
            throw new DsdException("--arms: name at least one of dsd and control.");
        }

        var shape = model.Shape(data.Inputs, data.Classes);
        var plans = arms.ToDictionary(a => a, a => Plan.Resolve(a.Schedule, shape, examples / batch));
        return new Experiment(model, data, schedule, arms, plans, batch, limit);
    }

    private static void CheckKinds(ModelEntry model, DataEntry data)
    {
        if (model.Kind != data.Kind)
        {
            var models = string.Join(", ", ModelCatalog.All.Where(m => m.Kind == data.Kind).Select(m => m.Name));
            var sets = string.Join(", ", DataCatalog.All.Where(d => d.Kind == model.Kind).Select(d => d.Name));
            throw new DsdException(
                $"--model {model.Name} learns from {Word(model.Kind)}, but --data {data.Name} holds {Word(data.Kind)}. "
                + $"For {model.Name} there is {sets}; from {data.Name} can learn {models}.");
        }
    }

    private static string Word(TaskKind kind) => kind == TaskKind.Text ? "text" : "images";

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

        var both = new Option[] { _dense, _sparse, _redense, _sparsity, _rate, _keep, _level }.Where(o => parsed.GetResult(o) is { Implicit: false }).Select(o => o.Name).ToList();
        if (both.Count > 0)
        {
            throw new DsdException($"--schedule and {string.Join(", ", both)} were given together; the file says it all. Leave one or the other out.");
        }

        try
        {
            return Schedule.FromJson(ReadText(path));
        }
        catch (ScheduleFormatException e)
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
