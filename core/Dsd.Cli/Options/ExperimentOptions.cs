using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Dsd.Data;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Statistics;

namespace Dsd.Cli;

/// <summary>The options for the network, the data and the training, the same for <c>plan</c> and <c>train</c>.</summary>
internal sealed class ExperimentOptions
{
    private static readonly Dictionary<string, OptimizerKind> s_optimizers = Enum.GetValues<OptimizerKind>().ToDictionary(OptimizerSettings.NameOf);
    private readonly Option<string> _model = new("--model") { Description = "The network; 'dsd models' lists them.", DefaultValueFactory = _ => "lenet-5", HelpName = "NAME" };
    private readonly Option<string?> _data = new("--data") { Description = $"The data set; 'dsd data list' lists them. Default: the preset's, else one of the network's kind, such as {FashionMnist.Name}.", HelpName = "NAME" };
    private readonly ConfigOptions _config = new();
    private readonly ScheduleOptions _schedule = new();
    private readonly Option<string?> _preset = OptionOf.Class("--preset", ParsePreset, "Train as the paper did: its schedule, layers and settings, each of which another option may change. 'dsd models NAME' shows them.", "paper");
    private readonly Option<string> _scale = OptionOf.Choice("--scale", "Scale of the preset: full, or small enough for two processor cores.", "full", "small");
    private readonly Option<double?> _epochs = OptionOf.Struct("--epochs", ParseEpochs, "Total epochs of the preset's phases, which keep their proportions, or of each --method. Default: the preset's; of a method 12.", "NUMBER");
    private readonly Option<long?> _batch = OptionOf.Whole("--batch", $"Examples in a batch. Default: the preset's, else {TrainingConfig.DefaultBatch}.", 1, int.MaxValue);
    private readonly Option<long?> _trainLimit = OptionOf.Whole("--train-limit", "Train on the first N examples only.", 1, int.MaxValue);
    private readonly Option<double?> _width = OptionOf.Struct("--width", text => Positive(text, "a width", "0.25"), "Factor on the network's channels or units. Default 1: as published.", "FACTOR");
    private readonly Option<long?> _imageSize = OptionOf.Whole("--image-size", "Height and width of the network's input images. Default: those of the data.", 1, 4096);
    private readonly Option<bool?> _augment = new("--augment") { Description = "Augment training images at random: small ones are shifted by up to 2 pixels and flipped." };
    private readonly Option<string?> _optimizer = OptionOf.Class("--optimizer", ParseOptimizer, "The optimiser: sgd, adam, adamw or rmsprop. Default: the preset's, else sgd.", string.Join('|', s_optimizers.Keys));
    private readonly Option<double?> _decay = OptionOf.Struct("--weight-decay", ParseDecay, "Weight decay, at least 0. Default: the preset's, else 0.0005 for sgd, 0.01 for adamw, 0 for the others.", "NUMBER");
    private readonly Option<double?> _clip = OptionOf.Struct("--clip", text => Positive(text, "a largest norm of the gradient", "5"), "Clip the gradient to this norm. Default: the preset's, else no clipping.", "NORM");
    private readonly DrawOptions _draw = new();
    private readonly MethodOptions _methods = new();
    private readonly ArmOptions _arms = new();
    private readonly MaskOptions _masks = new();

    public void AddTo(Command command)
    {
        _model.CompletionSources.Add(_ => Completions.Models());
        _data.CompletionSources.Add(_ => Completions.Data());
        _preset.CompletionSources.Add("paper");
        _optimizer.CompletionSources.Add([.. s_optimizers.Keys]);
        _schedule.SuggestLayers(context => Completions.Layers(context.ParseResult.GetValue(_model)));
        _config.AddTo(command);
        command.Options.Add(_model);
        command.Options.Add(_data);
        _methods.AddTo(command);
        foreach (Option option in new Option[] { _preset, _scale, _epochs })
        {
            command.Options.Add(option);
        }

        _schedule.AddTo(command);
        foreach (Option option in (Option[])[_batch, _trainLimit, .. _draw.All, _width, _imageSize, _augment, _optimizer, _decay, _clip])
        {
            command.Options.Add(option);
        }

        _arms.AddTo(command, _methods.Names);
        _masks.AddTo(command);
    }

    /// <summary>Checks each option that can be checked by itself.</summary>
    public void CheckAlone(ParseResult parsed, Problems problems)
    {
        problems.Read(() => ModelCatalog.Get(parsed.GetValue(_model)!));
        problems.Read(() => _arms.Names(parsed, KnownArms(parsed)));
        CheckData(parsed, problems);
        _methods.Read(parsed, [], problems);
        _schedule.CheckAlone(parsed, problems);
    }

    /// <summary>Combines the options, and checks everything that needs neither data nor the native library.</summary>
    /// <returns>The experiment, or null if there is a problem.</returns>
    public Experiment? Read(ParseResult parsed, Problems problems, RunOptions options)
    {
        if (_config.Path(parsed) is { } path)
        {
            var together = _methods.Given(parsed).Concat(new Option[] { _preset, _scale, _epochs }.Where(parsed.IsGiven).Select(o => o.Name)).ToList();
            problems.Check(() => _ = together.Count == 0 ? 0 : throw new DsdException($"{ConfigOptions.Name} and {string.Join(", ", together)} were given together; each says what to train. Leave one or the other out."));
            if (problems.Read(() => ConfigOptions.Read(path)) is not { } file)
            {
                CheckAlone(parsed, problems);
                return null;
            }

            var changed = problems.Read(() => _schedule.IsFileGiven(parsed) ? _schedule.Read(parsed) : _schedule.Change(
                parsed, file.Schedule, ConfigOptions.Name, $"the config has a schedule of its own. Change it with {ConfigOptions.SetName}, such as {ConfigOptions.SetName} {file.Schedule.Phases[0].Name}.duration=6ep, or leave one or the other out."));
            var training = problems.Read(() => Changed(parsed, file.Training));
            return Check(parsed, problems, options, training, changed is null || training is null ? null : problems.Read(() => _arms.Change(parsed, file.WithTraining(training).WithSchedule(changed))), changed);
        }

        var model = problems.Read(() => ModelCatalog.Get(parsed.GetValue(_model)!));
        var names = problems.Read(() => _arms.Names(parsed, KnownArms(parsed)));
        var methods = ReadMethods(parsed, problems);
        PaperPreset? preset = null;
        problems.Check(() => preset = Preset(parsed, model));
        var isSmall = parsed.GetValue(_scale) == "small";
        var schedule = preset is not null ? problems.Read(() => _schedule.Change(
                parsed, PresetSchedule(parsed, preset, isSmall), _preset.Name, "the preset has a schedule of its own. Leave one or the other out."))
            : parsed.GetValue(_preset) is not null ? null
            : _methods.Given(parsed).Any() ? methods?[0].Schedule
            : problems.Read(() => _schedule.Read(parsed));
        var setting = model is null ? null : problems.Read(() => Changed(parsed, preset is null ? Plain(model) : isSmall ? preset.SmallConfig : preset.Config));
        return Check(parsed, problems, options, setting, schedule is null || names is null || setting is null ? null : new RunConfig(setting, schedule, methods is null ? ArmOptions.Of(names, schedule) : ArmOptions.Of(names, methods)), schedule);
    }

    private IReadOnlyList<string>? KnownArms(ParseResult parsed) => _methods.Names(parsed) is { Count: > 0 } names ? ArmOptions.KnownOf(names) : null;

    /// <summary>Reads the arms of methods; null if there are none.</summary>
    private List<Arm>? ReadMethods(ParseResult parsed, Problems problems)
    {
        if (!_methods.Given(parsed).Any())
        {
            return null;
        }

        var settings = problems.Read(() => _schedule.ForMethods(parsed)) ?? [];
        if (parsed.GetValue(_epochs) is { } epochs)
        {
            settings.Add(new(_epochs.Name, null, "duration", null, Duration.Epochs(epochs)));
        }

        return _methods.Read(parsed, settings, problems);
    }

    /// <summary>Applies the remaining options to a run, and checks it.</summary>
    private Experiment? Check(ParseResult parsed, Problems problems, RunOptions options, TrainingConfig? setting, RunConfig? run, Schedule? schedule)
    {
        var edited = run is null ? null : problems.Read(() => _config.Set(parsed, _masks.Change(parsed, options.Change(parsed, run))));
        CustomMethods.Reject(_schedule.FileOf(parsed), _config.Path(parsed) is { } path ? $"{ConfigOptions.Name} {path}" : null, schedule, run, edited, problems);
        if (setting is null)
        {
            CheckData(parsed, problems);
            return null;
        }

        if (run is not null)
        {
            run = edited;
            if (run is null)
            {
                return null;
            }

            problems.Check(() => RunOptions.CheckRollback(edited!));
            (setting, schedule) = (run.Training, run.Schedule);
        }

        if (problems.Read(() => Network(parsed, setting.Network)) is not { } model)
        {
            return null;
        }

        var catalog = new CatalogTrials();
        var data = problems.Read(() => catalog.Entries(setting, field => OptionName(parsed, field)).Data);
        if (data is null && schedule is not null)
        {
            CheckLayers(schedule, model, setting, problems);
        }

        if (run is null || data is null)
        {
            return null;
        }

        var methods = problems.Read(() => _masks.Read(parsed, run));
        var arms = methods is null ? null : problems.Read(() => (Shape: catalog.Shape(setting), Steps: catalog.StepsPerEpoch(setting)) is var (shape, steps) ? Experiment.Planned(run, shape, steps, methods) : null!);
        return arms is null ? null : new Experiment(run, model, data, arms, methods!);
    }

    private ModelEntry Network(ParseResult parsed, string name)
    {
        try
        {
            return ModelCatalog.Get(name);
        }
        catch (DsdException e) when (OptionName(parsed, "network") is var option && option != _model.Name)
        {
            throw new DsdException($"{option}: {e.Message}", e);
        }
    }

    private void CheckData(ParseResult parsed, Problems problems)
    {
        if (parsed.IsGiven(_data))
        {
            problems.Read(() => DataCatalog.Get(parsed.GetValue(_data)!));
        }
    }

    /// <summary>Checks the names of layers if steps cannot be counted because the numbers do not fit together.</summary>
    private static void CheckLayers(Schedule schedule, ModelEntry model, TrainingConfig setting, Problems problems)
    {
        const string NoSuchLayer = "DSD002";
        if (DataCatalog.All.FirstOrDefault(d => d.Name == setting.Data && d.Kind == model.Kind) is { } data)
        {
            var issues = Plan.Check(schedule, model.Shape(data.Inputs, data.Classes), int.MaxValue).Where(i => i.Code == NoSuchLayer).ToValueList();
            problems.Check(() => _ = issues.Count == 0 ? 0 : throw new PlanException(issues));
        }
    }

    private static TrainingConfig Plain(ModelEntry model) => new(
        model.Name,
        DataCatalog.All.FirstOrDefault(d => d.Kind == model.Kind)?.Name ?? throw new DsdException($"--model {model.Name}: there is no data set for it yet."));

    private PaperPreset? Preset(ParseResult parsed, ModelEntry? model)
    {
        if (parsed.GetValue(_preset) is not null)
        {
            if (_methods.Given(parsed).ToList() is { Count: > 0 } together)
            {
                throw new DsdException($"{_preset.Name} and {string.Join(", ", together)} were given together; each says what to train. Leave one or the other out.");
            }

            return model is null ? null : model.Paper ?? throw new DsdException(
                $"--preset paper: there is none for {model.Name}, which the paper did not train. There are presets for {string.Join(", ", ModelCatalog.All.Where(m => m.Paper is not null).Select(m => m.Name))}.");
        }

        var alone = (_methods.Given(parsed).Any() ? [_scale] : new Option[] { _scale, _epochs }).FirstOrDefault(parsed.IsGiven);
        return alone is null ? null : throw new DsdException($"{alone.Name} says how much of a preset to train, and none was given; add --preset paper{(alone == _epochs ? " or --method" : "")}, or leave it out.");
    }

    private Schedule PresetSchedule(ParseResult parsed, PaperPreset preset, bool isSmall)
    {
        var schedule = isSmall ? preset.SmallSchedule : preset.Schedule;
        try
        {
            return parsed.GetValue(_epochs) is { } epochs ? schedule.ScaledTo(Duration.Epochs(epochs)) : schedule;
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new DsdException($"--epochs: {e.Message.Split(" (Parameter", 2)[0]}", e);
        }
    }

    private TrainingConfig Changed(ParseResult parsed, TrainingConfig setting)
    {
        var optimizer = parsed.GetValue(_optimizer) is { } name ? OptimizerSettings.Of(s_optimizers[name]) : setting.Optimizer;
        return _draw.Change(parsed, setting)
            .WithNetwork(parsed.IsGiven(_model) ? parsed.GetValue(_model)! : setting.Network)
            .WithData(parsed.GetValue(_data) ?? setting.Data)
            .WithBatch((int)(parsed.GetValue(_batch) ?? setting.Batch))
            .WithTrainLimit((int?)parsed.GetValue(_trainLimit) ?? setting.TrainLimit)
            .WithWidth(parsed.GetValue(_width) ?? setting.Width)
            .WithImageSize((int?)parsed.GetValue(_imageSize) ?? setting.ImageSize)
            .WithAugment(parsed.GetValue(_augment) ?? setting.Augment)
            .WithOptimizer(parsed.GetValue(_decay) is { } decay ? optimizer.WithWeightDecay(decay) : optimizer)
            .WithGradientClip(parsed.GetValue(_clip) ?? setting.GradientClip);
    }

    /// <summary>Names a field in messages: by its option, or by its other source.</summary>
    private string OptionName(ParseResult parsed, string field)
    {
        Option option = field switch
        {
            "network" => _model,
            "data" => _data,
            "batch" => _batch,
            "trainLimit" => _trainLimit,
            "width" => _width,
            "imageSize" => _imageSize,
            _ => _draw.Of(field) ?? _augment,
        };
        return _config.Sets(parsed, field) ? $"{ConfigOptions.SetName} {field}"
            : _config.Path(parsed) is { } path && !parsed.IsGiven(option) ? $"{ConfigOptions.Name} {path}: {field}"
            : option.Name;
    }

    private static string ParsePreset(string text) => text == "paper" ? text : throw new FormatException($"there is no '{text}'; allowed is paper.");

    private static string ParseOptimizer(string text) => s_optimizers.ContainsKey(text)
        ? text
        : throw new FormatException($"there is no '{text}'; allowed are {string.Join(", ", s_optimizers.Keys)}.");

    private static double ParseEpochs(string text) => Positive(text, "a number of epochs", "12");

    private static double ParseDecay(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var decay) && decay >= 0 && double.IsFinite(decay)
            ? decay
            : throw new FormatException($"'{text}' is not a weight decay: give a number, at least 0, such as 0.0005.");

    private static double Positive(string text, string what, string example) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0 && number <= 1e6
            ? number
            : throw new FormatException($"'{text}' is not {what}: give a number above 0, such as {example}.");
}
