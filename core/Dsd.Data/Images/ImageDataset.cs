using Dsd.Records;
using Dsd.Runs;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>A data set of labelled images in memory, with train, validation and test splits and the constants that normalise it.</summary>
public sealed class ImageDataset : IDataset, ILabelledImages
{
    private readonly Lazy<ValueList<DataInventory.Entry>> _contents;
    private readonly SeedDraw? _draw;

    /// <summary>Combines three splits into a data set.</summary>
    /// <param name="name">The name of the data, e.g. <c>"fashion-mnist"</c>.</param>
    /// <param name="classes">The number of classes, 1 to 256.</param>
    /// <param name="train">The train split, at least one image.</param>
    /// <param name="validation">The validation split, held out of train, to choose on.</param>
    /// <param name="test">The test split, to be read once, at the end.</param>
    /// <exception cref="ArgumentException">The name or the train split is empty, or the splits differ in the shape of their images.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="classes"/> is outside 1 to 256.</exception>
    /// <exception cref="DsdException">A label is not below <paramref name="classes"/>.</exception>
    public ImageDataset(string name, int classes, ImageSplit train, ImageSplit validation, ImageSplit test)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        ArgumentNullException.ThrowIfNull(test);
        if (classes is < 1 or > 256)
        {
            throw new ArgumentOutOfRangeException(nameof(classes), classes, "The number of classes must be 1 to 256, since labels are bytes.");
        }

        if (train.Count == 0)
        {
            throw new ArgumentException("The train split holds no image; at least one is needed.", nameof(train));
        }

        Name = name;
        Classes = classes;
        (Train, TrueLabels) = (train, train.Labels);
        Validation = validation;
        Test = test;
        foreach (var split in Enum.GetValues<DataSplit>())
        {
            var part = Part(split);
            if ((part.Channels, part.Height, part.Width) != (train.Channels, train.Height, train.Width))
            {
                throw new ArgumentException(
                    $"The images of the {split} split are {part.Channels}×{part.Height}×{part.Width}, those of the Train split "
                    + $"{train.Channels}×{train.Height}×{train.Width}; all splits need the same shape.");
            }

            part.CheckLabels(classes, $"The {split} split of {name}");
        }

        (Mean, StandardDeviation) = Moments(train);
        _contents = new(() => Enum.GetValues<DataSplit>().Select(ContentOf).ToValueList());
    }

    /// <summary>Draws the data of a seed. What the data are is still said by the whole; the draw is said by the settings of the task.</summary>
    private ImageDataset(ImageDataset whole, SeedDraw draw)
    {
        var (train, validation) = draw.Examples(whole.Train.Count, whole.Validation.Count);
        (Name, Classes, Test, HasBaselines, _contents, _draw) = (whole.Name, whole.Classes, whole.Test, whole.HasBaselines, whole._contents, draw);
        var isWhole = draw.Redraw == Redraw.None && train.Length == whole.Train.Count;
        var drawn = isWhole ? whole.Train : ImageSplit.Select(whole.Train, whole.Validation, train);
        Validation = draw.Redraw == Redraw.Splits ? ImageSplit.Select(whole.Train, whole.Validation, validation) : whole.Validation;
        (Mean, StandardDeviation) = isWhole ? (whole.Mean, whole.StandardDeviation) : Moments(drawn);
        (Train, TrueLabels) = (drawn, drawn.Labels);
        if (draw.Noise is not null)
        {
            Train = drawn.WithLabels([.. train.Select((place, i) => (byte)draw.Label(place, TrueLabels.Span[i], Classes))]);
        }
    }

    /// <summary>The name of the data.</summary>
    public string Name { get; }

    /// <summary>The number of classes.</summary>
    public int Classes { get; }

    /// <summary>True if <see cref="Baselines"/> measures simple rules, which takes a pass over the train split for each image. Default false.</summary>
    public bool HasBaselines { get; init; }

    /// <summary>The train split.</summary>
    public ImageSplit Train { get; }

    /// <inheritdoc/>
    public int TrainExamples => Train.Count;

    /// <summary>The validation split, held out of train; the only split to choose on.</summary>
    public ImageSplit Validation { get; }

    /// <summary>The test split, to be read once, after all choices are made.</summary>
    public ImageSplit Test { get; }

    /// <summary>The mean over the train split, one value per channel, with pixels scaled to [0, 1].</summary>
    public ValueList<double> Mean { get; }

    /// <summary>The standard deviation over the train split (divided by the count), one value per channel, with pixels scaled to [0, 1].</summary>
    public ValueList<double> StandardDeviation { get; }

    /// <inheritdoc/>
    public ValueList<DataInventory.Entry> Contents => _contents.Value;

    /// <summary>The true classes of the training examples, some of which <see cref="Train"/> labels wrongly if the data were so drawn.</summary>
    internal ReadOnlyMemory<byte> TrueLabels { get; }

    /// <inheritdoc/>
    string ILabelledImages.Details => _draw?.Details ?? "";

    /// <inheritdoc/>
    bool ILabelledImages.HasWrongLabels => _draw?.Noise is not null;

    /// <inheritdoc/>
    ILabelledImages ILabelledImages.Drawn(SeedDraw draw) => Drawn(draw);

    /// <summary>Draws the data of a seed; pixels are copied only where other examples are drawn.</summary>
    /// <param name="draw">The draw; without a redraw, the train split may be limited before.</param>
    internal ImageDataset Drawn(SeedDraw draw) => new(this, draw);

    /// <summary>Gets one of the three splits.</summary>
    /// <param name="split">The split.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="split"/> is none of the three.</exception>
    public ImageSplit Part(DataSplit split) => split switch
    {
        DataSplit.Train => Train,
        DataSplit.Validation => Validation,
        DataSplit.Test => Test,
        _ => throw new ArgumentOutOfRangeException(nameof(split), split, "A split is Train, Validation or Test."),
    };

    /// <inheritdoc/>
    public ITrainingTask Task(int batchSize, long seed, Augmentation? augmentation = null, Device? device = null) =>
        new ImageClassification(this, batchSize, seed, augmentation, device);

    /// <inheritdoc/>
    IImageSource ILabelledImages.Source(DataSplit split) => new MemoryImages(this, Part(split));

    /// <inheritdoc/>
    /// <remarks>If <see cref="HasBaselines"/>: the majority class, and the class of the nearest train image in pixels.</remarks>
    public ValueList<(string Name, ValueList<MetricValue> Metrics)> Baselines(DataSplit split) => !HasBaselines || Part(split).Count == 0 ? [] :
    [
        ("majority class", [Metric.Accuracy.Of(ImageBaselines.MajorityClass(Train, Part(split)), Part(split).Count)]),
        ("nearest neighbour", [Metric.Accuracy.Of(ImageBaselines.NearestNeighbour(Train, Part(split)), Part(split).Count)]),
    ];

    private DataInventory.Entry ContentOf(DataSplit split)
    {
        var part = Part(split);
        return SplitContent.Of(split, FormattableString.Invariant($"images {part.Channels}×{part.Height}×{part.Width} of {Classes} classes"), [part.Pixels, part.Labels]);
    }

    private static (ValueList<double> Mean, ValueList<double> Deviation) Moments(ImageSplit part)
    {
        var plane = part.Height * part.Width;
        var pixels = part.Pixels.Span;
        var means = new double[part.Channels];
        var deviations = new double[part.Channels];
        var counts = new long[256];
        for (var channel = 0; channel < part.Channels; channel++)
        {
            Array.Clear(counts);
            for (var start = channel * plane; start < pixels.Length; start += part.PixelsPerImage)
            {
                foreach (var pixel in pixels.Slice(start, plane))
                {
                    counts[pixel]++;
                }
            }

            // Integers until the last step, so that the result does not depend on the order of summation.
            var n = (double)part.Count * plane;
            Int128 sum = 0;
            Int128 squares = 0;
            for (var value = 0; value < counts.Length; value++)
            {
                sum += (Int128)counts[value] * value;
                squares += (Int128)counts[value] * value * value;
            }

            var mean = (double)sum / n;
            means[channel] = mean / 255;
            deviations[channel] = Math.Sqrt(Math.Max(0, ((double)squares / n) - (mean * mean))) / 255;
        }

        return (means.ToValueList(), deviations.ToValueList());
    }
}
