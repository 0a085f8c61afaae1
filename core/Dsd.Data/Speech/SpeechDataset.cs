using Dsd.Records;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>A data set of utterances in memory, with train, validation and test splits and an alphabet.</summary>
internal sealed class SpeechDataset : IDataset
{
    /// <summary>The default number of frames per output step of a network: 2.</summary>
    public const int DefaultFramesPerStep = 2;

    private readonly Lazy<CharacterNGram> _language;

    /// <summary>Combines three splits into a data set.</summary>
    /// <param name="name">The name of the data, e.g. <c>"fillets-cs"</c>.</param>
    /// <param name="train">The train split, with at least one usable utterance.</param>
    /// <param name="validation">The validation split, held out of train, to choose on.</param>
    /// <param name="test">The test split, to be read once, at the end.</param>
    /// <param name="alphabet">The alphabet. Default null: the characters of the training transcripts.</param>
    /// <param name="framesPerStep">The number of frames per output step of the network, at least 1. Default 2.</param>
    /// <param name="skipped">The utterances that were already excluded. Default null: none.</param>
    /// <param name="trainLimit">The number of training utterances: the first ones. Default null: all. The alphabet is always that of the whole train split.</param>
    /// <remarks>Utterances with an empty transcript, or with one too long for them, are excluded and listed in <see cref="Skipped"/>.</remarks>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    /// <exception cref="DsdException">No usable training utterance is left, or transcripts have characters outside the alphabet; the message lists all with their counts.</exception>
    public SpeechDataset(
        string name,
        IEnumerable<Utterance> train,
        IEnumerable<Utterance> validation,
        IEnumerable<Utterance> test,
        SpeechAlphabet? alphabet = null,
        int framesPerStep = DefaultFramesPerStep,
        IEnumerable<SkippedUtterance>? skipped = null,
        int? trainLimit = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        ArgumentNullException.ThrowIfNull(test);
        ArgumentOutOfRangeException.ThrowIfLessThan(framesPerStep, 1);
        (Name, FramesPerStep) = (name, framesPerStep);
        var left = (skipped ?? []).ToList();
        var learnt = Usable(train, DataSplit.Train, left);
        (Validation, Test) = (new(Usable(validation, DataSplit.Validation, left)), new(Usable(test, DataSplit.Test, left)));
        Skipped = left.ToValueList();
        if (learnt.Count == 0)
        {
            throw new DsdException($"{name} has no usable training utterance.{WhySkipped()}");
        }

        var all = learnt.Count + left.Count(s => s.Split == DataSplit.Train);
        if (trainLimit is { } limit && (limit < 1 || limit > all))
        {
            throw new ArgumentOutOfRangeException(
                nameof(trainLimit), limit, $"The number of training utterances must be 1 to {all}; leave it out to take all {all}.");
        }

        TrainExamples = trainLimit ?? all;
        Alphabet = alphabet ?? SpeechAlphabet.Of(learnt.Select(u => u.Transcript));
        Train = new(learnt.Take(TrainExamples));
        CheckCharacters(name, Alphabet, learnt.Concat(Validation.Utterances).Concat(Test.Utterances).Select(u => (u.Name, u.Transcript)));
        _language = new(() => CharacterNGram.Learn(Train.Utterances.Select(u => u.Transcript), Alphabet));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The characters of all transcripts.</summary>
    public SpeechAlphabet Alphabet { get; }

    /// <summary>The largest number of frames per output step of a network for which every transcript fits.</summary>
    public int FramesPerStep { get; }

    /// <summary>The train split, within the limit on training utterances if there is one.</summary>
    public SpeechSplit Train { get; }

    /// <summary>The validation split, held out of train; the only split to choose on.</summary>
    public SpeechSplit Validation { get; }

    /// <summary>The test split, to be read once, after all choices are made.</summary>
    public SpeechSplit Test { get; }

    /// <summary>The excluded utterances, with reasons.</summary>
    public ValueList<SkippedUtterance> Skipped { get; }

    /// <inheritdoc/>
    /// <remarks><see cref="Skipped"/> utterances and, for the user's own speech, sounds in two splits and characters without a usable utterance.</remarks>
    public ValueList<DataProblem> Problems =>
    [
        .. Skipped.GroupBy(s => s.Split).OrderBy(g => g.Key).Select(g => DataProblem.Of(DataProblemKind.LeftOut, g.Key, "utterances", g.Select(s => s.ToString()))!),
        .. Notes,
        .. new[] { DataProblem.Of(DataProblemKind.Missing, DataSplit.Train, "characters of which no usable utterance is left to learn from", Unheard()) }.OfType<DataProblem>(),
    ];

    /// <summary>Further problems of the data. Default: none.</summary>
    internal ValueList<DataProblem> Notes { get; init; } = [];

    /// <summary>The character language model, estimated from the training transcripts at first use.</summary>
    internal CharacterNGram Language => _language.Value;

    /// <inheritdoc/>
    /// <remarks>Excluded utterances of the train split count, so that a plan can be made before anything is read; see <see cref="SpeechRecognition.StepsPerEpoch"/>.</remarks>
    public int TrainExamples { get; }

    /// <summary>Gets one of the three splits.</summary>
    /// <param name="split">The split.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="split"/> is none of the three.</exception>
    public SpeechSplit Part(DataSplit split) => split switch
    {
        DataSplit.Train => Train,
        DataSplit.Validation => Validation,
        DataSplit.Test => Test,
        _ => throw new ArgumentOutOfRangeException(nameof(split), split, "A split is Train, Validation or Test."),
    };

    /// <inheritdoc/>
    /// <exception cref="DsdException">An augmentation is given, or so many utterances were excluded that a batch cannot be filled.</exception>
    public ITrainingTask Task(int batchSize, long seed, Augmentation? augmentation = null, Device? device = null) =>
        augmentation is not (null or { IsNone: true }) ? throw new DsdException($"{Name} is speech, which cannot be augmented; got '{augmentation}'. Leave the augmentation out; it applies to images only.")
        : batchSize > Train.Count && batchSize <= TrainExamples ? throw new DsdException(FormattableString.Invariant($"A batch of {batchSize} needs more than the {Train.Count} usable training utterances. Use a smaller batch.{WhySkipped()}"))
        : new SpeechRecognition(this, batchSize, seed, device: device);

    /// <inheritdoc/>
    /// <remarks>The empty transcript, and the most frequent one of the train split (the first of several), for every utterance.</remarks>
    public ValueList<(string Name, ValueList<MetricValue> Metrics)> Baselines(DataSplit split)
    {
        var part = Part(split);
        var most = Train.Utterances.GroupBy(u => u.Transcript).MaxBy(g => g.Count())!.Key;
        return part.Count == 0 ? [] : [Always("empty transcript", ""), Always($"most frequent transcript, '{most}'", most)];

        (string Name, ValueList<MetricValue> Metrics) Always(string rule, string text) => (rule, SpeechRecognition.ErrorRates(part.Utterances.Select(u => (u.Transcript, text))));
    }

    private List<Utterance> Usable(IEnumerable<Utterance> utterances, DataSplit split, List<SkippedUtterance> skipped)
    {
        var usable = new List<Utterance>();
        foreach (var utterance in utterances)
        {
            var (steps, needed) = (((utterance.Spectrogram.Frames - 1) / FramesPerStep) + 1, SpeechAlphabet.StepsNeeded(utterance.Transcript));
            var reason = utterance.Transcript.Length == 0 ? "has an empty transcript"
                : needed > steps ? FormattableString.Invariant($"has {utterance.Spectrogram.Frames} frames, which give {steps} rows of scores, and its transcript of {SpeechAlphabet.LengthOf(utterance.Transcript)} characters needs {needed}")
                : null;
            if (reason is null)
            {
                usable.Add(utterance);
            }
            else
            {
                skipped.Add(new(split, utterance.Name, reason));
            }
        }

        return usable;
    }

    /// <summary>Checks that transcripts have no characters outside an alphabet.</summary>
    internal static void CheckCharacters(string name, SpeechAlphabet alphabet, IEnumerable<(string Name, string Transcript)> transcripts)
    {
        var foreign = transcripts
            .SelectMany(t => alphabet.Foreign(t.Transcript).EnumerateRunes().Select(c => (Character: c, t.Name)))
            .GroupBy(f => f.Character)
            .OrderByDescending(g => g.Count())
            .Select(g => FormattableString.Invariant($"{SpeechAlphabet.Show(g.Key)} {g.Count()} times, first in '{g.First().Name}'"))
            .ToList();
        if (foreign.Count > 0)
        {
            throw new DsdException(
                $"{name} has characters in its transcripts that are not in the alphabet '{alphabet.Characters}': {string.Join("; ", foreign)}. "
                + "A network cannot learn them: rewrite the transcripts, or add examples of them to the train split.");
        }
    }

    private IEnumerable<string> Unheard()
    {
        var heard = Train.Utterances.SelectMany(u => u.Transcript.EnumerateRunes()).ToHashSet();
        return Alphabet.Characters.EnumerateRunes().Where(c => !heard.Contains(c)).Select(SpeechAlphabet.Show);
    }

    private string WhySkipped() => Skipped.Count == 0 ? "" : $" {Skipped.Count} were left out; the first: '{Skipped[0].Name}' {Skipped[0].Reason}.";
}
