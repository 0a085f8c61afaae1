using System.Globalization;
using Dsd.Models;
using Dsd.Records;
using Dsd.Torch;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>The task of image captioning: predicts each word of a caption from the image's feature and the words before it.</summary>
/// <remarks>
/// The loss is the cross entropy per word, with the end counted as a word. The batch of a step is a pure function of the seed and the step: each
/// epoch goes through the pairs of image and caption in a new random order; the remainder after the last whole batch is not used in
/// that epoch. NeuralTalk draws an image and then one of its captions at random, and divides the loss by captions, not by words.
/// One instance serves any number of models in turn. <see cref="CatalogTrials.Open"/> and <see cref="IDataset.Task"/> create it for data of the catalogue or in a folder.
/// </remarks>
public sealed class Captioning : ITrainingTask
{
    /// <summary>The largest number of words of a caption in <see cref="Evaluate"/>, including the end: 20, as in NeuralTalk.</summary>
    public const int MostWords = 20;

    /// <summary>The default beam width on the test split: 7.</summary>
    public const int DefaultBeamWidth = 7;

    private const int EvaluationBatchSize = 100;
    private const int MostMeasuredAtOnce = 1000;
    private readonly BatchOrder _order;
    private readonly Lazy<CaptionBatches> _batches;

    /// <summary>Describes the task.</summary>
    /// <param name="data">The images and captions.</param>
    /// <param name="batchSize">The batch size in pairs, from 1 to the number of training pairs.</param>
    /// <param name="seed">The seed of the order of pairs.</param>
    /// <param name="device">The device of the batches and the model. Default null: CPU.</param>
    /// <param name="beamWidth">The beam width on the test split, 1 to 100; 1 is greedy search. Default 7.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    internal Captioning(CaptionDataset data, int batchSize, long seed, Device? device = null, int beamWidth = DefaultBeamWidth)
    {
        ArgumentNullException.ThrowIfNull(data);
        BeamSearch.CheckWidth(beamWidth);
        _order = new(data.TrainExamples, batchSize, seed);
        Data = data;
        Seed = seed;
        Device = device;
        BeamWidth = beamWidth;
        _batches = new(() => new(Data, _order, Device, KeepsOnDevice));
    }

    /// <summary>The exponential of the loss in nats per word.</summary>
    public static Metric Perplexity { get; } = new("perplexity", MetricGoal.Lower);

    /// <summary>The images and captions.</summary>
    internal CaptionDataset Data { get; }

    /// <summary>The training batch size in pairs.</summary>
    public int BatchSize => _order.BatchSize;

    /// <inheritdoc/>
    int? ITrainingTask.BatchSize => BatchSize;

    /// <summary>The seed of the order.</summary>
    public long Seed { get; }

    /// <summary>The device of the batches; null for the CPU.</summary>
    public Device? Device { get; }

    /// <summary>The beam width on the test split; other splits use greedy search.</summary>
    public int BeamWidth { get; }

    /// <summary>True to keep features and captions on the device, also on the CPU, false not to; null to do it on another device if they fit.</summary>
    internal bool? KeepsOnDevice { get; init; }

    /// <summary>The number of captions whose loss is measured at once; null for what the device says.</summary>
    internal int? MeasuredAtOnce { get; init; }

    /// <inheritdoc/>
    public string Name => Data.Name;

    /// <summary>Training steps in one epoch: the number of pairs divided by the batch size, rounded down.</summary>
    public int StepsPerEpoch => _order.StepsPerEpoch;

    /// <inheritdoc/>
    public ValueList<DataProblem> Problems => Data.Problems;

    /// <inheritdoc/>
    public string Settings => string.Create(
        CultureInfo.InvariantCulture,
        $"{Data.TrainExamples} captions, {Data.Vocabulary.Count - 1} words, batch {BatchSize}, seed {Seed}, beam of {BeamWidth} on test")
        + (Data.LeftOut.Length > 0 ? $"; left out: {Data.LeftOut}" : "");

    /// <summary>Creates the batch of a step; the same at each call.</summary>
    /// <param name="step">The step counted from the start of the run, from 0.</param>
    /// <returns>
    /// The features, float32, shape (batch, features); the input words, each caption's first one 0, and the words that follow each, the last
    /// one 0: both int64, shape (batch, longest), padded with 0 and −100. The caller owns all three.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    public (Tensor Features, Tensor Words, Tensor Target) Batch(long step) => _batches.Value.Batch(step);

    /// <summary>Runs the model on the batch of a step and returns the mean cross entropy per word in nats.</summary>
    /// <param name="model">A <c>Module&lt;Tensor, Tensor, Tensor&gt;</c> from features and words to one score per word, on the task's device.</param>
    /// <param name="step">The step counted from the start of the run, from 0.</param>
    /// <returns>A differentiable scalar tensor, owned by the caller.</returns>
    /// <exception cref="ArgumentException">The model is of another type or its scores have the wrong shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    public Tensor Loss(nn.Module model, long step)
    {
        var network = Network(model);
        using var scope = NewDisposeScope();
        var (features, words, target) = Batch(step);
        return CrossEntropy(network, features, words, target, nn.Reduction.Mean).MoveToOuterDisposeScope();
    }

    /// <summary>Measures the model on a whole split; on the train split, with a limit on training pairs, on these pairs and on the images up to that of the last one.</summary>
    /// <param name="model">A captioning network that is also an <see cref="ICaptioner"/>, in evaluation mode.</param>
    /// <param name="split">The split to measure on.</param>
    /// <returns>
    /// <c>"BLEU-1"</c> to <c>"BLEU-4"</c>, the data's main metric first, of the captions that the model generates (see <see cref="Generate"/>);
    /// <c>"loss"</c>, the mean cross entropy per word of the split's own captions in nats, with their ends and without unknown words; and
    /// <c>"perplexity"</c>, its exponential.
    /// </returns>
    /// <exception cref="ArgumentException">The model is of another type or its scores have the wrong shape, or the split is empty.</exception>
    public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split)
    {
        var (network, part) = (Network(model), Data.Checked(split));
        var captions = Captions(model, split, part.Count, WidthOn(split));
        var (sums, count) = (new List<Tensor>(), 0L);
        var pairs = Data.Pairs(split);
        var atOnce = MeasuredAtOnce ?? DeviceData.MeasuredAtOnce(
            Device, EvaluationBatchSize, MostMeasuredAtOnce, sizeof(float) * (pairs.Select(p => p.Words.Length).DefaultIfEmpty().Max() + 1L) * Data.Vocabulary.Count);
        using var noGradients = no_grad();
        using var all = NewDisposeScope();
        foreach (var (length, read) in _batches.Value.ToMeasure(split, atOnce))
        {
            using var scope = NewDisposeScope();
            var (features, words, target) = read();
            sums.Add(CrossEntropy(network, features, words, target, nn.Reduction.Sum).MoveToOuterDisposeScope());
            count += length;
        }

        var loss = DeviceData.Read<float>(sums).Sum(s => (double)s);
        var metrics = Data.Measure(captions, part);
        return count == 0
            ? throw new ArgumentException($"The {split} split of {Name} holds no caption with a known word, so no loss can be measured on it.", nameof(split))
            : [.. metrics, Metric.Loss.Of(loss / count, pairs.Count), Perplexity.Of(Math.Exp(loss / count), pairs.Count)];
    }

    /// <summary>Generates captions for images of a split, next to the captions that the data hold; of the train split, for those that are trained on.</summary>
    /// <param name="model">An <see cref="ICaptioner"/>, in evaluation mode.</param>
    /// <param name="split">The split.</param>
    /// <param name="count">The number of images: the first ones of the split. Default null: all.</param>
    /// <param name="beamWidth">The number of candidates, 1 to 100; 1 is greedy search. Default null: as in <see cref="Evaluate"/>, <see cref="BeamWidth"/> on test and 1 on other splits.</param>
    /// <returns>For each image its name, its captions in the data, and the model's caption of at most <see cref="MostWords"/> words; words are separated by single spaces.</returns>
    /// <exception cref="ArgumentException">The model is of another type, or the split is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public IReadOnlyList<(string Image, IReadOnlyList<string> References, string Caption)> Generate(nn.Module model, DataSplit split, int? count = null, int? beamWidth = null)
    {
        var part = Data.Checked(split);
        if (count is { } some && (some < 1 || some > part.Count))
        {
            throw new ArgumentOutOfRangeException(nameof(count), some, $"The number of images must be 1 to {part.Count}, those of the {split} split of {Name}; leave it out to take all of them.");
        }

        var captions = Captions(model, split, count ?? part.Count, beamWidth ?? WidthOn(split));
        return [.. captions.Zip(part.Images, (words, image) =>
            (image.Name, (IReadOnlyList<string>)[.. image.Captions.Select(c => string.Join(' ', c))], string.Join(' ', words)))];
    }

    private int WidthOn(DataSplit split) => split == DataSplit.Test ? BeamWidth : 1;

    private IReadOnlyList<string[]> Captions(nn.Module model, DataSplit split, int count, int width)
    {
        ArgumentNullException.ThrowIfNull(model);
        TorchRuntime.RequireConfigured("Captioning");
        var writer = model as ICaptioner ?? throw new ArgumentException(
            $"The model {model.GetName()} is a {model.GetType().Name}; to write captions it must be an {nameof(ICaptioner)}, which reads one word at a time.", nameof(model));
        using var scope = NewDisposeScope();
        var features = _batches.Value.Features(split, count);
        return [.. BeamSearch.Captions(writer, features, width, MostWords).Select(c => Data.Vocabulary.Decode(c))];
    }

    private static nn.Module<Tensor, Tensor, Tensor> Network(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        TorchRuntime.RequireConfigured("Captioning");
        return model as nn.Module<Tensor, Tensor, Tensor> ?? throw new ArgumentException(
            $"The model {model.GetName()} is a {model.GetType().Name}; captioning needs a Module<Tensor, Tensor, Tensor>, "
            + "which takes features and words and returns one score per word at each position.",
            nameof(model));
    }

    private Tensor CrossEntropy(nn.Module<Tensor, Tensor, Tensor> model, Tensor features, Tensor words, Tensor target, nn.Reduction reduction)
    {
        var scores = model.call(features, words);
        var count = Data.Vocabulary.Count;
        return scores.shape is [var rows, var length, var classes] && rows == words.shape[0] && length == words.shape[1] && classes == count
            ? nn.functional.cross_entropy(scores.to(ScalarType.Float32).reshape(-1, count), target.view(-1), ignore_index: CaptionBatches.Ignored, reduction: reduction)
            : throw new ArgumentException(
                $"The model {model.GetName()} returned scores of shape [{string.Join(", ", scores.shape)}] for words of shape [{string.Join(", ", words.shape)}]; "
                + $"expected [{words.shape[0]}, {words.shape[1]}, {count}]: at each position one score for each of the {count - 1} words of {Name} and the end.",
                nameof(model));
    }
}
