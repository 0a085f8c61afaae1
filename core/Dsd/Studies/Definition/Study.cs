using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Studies;

/// <summary>A study as plain data: variants × arms × seeds, and what they are judged by.</summary>
/// <remarks>
/// It is made unfair by no accident: arms follow from the variants' schedules with the same budget, arms that share a first
/// phase fork from the same checkpoint of the same seed with the same data order, choices are made on validation, and the
/// test split is read once. The first arm is the one under test; each other arm is subtracted from it, seed by seed.
/// </remarks>
[TypeFormatterSource]
public sealed record Study
{
    /// <summary>The most seeds that a study may have: 10,000.</summary>
    public const int MaxSeeds = 10_000;

    /// <summary>Describes a study.</summary>
    /// <param name="name">Its name: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, not starting with a dot.</param>
    /// <param name="setting">What trials are trained on and with.</param>
    /// <param name="variants">The variants, at least one, with different names.</param>
    /// <param name="arms">The arms, at least one, with different names; the first is under test.</param>
    /// <param name="seeds">The seeds, at least one, all different: of initial weights, data order, augmentation and random masks.</param>
    /// <param name="judgement">What is judged. Default: each arm's best variant, on test.</param>
    /// <param name="question">What the study asks, for its report. Default: none.</param>
    /// <param name="threads">CPU threads of a trial, 1 to 1,024; they decide about the last bits. Default 1, which gives the same bits every time.</param>
    /// <exception cref="ArgumentException">A list is empty or repeats a name or seed, or the name cannot be used.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number or choice is outside its range.</exception>
    public Study(
        string name,
        TrainingConfig setting,
        IEnumerable<StudyVariant> variants,
        IEnumerable<StudyArm> arms,
        IEnumerable<long> seeds,
        Judgement judgement = Judgement.Selected,
        string? question = null,
        int threads = 1)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(setting);
        if (name.Length > 60 || name[0] == '.' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            throw new ArgumentException($"'{name}' cannot name a study: use at most 60 letters, digits, '-', '_' and '.', and do not start with '.'.", nameof(name));
        }

        if (threads is < 1 or > 1024)
        {
            throw new ArgumentOutOfRangeException(nameof(threads), threads, "A trial has 1 to 1024 threads.");
        }

        Name = name;
        Config = setting;
        Variants = Different(variants, v => v.Name, "variant", nameof(variants));
        Arms = Different(arms, a => a.Name, "arm", nameof(arms));
        Seeds = Different(seeds, s => FormattableString.Invariant($"{s}"), "seed", nameof(seeds));
        if (Seeds.Count > MaxSeeds)
        {
            throw new ArgumentException($"A study has at most {MaxSeeds} seeds.", nameof(seeds));
        }

        Judgement = Defined.Value(judgement);
        Question = string.IsNullOrWhiteSpace(question) ? "" : question.Trim();
        Threads = threads;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>What trials are trained on and with, where a variant says nothing else.</summary>
    public TrainingConfig Config { get; }

    /// <summary>What is compared.</summary>
    public ValueList<StudyVariant> Variants { get; }

    /// <summary>The arms; the first is under test.</summary>
    public ValueList<StudyArm> Arms { get; }

    /// <summary>The seeds; each is one pair in every difference.</summary>
    public ValueList<long> Seeds { get; }

    /// <summary>What is judged, and on which split.</summary>
    public Judgement Judgement { get; }

    /// <summary>What the study asks; empty where it does not say.</summary>
    public string Question { get; }

    /// <summary>CPU threads of a trial.</summary>
    public int Threads { get; }

    /// <summary>The data that the study was begun with, in the order in which its settings name them; empty before it is begun, and where the source of its trials knows none.</summary>
    public ValueList<DataFingerprint> Fingerprints { get; internal init; } = [];

    /// <summary>How it was extended by seeds after it was begun, in order.</summary>
    public ValueList<StudyExtension> Extensions { get; internal init; } = [];

    /// <summary>The names of the data in its settings, each once.</summary>
    internal IEnumerable<string> DataNames => Variants.Select(v => v.Config ?? Config).Select(s => s.Data).Distinct();

    /// <summary>The study as it was asked for, without what became of it.</summary>
    internal Study Definition => Copy(d => d, Seeds, [], []);

    /// <summary>This study with other seeds. A folder in which it was begun takes more seeds only where that is asked for; see <see cref="StudyRunner"/>.</summary>
    /// <param name="seeds">The seeds, at least one, all different.</param>
    /// <exception cref="ArgumentException">There is none, one comes twice, or there are more than <see cref="MaxSeeds"/>.</exception>
    public Study WithSeeds(IEnumerable<long> seeds) => Copy(d => d, seeds, Fingerprints, Extensions);

    /// <summary>This study with a number of seeds: the first of its own, or all of them and the smallest whole numbers from 1 that are not among them.</summary>
    /// <param name="count">How many, 1 to <see cref="MaxSeeds"/>.</param>
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

    /// <summary>This study with its data named otherwise.</summary>
    internal Study WithData(Func<string, string> name) => Copy(name, Seeds, Fingerprints, Extensions);

    /// <summary>The study as JSON, in the format of <see cref="StudyJson"/>.</summary>
    public string ToJson() => StudyJson.Write(this);

    /// <summary>Reads a study from JSON, in the format of <see cref="StudyJson"/>.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="JsonFormatException">The text is not a study; the message says where and why.</exception>
    public static Study FromJson(string json) => StudyJson.Read(json);

    /// <summary>The study in words: its question, variants, arms and seeds. The same in every culture.</summary>
    public string Describe() => $"{TextTable.Escape(Explain())}\n\n{Table()}";

    /// <inheritdoc cref="Describe"/>
    public override string ToString() => Describe();

    /// <summary>Its question, arms and seeds in a line.</summary>
    internal string Explain()
    {
        var seeds = FormattableString.Invariant($"{Seeds.Count} seed{(Seeds.Count == 1 ? "" : "s")}");
        return $"Study {Name}: {(Question.Length == 0 ? "" : Question + " ")}Arms {string.Join(", ", Arms.Select(a => a.Name))}; {seeds}.";
    }

    /// <summary>One row a variant.</summary>
    internal TextTable Table()
    {
        var table = new TextTable("variant", "phases", "sparsity", "trained on and with");
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

    private Study Copy(Func<string, string> data, IEnumerable<long> seeds, ValueList<DataFingerprint> fingerprints, ValueList<StudyExtension> extensions)
    {
        return new(Name, Renamed(Config), Variants.Select(v => new StudyVariant(v.Name, v.Schedule, v.Config is { } own ? Renamed(own) : null)), Arms, seeds, Judgement, Question, Threads)
        {
            Fingerprints = fingerprints,
            Extensions = extensions,
        };

        TrainingConfig Renamed(TrainingConfig setting) => setting.WithData(data(setting.Data));
    }

    private static ValueList<T> Different<T>(IEnumerable<T> items, Func<T, string> name, string what, string parameter)
    {
        ArgumentNullException.ThrowIfNull(items, parameter);
        var list = items.ToValueList();
        if (list.Count == 0)
        {
            throw new ArgumentException($"A study needs at least one {what}.", parameter);
        }

        var twice = list.GroupBy(name).Where(g => g.Count() > 1).Select(g => $"'{g.Key}'").ToList();
        return twice.Count == 0 ? list : throw new ArgumentException($"Each {what} of a study comes once; {string.Join(", ", twice)} came more often.", parameter);
    }
}
