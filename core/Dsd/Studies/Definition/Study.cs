using System.Globalization;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Studies;

/// <summary>A study as plain data: variants × arms × seeds, and their evaluation.</summary>
/// <remarks>
/// The comparison is fair by construction: arms are derived from the variants' schedules with the same budget, arms that share a first
/// phase fork from the same checkpoint of the same seed with the same data order, selections are made on validation, and the
/// test split is read once. The first arm is the one under test; each other arm is subtracted from it, seed by seed.
/// </remarks>
[TypeFormatterSource]
public sealed record Study
{
    /// <summary>The largest number of seeds of a study: 10,000.</summary>
    public const int MaxSeeds = 10_000;

    /// <summary>Describes a study.</summary>
    /// <param name="name">Its name: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, not starting with a dot.</param>
    /// <param name="config">The training config of the trials.</param>
    /// <param name="variants">The variants, at least one, with different names.</param>
    /// <param name="arms">The arms, at least one, with different names; the first is under test.</param>
    /// <param name="seeds">The seeds, at least one, all different: of initial weights, data order, augmentation and random masks.</param>
    /// <param name="judgement">The evaluation. Default: each arm's best variant, on test.</param>
    /// <param name="question">The research question, for the report. Default: none.</param>
    /// <param name="threads">The number of CPU threads of a trial, 1 to 1,024, which affects the last bits. Default 1, which is reproducible bit by bit.</param>
    /// <param name="device">The device of all trials; see <see cref="Device"/>. Default null: that on which the source of trials creates networks.</param>
    /// <exception cref="ArgumentException">A list is empty or repeats a name or seed, or a name cannot be used.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number or choice is outside its range.</exception>
    public Study(
        string name,
        TrainingConfig config,
        IEnumerable<StudyVariant> variants,
        IEnumerable<StudyArm> arms,
        IEnumerable<long> seeds,
        Judgement judgement = Judgement.Selected,
        string? question = null,
        int threads = 1,
        string? device = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(config);
        if (name.Length > 60 || name[0] == '.' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            throw new ArgumentException($"'{name}' cannot name a study: use at most 60 letters, digits, '-', '_' and '.', and do not start with '.'.", nameof(name));
        }

        if (threads is < 1 or > 1024)
        {
            throw new ArgumentOutOfRangeException(nameof(threads), threads, "A trial has 1 to 1024 threads.");
        }

        Name = name;
        Config = config;
        Variants = Different(variants, v => v.Name, "variant", nameof(variants));
        Arms = Different(arms, a => a.Name, "arm", nameof(arms));
        Seeds = DifferentSeeds(seeds);
        Judgement = Defined.Value(judgement);
        Question = string.IsNullOrWhiteSpace(question) ? "" : question.Trim();
        Threads = threads;
        Device = device;
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The training config of the trials, unless a variant has its own.</summary>
    public TrainingConfig Config { get; private init; }

    /// <summary>The variants that are compared.</summary>
    public ValueList<StudyVariant> Variants { get; private init; }

    /// <summary>The arms; the first is under test.</summary>
    public ValueList<StudyArm> Arms { get; }

    /// <summary>The seeds; each is one pair in every difference.</summary>
    public ValueList<long> Seeds { get; private init; }

    /// <summary>The evaluation, which determines the split.</summary>
    public Judgement Judgement { get; }

    /// <summary>The research question; empty if there is none.</summary>
    public string Question { get; }

    /// <summary>The number of CPU threads of a trial.</summary>
    public int Threads { get; }

    /// <summary>
    /// The device of all trials: <c>"cpu"</c>, <c>"cuda"</c> or <c>"cuda:N"</c>; null for that on which the source of trials creates networks, which is the CPU for the
    /// catalogue's unless it is given another.
    /// </summary>
    /// <remarks>A study stays on the kind of device on which it was started, since a GPU rounds differently. Its trials record the device's name.</remarks>
    public string? Device { get; private init => field = Valid(value); }

    /// <summary>The conditions under which the study can answer its question. Default: none.</summary>
    public StudyGates Gates { get; private init; } = StudyGates.None;

    /// <summary>The factors on the rates of the phases after the first among which each arm's are chosen; null for the schedules' own rates.</summary>
    public RateGrid? Rates { get; private init; }

    /// <summary>The phases at whose end the test split is read too, for the trials for which it is read at the end of training; their differences are judged with the others. Default: none.</summary>
    public ValueList<string> TestAfter { get; private init; } = [];

    /// <summary>Epochs between two measurements on validation; the end of each phase is measured in any case. Default 1.</summary>
    public int EvaluateEvery { get; private init; } = 1;

    /// <summary>True if each trial is measured on the whole train split too at the end of each phase, as it is where <see cref="StudyGates.Train"/> needs it. Default false.</summary>
    public bool EvaluateTrain { get; private init; }

    /// <summary>The fingerprints of the data that the study was started with, in the order of its training configs; empty before it starts, and if the source of its trials provides none.</summary>
    public ValueList<DataFingerprint> Fingerprints { get; internal init; } = [];

    /// <summary>The extensions by seeds after the start, in order.</summary>
    internal ValueList<StudyExtension> Extensions { get; init; } = [];

    /// <summary>The distinct names of the data in its training configs.</summary>
    internal IEnumerable<string> DataNames => Variants.Select(v => v.Config ?? Config).Select(s => s.Data).Distinct();

    /// <summary>True if trials are measured on the train split, by request or for a gate.</summary>
    internal bool MeasuresTrain => EvaluateTrain || Gates.Train is not null;

    /// <summary>The definition of the study, without its history.</summary>
    internal Study Definition => this with { Fingerprints = [], Extensions = [] };

    /// <summary>Copies the study with other seeds. A folder in which it was started accepts more seeds only on request; see <see cref="StudyRunner"/>.</summary>
    /// <param name="seeds">The seeds, at least one, all different.</param>
    /// <exception cref="ArgumentException">There is none, one occurs twice, or there are more than <see cref="MaxSeeds"/>.</exception>
    public Study WithSeeds(IEnumerable<long> seeds) => this with { Seeds = DifferentSeeds(seeds) };

    /// <summary>Copies the study with a number of seeds: its first ones, or all of them and the smallest unused whole numbers from 1.</summary>
    /// <param name="count">The number of seeds, 1 to <see cref="MaxSeeds"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is outside its range.</exception>
    public Study WithSeeds(int count)
    {
        if (count is < 1 or > MaxSeeds)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"A study has 1 to {MaxSeeds} seeds.");
        }

        var own = Seeds.ToHashSet();
        return WithSeeds(Seeds.Concat(Enumerable.Range(1, MaxSeeds * 2).Select(i => (long)i).Where(i => !own.Contains(i))).Take(count));
    }

    /// <summary>Copies the study with another device.</summary>
    /// <param name="device"><c>"cpu"</c>, <c>"cuda"</c> or <c>"cuda:N"</c>; null for that on which the source of trials creates networks.</param>
    /// <exception cref="ArgumentException">It is no device.</exception>
    public Study WithDevice(string? device) => this with { Device = device };

    /// <summary>Copies the study with other conditions under which it can answer its question.</summary>
    /// <param name="gates">The conditions.</param>
    public Study WithGates(StudyGates gates)
    {
        ArgumentNullException.ThrowIfNull(gates);
        return this with { Gates = gates };
    }

    /// <summary>Copies the study with another grid of rates.</summary>
    /// <param name="rates">The grid; null for the schedules' own rates.</param>
    public Study WithRates(RateGrid? rates) => this with { Rates = rates };

    /// <summary>Copies the study with other phases at whose end the test split is read too.</summary>
    /// <param name="phases">The names of the phases, all different; none to read it at the end of training alone.</param>
    /// <exception cref="ArgumentException">A name is blank or occurs twice, or the study is judged on validation.</exception>
    public Study WithTestAfter(IEnumerable<string> phases)
    {
        ArgumentNullException.ThrowIfNull(phases);
        var list = phases.ToValueList();
        return list.Any(string.IsNullOrWhiteSpace) || list.Distinct().Count() < list.Count ? throw new ArgumentException("The phases after which the test split is read have names, each once.", nameof(phases))
            : list.Count > 0 && Judgement == Judgement.Validation ? throw new ArgumentException("A study that is judged on validation does not read the test split, and so not after a phase either.", nameof(phases))
            : this with { TestAfter = list };
    }

    /// <summary>Copies the study with another interval between measurements on validation.</summary>
    /// <param name="epochs">Epochs between two measurements, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="epochs"/> is below 1.</exception>
    public Study WithEvaluateEvery(int epochs) => epochs >= 1
        ? this with { EvaluateEvery = epochs }
        : throw new ArgumentOutOfRangeException(nameof(epochs), epochs, "Validation is measured every 1 epoch or more.");

    /// <summary>Copies the study with or without measurements of the train split, of all examples that are trained on, at the end of each phase.</summary>
    /// <param name="evaluateTrain">True to measure it.</param>
    public Study WithEvaluateTrain(bool evaluateTrain) => this with { EvaluateTrain = evaluateTrain };

    /// <summary>Copies the study with other names of its data.</summary>
    internal Study WithData(Func<string, string> name)
    {
        return this with { Config = Renamed(Config), Variants = Variants.Select(v => new StudyVariant(v.Name, v.Schedule, v.Config is { } own ? Renamed(own) : null)).ToValueList() };

        TrainingConfig Renamed(TrainingConfig config) => config.WithData(name(config.Data));
    }

    /// <summary>Writes the study as JSON, in the format that core/docs/json-files.md describes.</summary>
    public string ToJson() => StudyJson.Write(this);

    /// <summary>Reads a study from JSON, in the format that core/docs/json-files.md describes.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="JsonFormatException">The text is not a study; the message gives the place and the reason.</exception>
    public static Study FromJson(string json) => StudyJson.Read(json);

    /// <summary>Formats the study: question, variants, arms and seeds. Independent of culture.</summary>
    public string Describe() => $"{TextTable.Escape(Explain())}\n\n{Table()}";

    /// <inheritdoc cref="Describe"/>
    public override string ToString() => Describe();

    /// <summary>Formats question, arms and seeds in one line.</summary>
    public string Explain()
    {
        var seeds = FormattableString.Invariant($"{Seeds.Count} seed{(Seeds.Count == 1 ? "" : "s")}");
        var more = $"{(Rates is null ? "" : string.Create(CultureInfo.InvariantCulture, $" Rates after the first phase × {string.Join(", ", Rates.Factors.Select(f => f.ToString("R", CultureInfo.InvariantCulture)))}, chosen by {(Rates.ChosenByControl ? "the control" : "each arm")}."))}"
            + $"{(Gates == StudyGates.None ? "" : $" Gates: {Gates}.")}{(TestAfter.Count == 0 ? "" : $" The test split is read after {string.Join(", ", TestAfter)} too.")}";
        return $"Study {Name}: {(Question.Length == 0 ? "" : Question + " ")}Arms {string.Join(", ", Arms.Select(a => a.Name))}; {seeds}.{more}";
    }

    /// <summary>The table of the variants, one row per variant.</summary>
    public TextTable Table()
    {
        var table = new TextTable("variant", "phases", "sparsity", "network and data");
        foreach (var variant in Variants)
        {
            table.Row(
                variant.Name,
                string.Join(" + ", variant.Schedule.Phases.Select(p => $"{p.Name} {p.Duration}")),
                string.Join(", ", variant.Schedule.Phases.Where(p => !p.IsDense).Select(p => p.Sparsity.ToString())),
                (variant.Config ?? Config).ToString());
        }

        return table;
    }

    private static string? Valid(string? device) => device is null || DeviceName.IsValid(device) ? device : throw new ArgumentException($"'{device}' is no device of a study; allowed are cpu, cuda and cuda:N.", nameof(device));

    private static ValueList<long> DifferentSeeds(IEnumerable<long> seeds) => Different(seeds, s => FormattableString.Invariant($"{s}"), "seed", nameof(seeds)) is { Count: <= MaxSeeds } list
        ? list
        : throw new ArgumentException($"A study has at most {MaxSeeds} seeds.", nameof(seeds));

    private static ValueList<T> Different<T>(IEnumerable<T> items, Func<T, string> name, string what, string parameter)
    {
        ArgumentNullException.ThrowIfNull(items, parameter);
        var list = items.ToValueList();
        if (list.Count == 0)
        {
            throw new ArgumentException($"A study needs at least one {what}.", parameter);
        }

        var twice = list.GroupBy(name).Where(g => g.Count() > 1).Select(g => $"'{g.Key}'").ToList();
        return twice.Count == 0 ? list : throw new ArgumentException($"Each {what} of a study must be unique; {string.Join(", ", twice)} occurs more than once.", parameter);
    }
}
