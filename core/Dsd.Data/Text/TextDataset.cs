using System.Text;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>A data set of texts in memory, split by whole texts, with the symbols of the train split.</summary>
/// <remarks>An example is a window of consecutive characters, each to be predicted from the preceding ones of the window.</remarks>
internal sealed class TextDataset : IDataset
{
    /// <summary>The default number of characters predicted in a window: 64.</summary>
    public const int DefaultWindowLength = 64;

    private readonly (int Text, int Start)[] _windows;
    private readonly int[]? _trainedOn;
    private readonly Lazy<ValueList<DataInventory.Entry>> _contents;

    /// <summary>Combines three splits into a data set.</summary>
    /// <param name="name">The name of the data, e.g. <c>"bible-kjv"</c>; null for <c>text-</c> and eight digits of a hash of their content.</param>
    /// <param name="train">The train split, with a text long enough for a window.</param>
    /// <param name="validation">The validation split, held out of train, to choose on.</param>
    /// <param name="test">The test split, to be read once, at the end.</param>
    /// <param name="windowLength">The number of characters predicted in a window, at least 1. Default 64.</param>
    /// <param name="trainLimit">The number of training windows: the first ones. Default null: all. The symbols are always those of the whole train split.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="name"/> is empty, no text of the train split is long enough for a window, or a text is in two splits.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    /// <exception cref="DsdException">A text of another split has a symbol that the train split lacks, or there are more than 256 symbols.</exception>
    public TextDataset(
        string? name,
        IEnumerable<TextDocument> train,
        IEnumerable<TextDocument> validation,
        IEnumerable<TextDocument> test,
        int windowLength = DefaultWindowLength,
        int? trainLimit = null)
    {
        if (name is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(name);
        }

        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        ArgumentNullException.ThrowIfNull(test);
        if (windowLength is < 1 or > 1 << 20)
        {
            throw new ArgumentOutOfRangeException(nameof(windowLength), windowLength, "A window must predict 1 to 1048576 characters.");
        }

        var (learnt, chosenOn, measured) = (train.ToList(), validation.ToList(), test.ToList());
        Vocabulary = Vocabulary.Of(learnt);
        Train = new(learnt, Vocabulary);
        Validation = new(chosenOn, Vocabulary);
        Test = new(measured, Vocabulary);
        _contents = new(() => Enum.GetValues<DataSplit>().Select(ContentOf).ToValueList());
        Name = name ?? $"text-{new DataInventory("text", Contents).Hash[..8]}";
        Problems = EqualFiles.Find(
            new[] { learnt, chosenOn, measured }.Zip(Enum.GetValues<DataSplit>(), (texts, split) => texts.Where(t => t.Text.Length > 0).Select(t => (split, t.Name, t.Text))).SelectMany(t => t),
            "texts");
        var twice = Train.Names.Concat(Validation.Names).Concat(Test.Names).GroupBy(n => n).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
        {
            throw new ArgumentException($"The text '{twice.Key}' occurs twice in {Name}; each text belongs to one split, once.");
        }

        _windows = [.. Train.Windows(windowLength)];
        if (_windows.Length == 0)
        {
            throw new ArgumentException(
                $"No text of the train split is long enough: a window of {windowLength} needs a text of {2 * windowLength} characters. Use longer texts or a shorter window.",
                nameof(train));
        }

        if (trainLimit is { } limit && (limit < 1 || limit > _windows.Length))
        {
            throw new ArgumentOutOfRangeException(
                nameof(trainLimit), limit, $"The number of training windows must be 1 to {_windows.Length}; leave it out to take all {_windows.Length}.");
        }

        WindowLength = windowLength;
        TrainExamples = trainLimit ?? _windows.Length;
        if (TrainExamples < _windows.Length)
        {
            // With the largest offset, a window and the character after it end twice its length after its start.
            _trainedOn = new int[Train.Count];
            foreach (var (text, start) in _windows.Take(TrainExamples))
            {
                _trainedOn[text] = start + (2 * windowLength);
            }
        }
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The symbols of the train split, which cover the other splits.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>The train split.</summary>
    public TextSplit Train { get; }

    /// <summary>The validation split, held out of train; the only split to choose on.</summary>
    public TextSplit Validation { get; }

    /// <summary>The test split, to be read once, after all choices are made.</summary>
    public TextSplit Test { get; }

    /// <summary>The number of characters predicted in a window.</summary>
    public int WindowLength { get; }

    /// <summary>The number of training windows.</summary>
    /// <remarks>A text of n characters has ⌊n / length⌋ − 1 of them, so that all fit for any offset of the first one.</remarks>
    public int TrainExamples { get; }

    /// <summary>The texts that are also in an earlier split.</summary>
    public ValueList<DataProblem> Problems { get; }

    /// <inheritdoc/>
    /// <remarks>The texts in order, in UTF-8; not their names.</remarks>
    public ValueList<DataInventory.Entry> Contents => _contents.Value;

    /// <summary>Gets one of the three splits.</summary>
    /// <param name="split">The split.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="split"/> is none of the three.</exception>
    public TextSplit Part(DataSplit split) => split switch
    {
        DataSplit.Train => Train,
        DataSplit.Validation => Validation,
        DataSplit.Test => Test,
        _ => throw new ArgumentOutOfRangeException(nameof(split), split, "A split is Train, Validation or Test."),
    };

    /// <inheritdoc/>
    public ITrainingTask Task(int batchSize, long seed, Augmentation? augmentation = null, Device? device = null) =>
        augmentation is null or { IsNone: true }
            ? new LanguageModelling(this, batchSize, seed, device)
            : throw new DsdException($"{Name} is a text, which cannot be augmented; got '{augmentation}'. Leave the augmentation out; it applies to images only.");

    /// <summary>Gets the characters of a training window and the one after them.</summary>
    /// <param name="index">The window, below <see cref="TrainExamples"/>.</param>
    /// <param name="offset">The start of the first window of each text, below <see cref="WindowLength"/>.</param>
    internal ReadOnlySpan<byte> Window(int index, int offset)
    {
        var (text, start) = _windows[index];
        return Train.Text(text).Slice(start + offset, WindowLength + 1);
    }

    /// <summary>Gets the text of a training window and its first character there for the offset 0.</summary>
    internal (int Text, int Start) WindowAt(int index) => _windows[index];

    /// <summary>Gets the characters of a text that are measured.</summary>
    /// <param name="split">The split.</param>
    /// <param name="text">The text, from 0 to the number of texts of the split − 1.</param>
    /// <returns>All; of the train split, with a limit on training windows, the first ones, which the windows within it cover for any offset: none if the text has no such window.</returns>
    internal ReadOnlySpan<byte> ToMeasure(DataSplit split, int text)
    {
        var whole = Part(split).Text(text);
        return split == DataSplit.Train && _trainedOn is not null ? whole[.._trainedOn[text]] : whole;
    }

    private DataInventory.Entry ContentOf(DataSplit split)
    {
        var part = Part(split);
        return SplitContent.Of(split, "texts", Enumerable.Range(0, part.Count).Select(i => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(Vocabulary.Decode(part.Text(i)))));
    }
}
