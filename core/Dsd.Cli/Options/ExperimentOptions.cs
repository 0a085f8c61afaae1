using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Dsd.Data;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Statistics;

namespace Dsd.Cli;

/// <summary>The options that say what is trained and how, the same for <c>plan</c> and <c>train</c>.</summary>
internal sealed class ExperimentOptions
{
    private readonly Option<string> _model = new("--model") { Description = "The network; 'dsd models' lists them.", DefaultValueFactory = _ => "lenet-5", HelpName = "NAME" };
    private readonly Option<string?> _data = new("--data") { Description = $"The data set; 'dsd data list' lists them. Default: the preset's, else one of the network's kind, such as {FashionMnist.Name}.", HelpName = "NAME" };
    private readonly ScheduleOptions _schedule = new();
    private readonly Option<string?> _preset = OptionOf.Class("--preset", ParsePreset, "Train as the paper did: its schedule, layers and settings, each of which another option may change. 'dsd models NAME' shows them.", "paper");
    private readonly Option<string> _scale = OptionOf.Choice("--scale", "Of the preset: full, or small enough for two processor cores.", "full", "small");
    private readonly Option<double?> _epochs = OptionOf.Struct("--epochs", ParseEpochs, "Epochs of all the preset's phases together, each keeping its part. Default: the preset's.", "NUMBER");
    private readonly Option<long?> _batch = OptionOf.Whole("--batch", $"Examples in a batch. Default: the preset's, else {TrainingConfig.DefaultBatch}.", 1, int.MaxValue);
    private readonly Option<long?> _trainLimit = OptionOf.Whole("--train-limit", "Learn from the first N examples only.", 1, int.MaxValue);
    private readonly Option<double?> _width = OptionOf.Struct("--width", text => Positive(text, "a width", "0.25"), "Factor on the network's channels or units. Default 1: as published.", "FACTOR");
    private readonly Option<long?> _imageSize = OptionOf.Whole("--image-size", "Rows and columns of an image as the network sees it. Default: the data's own.", 1, 4096);
    private readonly Option<bool?> _augment = new("--augment") { Description = "Vary training images at random: small ones are shifted by up to 2 pixels and flipped." };
    private readonly Option<string?> _optimizer = OptionOf.Class("--optimizer", ParseOptimizer, "The optimiser: sgd, adam, adamw or rmsprop. Default: the preset's, else sgd.", "sgd|adam|adamw|rmsprop");
    private readonly Option<double?> _decay = OptionOf.Struct("--weight-decay", ParseDecay, "Weight decay, at least 0. Default: the preset's, else 0.0005 for sgd, 0.01 for adamw, 0 for the others.", "NUMBER");
    private readonly Option<double?> _clip = OptionOf.Struct("--clip", text => Positive(text, "a largest norm of the gradient", "5"), "The largest norm that the gradient may have. Default: the preset's, else any.", "NORM");
    private readonly Option<string[]> _arms = new("--arms")
    {
        Description = "Which arms: dsd, control (the same phases and rates, no mask). Default dsd,control.",
        CustomParser = result => [.. result.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
        HelpName = "ARMS",
    };

    public void AddTo(Command command)
    {
        _model.CompletionSources.Add(_ => Completions.Models());
        _data.CompletionSources.Add(_ => Completions.Data());
        _preset.CompletionSources.Add("paper");
        _optimizer.CompletionSources.Add("sgd", "adam", "adamw", "rmsprop");
        _arms.CompletionSources.Add("dsd", "control", "dsd,control");
        _schedule.SuggestLayers(context => Completions.Layers(context.ParseResult.GetValue(_model)));
        command.Options.Add(_model);
        command.Options.Add(_data);
        foreach (Option option in new Option[] { _preset, _scale, _epochs })
        {
            command.Options.Add(option);
        }

        _schedule.AddTo(command);
        foreach (Option option in new Option[] { _batch, _trainLimit, _width, _imageSize, _augment, _optimizer, _decay, _clip, _arms })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Checks each option that can be checked alone.</summary>
    public void CheckAlone(ParseResult parsed, Problems problems)
    {
        problems.Read(() => ModelCatalog.Get(parsed.GetValue(_model)!));
        problems.Read(() => ArmNames(parsed));
        CheckData(parsed, problems);
        _schedule.CheckAlone(parsed, problems);
    }

    /// <summary>Puts what was given together; everything that needs no data and no native library is checked here.</summary>
    /// <returns>What to train, or null where there is a problem.</returns>
    public Experiment? Read(ParseResult parsed, Problems problems)
    {
        var model = problems.Read(() => ModelCatalog.Get(parsed.GetValue(_model)!));
        var names = problems.Read(() => ArmNames(parsed));
        PaperPreset? preset = null;
        problems.Check(() => preset = Preset(parsed, model));
        var isSmall = parsed.GetValue(_scale) == "small";
        var schedule = preset is not null ? problems.Read(() => _schedule.Change(parsed, PresetSchedule(parsed, preset, isSmall), _preset.Name))
            : parsed.GetValue(_preset) is null ? problems.Read(() => _schedule.Read(parsed))
            : null;
        if (schedule?.Phases.FirstOrDefault(p => p.Mask.Criterion.Kind == CriterionKind.Custom) is { } custom)
        {
            problems.Check(() => throw new DsdException($"--schedule: phase '{custom.Name}' ranks weights by {custom.Mask.Criterion}, a function that only a program can give. From the command line use magnitude, weight × gradient or random."));
        }

        if (schedule?.Phases.FirstOrDefault(p => p.Mask.Update.IsCustom) is { } own)
        {
            problems.Check(() => throw new DsdException($"--schedule: phase '{own.Name}' has the mask update {own.Mask.Update}, a policy that only a program can give. From the command line update by the criterion or by SET."));
        }

        if (model is null || problems.Read(() => Changed(parsed, preset is null ? Plain(model) : isSmall ? preset.Small.Config : preset.Config)) is not { } setting)
        {
            CheckData(parsed, problems);
            return null;
        }

        var catalog = new CatalogTrials();
        var data = problems.Read(() => catalog.Entries(setting, OptionName).Data);
        if (schedule is null || names is null)
        {
            return null;
        }

        if (data is null)
        {
            CheckLayers(schedule, model, setting, problems);
            return null;
        }

        List<Arm> arms = [.. names.Select(name => name == "dsd" ? Arm.Dsd(schedule) : Arm.Control(schedule))];
        var plans = problems.Read(() => (Shape: catalog.Shape(setting), Steps: catalog.StepsPerEpoch(setting)) is var (shape, steps)
            ? arms.ToDictionary(a => a, a => Plan.Resolve(a.Schedule, shape, steps))
            : null!);
        return plans is null ? null : new Experiment(setting, model, data, schedule, arms, plans);
    }

    private void CheckData(ParseResult parsed, Problems problems)
    {
        if (parsed.GetResult(_data) is { Implicit: false })
        {
            problems.Read(() => DataCatalog.Get(parsed.GetValue(_data)!));
        }
    }

    /// <summary>Checks the names of layers where numbers do not go together, so that no step can be counted.</summary>
    private static void CheckLayers(Schedule schedule, ModelEntry model, TrainingConfig setting, Problems problems)
    {
        const string NoSuchLayer = "DSD002";
        if (DataCatalog.All.FirstOrDefault(d => d.Name == setting.Data && d.Kind == model.Kind) is { } data)
        {
            var issues = Plan.Check(schedule, model.Shape(data.Inputs, data.Classes), int.MaxValue).Where(i => i.Code == NoSuchLayer).ToValueList();
            problems.Check(() => _ = issues.Count == 0 ? 0 : throw new PlanException(issues));
        }
    }

    private List<string> ArmNames(ParseResult parsed)
    {
        var names = parsed.GetResult(_arms) is null ? ["dsd", "control"] : parsed.GetValue(_arms)!.Distinct().ToList();
        return names.Count == 0 ? throw new DsdException("--arms: name at least one of dsd and control.")
            : names.Except(["dsd", "control"]).ToList() is not [_, ..] unknown ? names
            : throw new DsdException(string.Join('\n', unknown.Select(name => $"--arms: there is no arm named '{name}'; allowed are dsd and control.")));
    }

    private static TrainingConfig Plain(ModelEntry model) => new(
        model.Name,
        DataCatalog.All.FirstOrDefault(d => d.Kind == model.Kind)?.Name ?? throw new DsdException($"--model {model.Name}: there is no data set to learn from yet."));

    private PaperPreset? Preset(ParseResult parsed, ModelEntry? model)
    {
        if (parsed.GetValue(_preset) is not null)
        {
            return model is null ? null : model.Paper ?? throw new DsdException(
                $"--preset paper: there is none for {model.Name}, which the paper did not train. There are presets for {string.Join(", ", ModelCatalog.All.Where(m => m.Paper is not null).Select(m => m.Name))}.");
        }

        var alone = new Option[] { _scale, _epochs }.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false });
        return alone is null ? null : throw new DsdException($"{alone.Name} says how much of a preset to train, and none was given; add --preset paper, or leave it out.");
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
        var optimizer = parsed.GetValue(_optimizer) switch
        {
            null => setting.Optimizer,
            "adam" => OptimizerSettings.Adam(),
            "adamw" => OptimizerSettings.AdamW(),
            "rmsprop" => OptimizerSettings.RmsProp(),
            _ => OptimizerSettings.Sgd(),
        };
        return setting
            .WithData(parsed.GetValue(_data) ?? setting.Data)
            .WithBatch((int)(parsed.GetValue(_batch) ?? setting.Batch))
            .WithTrainLimit((int?)parsed.GetValue(_trainLimit) ?? setting.TrainLimit)
            .WithWidth(parsed.GetValue(_width) ?? setting.Width)
            .WithImageSize((int?)parsed.GetValue(_imageSize) ?? setting.ImageSize)
            .WithAugment(parsed.GetValue(_augment) ?? setting.Augment)
            .WithOptimizer(parsed.GetValue(_decay) is { } decay ? optimizer.WithWeightDecay(decay) : optimizer)
            .WithGradientClip(parsed.GetValue(_clip) ?? setting.GradientClip);
    }

    private string OptionName(string field) => field switch
    {
        "network" => _model.Name,
        "data" => _data.Name,
        "batch" => _batch.Name,
        "trainLimit" => _trainLimit.Name,
        "width" => _width.Name,
        "imageSize" => _imageSize.Name,
        _ => _augment.Name,
    };

    private static string ParsePreset(string text) => text == "paper" ? text : throw new FormatException($"there is no '{text}'; allowed is paper.");

    private static string ParseOptimizer(string text) => text is "sgd" or "adam" or "adamw" or "rmsprop"
        ? text
        : throw new FormatException($"there is no '{text}'; allowed are sgd, adam, adamw, rmsprop.");

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
