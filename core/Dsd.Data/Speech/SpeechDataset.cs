using Dsd.Records;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>Utterances in memory, split in three, and the alphabet of the train part.</summary>
public sealed class SpeechDataset : IDataset
{
    /// <summary>How many frames a network takes for one row of scores, unless another number is given: 2.</summary>
    public const int DefaultFramesPerStep = 2;

    private readonly Lazy<CharacterNGram> _language;

    /// <summary>Combines three splits into a data set.</summary>
    /// <param name="name">The name of the data, e.g. <c>"fillets-cs"</c>.</param>
    /// <param name="train">What the network learns from; at least one utterance that can be used.</param>
    /// <param name="validation">The validation split, held out of train, to choose on.</param>
    /// <param name="test">The test split, to be read once, at the end.</param>
    /// <param name="alphabet">The characters. Default null: those of the train part's transcripts.</param>
    /// <param name="framesPerStep">How many frames the network takes for one row of scores, at least 1. Default 2.</param>
    /// <param name="skipped">What was left out before. Default null: nothing.</param>
    /// <param name="trainLimit">How many utterances to learn from: the first ones. Default null: all. The alphabet stays that of all.</param>
    /// <remarks>Utterances with an empty transcript, or with one that does not fit into their length, are left out and listed in <see cref="Skipped"/>.</remarks>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    /// <exception cref="DsdException">No utterance is left to learn from, or transcripts have characters outside the alphabet; all are named, with how often each comes.</exception>
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
            throw new DsdException($"{name} has no utterance to learn from.{WhySkipped()}");
        }

        var all = learnt.Count + left.Count(s => s.Split == DataSplit.Train);
        if (trainLimit is { } limit && (limit < 1 || limit > all))
        {
            throw new ArgumentOutOfRangeException(
                nameof(trainLimit), limit, $"The number of utterances to learn from must be 1 to {all}; leave it out to take all {all}.");
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

    /// <summary>How many frames a network may take for one row of scores, so that every transcript fits.</summary>
    public int FramesPerStep { get; }

    /// <summary>The train split.</summary>
    public SpeechSplit Train { get; }

    /// <summary>The validation split, held out of train; the only split to choose on.</summary>
    public SpeechSplit Validation { get; }

    /// <summary>The test split, to be read once, after all choices are made.</summary>
    public SpeechSplit Test { get; }

    /// <summary>What was left out, and why.</summary>
    public ValueList<SkippedUtterance> Skipped { get; }

    /// <inheritdoc/>
    /// <remarks>What was <see cref="Skipped"/>, and, of speech of one's own, sounds that stand in two parts and characters of no usable utterance.</remarks>
    public ValueList<DataProblem> Problems =>
    [
        .. Skipped.GroupBy(s => s.Split).OrderBy(g => g.Key).Select(g => DataProblem.Of(DataProblemKind.LeftOut, g.Key, "utterances", g.Select(s => s.ToString()))!),
        .. Notes,
        .. new[] { DataProblem.Of(DataProblemKind.Missing, DataSplit.Train, "characters of which no usable utterance is left to learn from", Unheard()) }.OfType<DataProblem>(),
    ];

    /// <summary>What else is wrong with the data. Default: nothing.</summary>
    internal ValueList<DataProblem> Notes { get; init; } = [];

    /// <summary>A model of which characters follow which, learnt from the train part's transcripts alone, made when it is first asked for.</summary>
    public CharacterNGram Language => _language.Value;

    /// <inheritdoc/>
    /// <remarks>Utterances of the train part that were left out count, so that a plan can be made before anything is read; see <see cref="SpeechRecognition.StepsPerEpoch"/>.</remarks>
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
    /// <exception cref="DsdException">Augmentation was asked for, or so many utterances were left out that a batch cannot be filled.</exception>
    public ILearningTask Task(int batchSize, long seed, Augmentation? augmentation = null, Device? device = null) =>
        augmentation is not (null or { IsNone: true }) ? throw new DsdException($"{Name} is speech, which cannot be augmented; '{augmentation}' was asked for. Leave the augmentation out: it is for images.")
        : batchSize > Train.Count && batchSize <= TrainExamples ? throw new DsdException(FormattableString.Invariant($"A batch of {batchSize} needs more than the {Train.Count} utterances that can be learnt from. Give a smaller batch.{WhySkipped()}"))
        : new SpeechRecognition(this, batchSize, seed, device: device);

    /// <inheritdoc/>
    /// <remarks>The empty transcript, and the one that comes most often in the train part (the first of several), for every utterance.</remarks>
    public ValueList<Baseline> Baselines(DataSplit split)
    {
        var part = Part(split);
        var most = Train.Utterances.GroupBy(u => u.Transcript).MaxBy(g => g.Count())!.Key;
        return part.Count == 0 ? [] : [Always("empty transcript", ""), Always($"most frequent transcript, '{most}'", most)];

        Baseline Always(string rule, string text) => new(rule, SpeechRecognition.ErrorRates(part.Utterances.Select(u => (u.Transcript, text))));
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

    /// <summary>Refuses transcripts that have characters outside an alphabet.</summary>
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
                + "A network cannot learn them: rewrite the transcripts, or have the train part contain them.");
        }
    }

    private IEnumerable<string> Unheard()
    {
        var heard = Train.Utterances.SelectMany(u => u.Transcript.EnumerateRunes()).ToHashSet();
        return Alphabet.Characters.EnumerateRunes().Where(c => !heard.Contains(c)).Select(SpeechAlphabet.Show);
    }

    private string WhySkipped() => Skipped.Count == 0 ? "" : $" {Skipped.Count} were left out; the first: '{Skipped[0].Name}' {Skipped[0].Reason}.";
}
