using Dsd.Records;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>A data set of image features with captions, with train, validation and test splits and the words of the train split.</summary>
/// <remarks>An example is a pair of an image and one of its captions.</remarks>
internal sealed class CaptionDataset : IDataset
{
    /// <summary>The mean caption length, in words, from which BLEU-4 is the main metric: 4. For shorter captions it is BLEU-1.</summary>
    public const double WordsForBleu4 = 4;

    private readonly (int Image, int[] Words)[] _pairs;

    /// <summary>Combines three splits into a data set.</summary>
    /// <param name="name">The name of the data, e.g. <c>"fashion-scenes"</c>.</param>
    /// <param name="train">The train split, with at least one caption with a known word.</param>
    /// <param name="validation">The validation split, held out of train, to choose on.</param>
    /// <param name="test">The test split, to be read once, at the end.</param>
    /// <param name="threshold">The smallest number of occurrences of a word in the training captions, at least 1. Default 5.</param>
    /// <param name="trainLimit">
    /// The number of training pairs: the first ones. Default null: all. The words, the main metric and what was excluded are always those of the whole train split.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty, the splits' features differ in width, or two images have the same name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    /// <exception cref="DsdException">No word of the train split occurs often enough.</exception>
    public CaptionDataset(
        string name,
        CaptionSplit train,
        CaptionSplit validation,
        CaptionSplit test,
        int threshold = WordVocabulary.DefaultThreshold,
        int? trainLimit = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        ArgumentNullException.ThrowIfNull(test);
        if (new[] { validation, test }.FirstOrDefault(p => p.FeatureWidth != train.FeatureWidth) is { } other)
        {
            throw new ArgumentException($"The train split of {name} has features of {train.FeatureWidth} values, another split of {other.FeatureWidth}; all splits need the same width.");
        }

        CaptionSplit[] parts = [train, validation, test];
        if (parts.SelectMany(p => p.Images).GroupBy(i => i.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"The image '{twice.Key}' occurs twice in {name}; each image belongs to one split, once.");
        }

        Name = name;
        Vocabulary = WordVocabulary.Of(train.Images.SelectMany(i => i.Captions), threshold);
        (Train, Validation, Test) = (train, validation, test);
        var all = parts.Select(Defined).ToArray();
        _pairs = all[0];
        if (trainLimit is { } limit && (limit < 1 || limit > _pairs.Length))
        {
            throw new ArgumentOutOfRangeException(
                nameof(trainLimit), limit, $"The number of training pairs must be 1 to {_pairs.Length}; leave it out to take all {_pairs.Length}.");
        }

        if (trainLimit < _pairs.Length)
        {
            _pairs = _pairs[..trainLimit.Value];
            Train = train.First(_pairs[^1].Image + 1);
        }

        UnknownCaptions = parts.Sum(p => p.Images.Sum(i => i.Captions.Count)) - all.Sum(p => p.Length);
        MainMetric = train.Images.SelectMany(i => i.Captions).Average(c => c.Count) >= WordsForBleu4 ? Bleu.Metric(4) : Bleu.Metric(1);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The words of the train split.</summary>
    public WordVocabulary Vocabulary { get; }

    /// <summary>The train split; with a limit on training pairs, its images up to that of the last pair, each with all of its captions as references.</summary>
    public CaptionSplit Train { get; }

    /// <summary>The validation split, held out of train; the only split to choose on.</summary>
    public CaptionSplit Validation { get; }

    /// <summary>The test split, to be read once, after all choices are made.</summary>
    public CaptionSplit Test { get; }

    /// <summary>The number of training pairs of an image and a caption.</summary>
    public int TrainExamples => _pairs.Length;

    /// <summary>The main metric: BLEU-4, or BLEU-1 if captions have fewer than four words on average.</summary>
    public Metric MainMetric { get; }

    /// <summary>The number of captions in all splits that have words, but none in <see cref="Vocabulary"/>.</summary>
    /// <remarks>They are excluded from the loss, in training and in measurements, and stay references for BLEU.</remarks>
    public int UnknownCaptions { get; }

    /// <summary>A summary of what was excluded from all splits and why, with counts; empty if nothing was.</summary>
    public string LeftOut
    {
        get
        {
            CaptionSplit[] parts = [Train, Validation, Test];
            return string.Join(", ", new[]
            {
                (parts.Sum(p => p.EmptyCaptions), "captions without a word"),
                (parts.Sum(p => p.ImagesWithoutCaption), "images without a caption"),
                (UnknownCaptions, "captions of unknown words alone"),
            }.Where(c => c.Item1 > 0).Select(c => FormattableString.Invariant($"{c.Item1} {c.Item2}")));
        }
    }

    /// <inheritdoc/>
    public ValueList<DataProblem> Problems => [.. new[] { DataSplit.Train, DataSplit.Validation, DataSplit.Test }.SelectMany(s => ProblemsOf(s, Part(s).Raw, Vocabulary)), .. Notes];

    /// <summary>Further problems of the data. Default: none.</summary>
    internal ValueList<DataProblem> Notes { get; init; } = [];

    /// <summary>Lists what is excluded from a split.</summary>
    internal static IEnumerable<DataProblem> ProblemsOf(DataSplit split, IReadOnlyCollection<CaptionedImage> images, WordVocabulary vocabulary) => new[]
    {
        DataProblem.Of(DataProblemKind.LeftOut, split, "captions without a word", images.SelectMany(i => i.Captions.Where(c => c.Count == 0).Select(_ => i.Name))),
        DataProblem.Of(DataProblemKind.LeftOut, split, "images without a caption", images.Where(i => i.Captions.All(c => c.Count == 0)).Select(i => i.Name)),
        DataProblem.Of(
            DataProblemKind.LeftOut,
            split,
            "captions of unknown words alone, which are left out of the loss",
            images.SelectMany(i => i.Captions.Where(c => c.Count > 0 && vocabulary.Encode(c).Length == 0).Select(c => $"{i.Name}: {string.Join(' ', c)}"))),
    }.OfType<DataProblem>();

    /// <summary>Gets one of the three splits.</summary>
    /// <param name="split">The split.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="split"/> is none of the three.</exception>
    public CaptionSplit Part(DataSplit split) => split switch
    {
        DataSplit.Train => Train,
        DataSplit.Validation => Validation,
        DataSplit.Test => Test,
        _ => throw new ArgumentOutOfRangeException(nameof(split), split, "A split is Train, Validation or Test."),
    };

    /// <inheritdoc/>
    public ITrainingTask Task(int batchSize, long seed, Augmentation? augmentation = null, Device? device = null) =>
        augmentation is null or { IsNone: true }
            ? new Captioning(this, batchSize, seed, device)
            : throw new DsdException($"{Name} holds features of images, which cannot be augmented; got '{augmentation}'. Leave the augmentation out; it applies to images only.");

    /// <summary>Computes the scores of captions of the train split on another: the most frequent one, and those of the nearest image.</summary>
    /// <param name="split">The split to measure on, with at least one image.</param>
    /// <returns>BLEU-1 to BLEU-4 of each rule, the main metric first; nearness in pixels is included if pixels are available.</returns>
    /// <exception cref="ArgumentException">The split is empty.</exception>
    public ValueList<(string Name, ValueList<MetricValue> Metrics)> Baselines(DataSplit split) => CaptionBaselines.Of(this, Checked(split));

    /// <summary>Computes the metrics of captions, the main one first.</summary>
    /// <param name="captions">A caption for each image of the split.</param>
    /// <param name="part">The split.</param>
    internal IEnumerable<MetricValue> Measure(IReadOnlyList<IReadOnlyList<string>> captions, CaptionSplit part)
    {
        var bleu = Bleu.Of(captions, [.. part.Images.Select(i => i.Captions)]);
        return Enumerable.Range(1, Bleu.Longest).Select(n => Bleu.Metric(n).Of(bleu.Score(n), part.Count)).OrderBy(m => m.Metric != MainMetric);
    }

    /// <summary>Gets a split and checks that it is not empty.</summary>
    internal CaptionSplit Checked(DataSplit split) => Part(split) is { Count: > 0 } part
        ? part
        : throw new ArgumentException($"The {split} split of {Name} holds no image with a caption, so nothing can be measured on it.", nameof(split));

    /// <summary>Gets the training pairs, or all of another split, each an image and the indices of a caption's words.</summary>
    internal IReadOnlyList<(int Image, int[] Words)> Pairs(DataSplit split) => split == DataSplit.Train ? _pairs : Defined(Part(split));

    private (int Image, int[] Words)[] Defined(CaptionSplit part) =>
    [
        .. part.Images.SelectMany((image, i) => image.Captions.Select(c => (i, Vocabulary.Encode(c)))).Where(p => p.Item2.Length > 0),
    ];
}
