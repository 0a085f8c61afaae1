using System.Collections.Concurrent;
using System.Globalization;
using Dsd.Models;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Torch;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>The task of image classification, with cross entropy as the loss.</summary>
/// <remarks>
/// The batch of a step is a pure function of the seed and the step. Each epoch goes through the train split in a new
/// random order, each example at most once; the remainder after the last whole batch is not used in that epoch.
/// One instance serves any number of models in turn.
/// </remarks>
public sealed class ImageClassification : IBatchTask
{
    /// <summary>The batch size of <see cref="Evaluate"/> on the CPU: 100, which keeps the activations of a small network in the caches.</summary>
    /// <remarks>On another device it is as many images as fill 64 MB as the network's input, but 100 to 2,000.</remarks>
    public const int EvaluationBatchSize = 100;

    /// <summary>The number of classes from which <see cref="Evaluate"/> also measures the top-5 accuracy: 20. Of fewer, five are too large a fraction.</summary>
    public const int ClassesForTopFive = 20;

    /// <summary>The fraction of wrongly labelled training examples that are predicted as their wrong label, i.e. memorised: <c>"wrong labels memorised"</c>, lower is better.</summary>
    /// <remarks>The three metrics of wrong labels are those of S. Liu, J. Niles-Weed, N. Razavian, C. Fernandez-Granda, "Early-Learning Regularization Prevents Memorization of Noisy Labels", NeurIPS 2020, Figure 1.</remarks>
    public static Metric WrongLabelsMemorized { get; } = new("wrong labels memorised", MetricGoal.Lower, MetricScale.Percent, isMeanOverExamples: true);

    /// <summary>The fraction of wrongly labelled training examples that are predicted as their true class all the same: <c>"wrong labels corrected"</c>, higher is better.</summary>
    public static Metric WrongLabelsCorrected { get; } = new("wrong labels corrected", MetricGoal.Higher, MetricScale.Percent, isMeanOverExamples: true);

    /// <summary>The accuracy on the training examples that are labelled correctly: <c>"accuracy on true labels"</c>, higher is better.</summary>
    public static Metric AccuracyOnTrueLabels { get; } = Metric.Accuracy.WithName("accuracy on true labels");

    /// <summary>The <see cref="DataProblem"/> text for images that could not be decoded.</summary>
    internal const string Undecodable = "images that cannot be decoded";

    private const int MostMeasuredAtOnce = 2000;

    private readonly ILabelledImages _data;
    private readonly BatchOrder _order;
    private readonly HostBatches _host;
    private readonly Lazy<ResidentBatches?> _resident;
    private readonly ConcurrentDictionary<DataSplit, Lazy<ResidentBatches?>> _residentToMeasure = new();

    /// <summary>Describes the task.</summary>
    /// <param name="data">The images.</param>
    /// <param name="batchSize">The batch size, from 1 to the number of training examples.</param>
    /// <param name="seed">The seed of the order of examples and of augmentation.</param>
    /// <param name="augmentation">The augmentation of training images. Default null: none.</param>
    /// <param name="device">The device of the batches and the model. Default null: CPU.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="batchSize"/> is below 1 or above the number of training examples.</exception>
    /// <exception cref="DsdException">The augmentation changes colours, and the images are not in colour.</exception>
    public ImageClassification(ImageDataset data, int batchSize, long seed, Augmentation? augmentation = null, Device? device = null)
        : this((ILabelledImages)data, batchSize, seed, augmentation, device)
    {
    }

    /// <summary>Describes the task for any source of images; for images in a folder use <see cref="ImageFolder.Task"/>.</summary>
    internal ImageClassification(ILabelledImages data, int batchSize, long seed, Augmentation? augmentation = null, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        _data = data;
        _order = new(data.TrainExamples, batchSize, seed);
        Seed = seed;
        Augmentation = augmentation ?? Augmentation.None;
        Device = device;
        _host = new(data, _order, Augmentation, seed, device);
        _resident = new(() => _data is ImageDataset images ? ResidentBatches.ToTrain(images, _order, Augmentation, Seed, Device, KeepsOnDevice) : null);
        var channels = data.Source(DataSplit.Train).Form.Channels;
        if (Augmentation.ChangesColours && channels != 3)
        {
            throw new DsdException($"'{Augmentation}': {data.Name} has images of {channels} channel{(channels == 1 ? "" : "s")}, whose colours cannot be changed; leave jitter and lighting out.");
        }
    }

    /// <summary>The images.</summary>
    internal IDataset Data => _data;

    /// <summary>The training batch size.</summary>
    public int BatchSize => _order.BatchSize;

    /// <inheritdoc/>
    int? ITrainingTask.BatchSize => BatchSize;

    /// <summary>The seed of order and augmentation.</summary>
    public long Seed { get; }

    /// <summary>The augmentation of training images.</summary>
    public Augmentation Augmentation { get; }

    /// <summary>The device of the batches; null for the CPU.</summary>
    public Device? Device { get; }

    /// <summary>True to keep images in memory on the device, also on the CPU, false not to; null to do it on another device if they fit.</summary>
    internal bool? KeepsOnDevice { get; init; }

    /// <summary>The number of images, or crops of images, that are measured at once; null for what the device says.</summary>
    internal int? MeasuredAtOnce { get; init; }

    /// <inheritdoc/>
    public string Name => Data.Name;

    /// <summary>Training steps in one epoch: the number of training examples divided by the batch size, rounded down.</summary>
    public int StepsPerEpoch => _order.StepsPerEpoch;

    /// <inheritdoc/>
    public string Settings => string.Create(CultureInfo.InvariantCulture, $"{Data.TrainExamples} examples{_data.Details}, batch {BatchSize}, seed {Seed}, {Augmentation}");

    /// <inheritdoc/>
    public ValueList<DataInventory.Entry> Contents => _data.Contents;

    /// <inheritdoc/>
    public ValueList<DataProblem> Problems => _data.Defined;

    /// <inheritdoc/>
    public ValueList<DataProblem> LeftOut(DataSplit split) =>
        DataProblem.Of(DataProblemKind.LeftOut, split, Undecodable, _host.LeftOut.Where(r => r.Key.Split == split).Select(r => r.Value)) is { } problem ? [problem] : [];

    /// <summary>Creates the batch of a step; the same bits at each call.</summary>
    /// <param name="step">The step counted from the start of the run, from 0.</param>
    /// <returns>
    /// The normalised images, float32, shape (batch, channels, height, width), and their classes, int64, shape (batch); the caller owns
    /// both.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    public (Tensor Input, Tensor Target) Batch(long step)
    {
        if (_resident.Value is not { } resident)
        {
            return _host.Batch(step);
        }

        using var indices = resident.Indices(step);
        return resident.Gather(indices);
    }

    /// <summary>Runs the model on the batch of a step and returns the mean cross entropy.</summary>
    /// <param name="model">A <c>Module&lt;Tensor, Tensor&gt;</c> from images to one score per class, on the task's device.</param>
    /// <param name="step">The step counted from the start of the run, from 0.</param>
    /// <returns>
    /// A differentiable scalar tensor, owned by the caller. It includes the auxiliary heads of an <see cref="IAuxiliaryScores"/>, with
    /// their weight.
    /// </returns>
    /// <exception cref="ArgumentException">The model is of another type or its scores do not have shape (batch, classes).</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    public Tensor Loss(nn.Module model, long step)
    {
        using var scope = NewDisposeScope();
        var (input, target) = Batch(step);
        return Loss(model, input, target).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Loss(nn.Module model, Tensor inputs, Tensor targets)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var network = Network(model);
        using var scope = NewDisposeScope();
        return IAuxiliaryScores.Loss(network, inputs, scores => nn.functional.cross_entropy(Checked(network, scores, inputs), targets)).MoveToOuterDisposeScope();
    }

    /// <summary>Measures the model on a whole split, without augmentation; on the train split, on the images that are trained on.</summary>
    /// <param name="model">A <c>Module&lt;Tensor, Tensor&gt;</c> from images to one score per class, in evaluation mode.</param>
    /// <param name="split">The split to measure on.</param>
    /// <returns>
    /// <c>"accuracy"</c>, the fraction of examples whose own class has the highest score; with at least 20 classes <c>"top-5 accuracy"</c>, the fraction
    /// whose own class is among the five highest; and <c>"loss"</c>, the mean cross entropy in nats; all over the examples. If ten
    /// crops of test images are enabled, accuracies of the mean softmax follow as <c>"accuracy, ten crops"</c>. On a train split with
    /// label noise these are by the labels that are trained on, wrong or not, and <see cref="WrongLabelsMemorized"/>,
    /// <see cref="WrongLabelsCorrected"/> and <see cref="AccuracyOnTrueLabels"/> follow, each if it has examples. Images that cannot be
    /// decoded are excluded. On the test split, each metric carries the outcome of each image.
    /// </returns>
    /// <exception cref="ArgumentException">The model is of another type or its scores do not have shape (batch, classes), or the split is empty.</exception>
    /// <exception cref="DsdException">Too many images cannot be decoded.</exception>
    public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split)
    {
        var network = Network(model);
        var source = _data.Source(split);
        if (source.Count == 0)
        {
            throw new ArgumentException($"The {split} split of {Name} holds no examples, so nothing can be measured on it.", nameof(split));
        }

        // Arms are compared example by example on the test split.
        var keepsOutcomes = split == DataSplit.Test;
        var hasWrongLabels = split == DataSplit.Train && _data.HasWrongLabels;
        using var once = Measure(network, split, source, crops: 1, keepsOutcomes, hasWrongLabels);
        CheckThatNoClassIsGone(split, source);
        if (hasWrongLabels)
        {
            var measured = Enumerable.Range(0, source.Count).Where(i => !_host.LeftOut.ContainsKey((split, i)));
            return [.. once.Metrics("", _data.Classes, withLoss: true), .. Memorization.Measure(source, measured, once.Predictions())];
        }

        if (split != DataSplit.Test || !_data.TenCropTest || !source.HasTenCrops)
        {
            return once.Metrics("", _data.Classes, withLoss: true);
        }

        using var tenTimes = Measure(network, split, source, crops: 10, keepsOutcomes);
        return [.. once.Metrics("", _data.Classes, withLoss: true), .. tenTimes.Metrics(", ten crops", _data.Classes, withLoss: false)];
    }

    /// <summary>Checks that not all images of a class were excluded from a measurement.</summary>
    private void CheckThatNoClassIsGone(DataSplit split, IImageSource source)
    {
        var left = _host.LeftOut.Keys.Where(r => r.Split == split).Select(r => r.Example).ToHashSet();
        var gone = left.Count == 0 ? null : Enumerable.Range(0, source.Count).GroupBy(source.TrueLabel).FirstOrDefault(g => g.All(left.Contains));
        if (gone is not null)
        {
            throw new DsdException($"{Name}: no image of class {source.ClassOf(gone.First())} in the {split.ToString().ToLowerInvariant()} split can be decoded ({_host.LeftOut[(split, gone.First())]}), so the class was not measured. Replace the damaged images, or remove the class from every split.");
        }
    }

    private ImageScore Measure(nn.Module<Tensor, Tensor> network, DataSplit split, IImageSource source, int crops, bool keepsOutcomes, bool keepsPredictions = false)
    {
        var atOnce = MeasuredAtOnce ?? DeviceData.MeasuredAtOnce(Device, EvaluationBatchSize, MostMeasuredAtOnce, sizeof(float) * (long)HostBatches.Numbers(source));
        var inBatch = Math.Max(1, atOnce / crops);
        var resident = crops > 1 ? null : _residentToMeasure.GetOrAdd(split, s => new(() => _data is ImageDataset images ? ResidentBatches.ToMeasure(images, images.Part(s), Device, KeepsOnDevice) : null)).Value;
        using var read = resident is null ? _host.ToMeasure(split, source, inBatch, crops) : null;
        using var noGradients = no_grad();
        var score = new ImageScore(keepsOutcomes, keepsPredictions);
        try
        {
            for (var first = 0; first < source.Count; first += inBatch)
            {
                using var scope = NewDisposeScope();
                var count = Math.Min(inBatch, source.Count - first);
                if ((resident?.Range(first, count) ?? _host.Measured(source, read!, first / inBatch, count, crops)) is var (input, target))
                {
                    score.Add(Checked(network, network.call(input), input), target, crops);
                }
            }

            return score;
        }
        catch
        {
            score.Dispose();
            throw;
        }
    }

    string? IBatchTask.CaptureObstacle => null;

    (Tensor Inputs, Tensor Targets) IBatchTask.Batch(long step, Device device)
    {
        var (input, target) = Batch(step);
        return (DeviceCopy.Send(input, device), DeviceCopy.Send(target, device));
    }

    Func<long, (Tensor Inputs, Tensor Targets)>? IBatchTask.StackedBatches(IReadOnlyList<IBatchTask> tasks, Device device)
    {
        var resident = tasks.Select(t => (t as ImageClassification)?._resident.Value).OfType<ResidentBatches>().ToList();
        return resident.Count == tasks.Count ? ResidentBatches.Together(resident) : null;
    }

    Tensor IBatchTask.StackedLoss(Tensor outputs, Tensor targets) => outputs.shape is [var networks, var count, var classes] && networks == targets.shape[0] && count == targets.shape[1] && classes == _data.Classes
        ? nn.functional.cross_entropy(outputs.flatten(0, 1).to(ScalarType.Float32), targets.flatten(), reduction: nn.Reduction.None).reshape(networks, count).mean([1])
        : throw new DsdException($"The stacked model returned scores of shape [{string.Join(", ", outputs.shape)}]; expected [{targets.shape[0]}, {targets.shape[1]}, {_data.Classes}]: one score for each of the {_data.Classes} classes of {Name}.");

    private static nn.Module<Tensor, Tensor> Network(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        TorchRuntime.RequireConfigured("Classifying images");
        return model as nn.Module<Tensor, Tensor> ?? throw new ArgumentException(
            $"The model {model.GetName()} is a {model.GetType().Name}; classifying images needs a Module<Tensor, Tensor>, "
            + "which takes a batch of images and returns one score per class.",
            nameof(model));
    }

    /// <summary>Checks that a model returned one score per class.</summary>
    private Tensor Checked(nn.Module model, Tensor scores, Tensor input)
    {
        return scores.shape is [var count, var classes] && count == input.shape[0] && classes == _data.Classes
            ? scores.to(ScalarType.Float32)
            : throw new ArgumentException(
                $"The model {model.GetName()} returned scores of shape [{string.Join(", ", scores.shape)}] for {input.shape[0]} images; "
                + $"expected [{input.shape[0]}, {_data.Classes}]: one score for each of the {_data.Classes} classes of {Name}.",
                nameof(model));
    }
}
