using System.Globalization;
using System.Runtime.InteropServices;
using Dsd.Native;
using Dsd.Records;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>Learning to tell the classes of images apart, with cross entropy as the loss.</summary>
/// <remarks>
/// The batch of a step is a pure function of the seed and the step. Each epoch goes through the train part in an order of
/// its own, so that every example comes at most once; what is left after the last whole batch is not used in that epoch.
/// One instance serves any number of models, one after the other.
/// </remarks>
public sealed class ImageClassification : ILearningTask
{
    /// <summary>How many examples are measured at once in <see cref="Evaluate"/>: 100, which keeps activations of a small network in the caches.</summary>
    public const int EvaluationBatchSize = 100;

    private readonly BatchOrder _order;
    private readonly ImageWriter _train;
    private readonly BatchAhead _ahead;

    /// <summary>Describes the task.</summary>
    /// <param name="data">The images.</param>
    /// <param name="batchSize">Examples in a batch, from 1 to the number in the train part.</param>
    /// <param name="seed">Decides the order of the examples and how they are varied.</param>
    /// <param name="augmentation">How training images are varied. Default null: not at all.</param>
    /// <param name="device">Where the batches go; the model must be there. Default null: CPU.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="batchSize"/> is below 1 or above the number of training examples.</exception>
    public ImageClassification(ImageDataset data, int batchSize, long seed, Augmentation? augmentation = null, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        CpuBackend.Prepare();
        _order = new(data.Train.Count, batchSize, seed);
        _train = new(data, data.Train);
        _ahead = new(batchSize, data.Train.PixelsPerImage, (step, labels, images) => Fill(step, labels, images));
        Data = data;
        Seed = seed;
        Augmentation = augmentation ?? Augmentation.None;
        Device = device;
    }

    /// <summary>The images.</summary>
    public ImageDataset Data { get; }

    /// <summary>Examples in a training batch.</summary>
    public int BatchSize => _order.BatchSize;

    /// <summary>The seed of order and augmentation.</summary>
    public long Seed { get; }

    /// <summary>How training images are varied.</summary>
    public Augmentation Augmentation { get; }

    /// <summary>Where the batches go; null for the CPU.</summary>
    public Device? Device { get; }

    /// <inheritdoc/>
    public string Name => Data.Name;

    /// <summary>Training steps in one epoch: the number of training examples divided by the batch size, rounded down.</summary>
    public int StepsPerEpoch => _order.StepsPerEpoch;

    /// <inheritdoc/>
    public string Settings => string.Create(CultureInfo.InvariantCulture, $"{Data.Train.Count} examples, batch {BatchSize}, seed {Seed}, {Augmentation}");

    /// <summary>The batch of a step; the same bits at each call.</summary>
    /// <param name="step">The step counted from the start of the run, from 0.</param>
    /// <returns>
    /// The normalised images, 32-bit (batch × channels × height × width), and their classes, 64-bit (batch); the caller owns
    /// both.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    public (Tensor Input, Tensor Target) Batch(long step)
    {
        return Assemble(Data.Train, BatchSize, (labels, images) =>
        {
            // Another thread helps only where libtorch leaves it a processor.
            if (Environment.ProcessorCount > get_num_threads())
            {
                _ahead.Take(step, labels, images);
            }
            else
            {
                Fill(step, labels, images);
            }
        });
    }

    /// <summary>Runs the model on the batch of a step and returns the mean cross entropy.</summary>
    /// <param name="model">A <c>Module&lt;Tensor, Tensor&gt;</c> from images to one score a class, on the task's device.</param>
    /// <param name="step">The step counted from the start of the run, from 0.</param>
    /// <returns>
    /// A scalar tensor that can be differentiated; the caller owns it. The heads of an <see cref="IAuxiliaryScores"/> are in it, with
    /// their weight.
    /// </returns>
    /// <exception cref="ArgumentException">The model is of another type or gives other than batch × classes scores.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    public Tensor Loss(nn.Module model, long step)
    {
        var network = Network(model);
        using var scope = NewDisposeScope();
        var (input, target) = Batch(step);
        if (network is not IAuxiliaryScores heads)
        {
            return nn.functional.cross_entropy(Scores(network, network.call(input), input), target).MoveToOuterDisposeScope();
        }

        var (scores, auxiliary) = heads.ScoresOfAllHeads(input);
        var loss = nn.functional.cross_entropy(Scores(network, scores, input), target);
        foreach (var further in auxiliary)
        {
            loss += heads.AuxiliaryWeight * nn.functional.cross_entropy(Scores(network, further, input), target);
        }

        return loss.MoveToOuterDisposeScope();
    }

    /// <summary>Measures the model on a whole part of the data, without augmentation.</summary>
    /// <param name="model">A <c>Module&lt;Tensor, Tensor&gt;</c> from images to one score a class, in evaluation mode.</param>
    /// <param name="split">The part to measure on.</param>
    /// <returns>
    /// <c>"accuracy"</c>, the fraction of examples whose own class has the highest score, and <c>"loss"</c>, the mean cross
    /// entropy in nats; both over the examples.
    /// </returns>
    /// <exception cref="ArgumentException">The model is of another type or gives other than batch × classes scores, or the part is empty.</exception>
    public ValueList<Metric> Evaluate(nn.Module model, DataSplit split)
    {
        var network = Network(model);
        var part = Data.Part(split);
        if (part.Count == 0)
        {
            throw new ArgumentException($"The {split} part of {Name} holds no examples, so nothing can be measured on it.", nameof(split));
        }

        var writer = new ImageWriter(Data, part);
        var correct = 0L;
        var loss = 0.0;
        using var noGradients = no_grad();
        for (var start = 0; start < part.Count; start += EvaluationBatchSize)
        {
            using var scope = NewDisposeScope();
            var first = start;
            var (input, target) = Assemble(part, Math.Min(EvaluationBatchSize, part.Count - start), (labels, images) =>
            {
                var source = part.Labels.Span;
                for (var i = 0; i < labels.Length; i++)
                {
                    labels[i] = source[first + i];
                    writer.Write(first + i, images.Slice(i * part.PixelsPerImage, part.PixelsPerImage));
                }
            });
            var scores = Scores(network, network.call(input), input);
            correct += scores.argmax(1).eq(target).sum().ToInt64();
            loss += nn.functional.cross_entropy(scores, target, reduction: nn.Reduction.Sum).ToDouble();
        }

        return [new("accuracy", (double)correct / part.Count), new("loss", loss / part.Count)];
    }

    private static nn.Module<Tensor, Tensor> Network(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model as nn.Module<Tensor, Tensor> ?? throw new ArgumentException(
            $"The model {model.GetName()} is a {model.GetType().Name}; classifying images needs a Module<Tensor, Tensor>, "
            + "which takes a batch of images and gives one score a class.",
            nameof(model));
    }

    /// <summary>The scores that a model gave, if they are one a class.</summary>
    private Tensor Scores(nn.Module model, Tensor scores, Tensor input)
    {
        return scores.shape is [var count, var classes] && count == input.shape[0] && classes == Data.Classes
            ? scores.to(ScalarType.Float32)
            : throw new ArgumentException(
                $"The model {model.GetName()} gave scores of shape [{string.Join(", ", scores.shape)}] for {input.shape[0]} images; "
                + $"expected [{input.shape[0]}, {Data.Classes}]: one score for each of the {Data.Classes} classes of {Name}.",
                nameof(model));
    }

    private void WriteVaried(int example, CounterRandom random, int position, Span<float> image)
    {
        if (Augmentation.IsNone)
        {
            _train.Write(example, image);
            return;
        }

        // Three numbers a position: rows, columns, mirror.
        var reach = (2 * Augmentation.ShiftPixels) + 1;
        var down = random.Below(3L * position, reach) - Augmentation.ShiftPixels;
        var right = random.Below((3L * position) + 1, reach) - Augmentation.ShiftPixels;
        var flip = Augmentation.Flip && random.Below((3L * position) + 2, 2) == 1;
        _train.Write(example, down, right, flip, image);
    }

    private void Fill(long step, Span<long> labels, Span<float> images)
    {
        var (epoch, position, examples) = _order.At(step);
        var random = CounterRandom.For(Seed, "augment", epoch);
        var size = Data.Train.PixelsPerImage;
        var source = Data.Train.Labels.Span;
        for (var i = 0; i < labels.Length; i++)
        {
            var example = examples.Span[i];
            labels[i] = source[example];
            WriteVaried(example, random, position + i, images.Slice(i * size, size));
        }
    }

    /// <summary>Lets a batch be written straight into the memory of its tensors and brings them to the device.</summary>
    private (Tensor Input, Tensor Target) Assemble(ImageSplit part, int count, BatchFiller fill)
    {
        var input = empty(count, part.Channels, part.Height, part.Width, dtype: ScalarType.Float32, device: CPU);
        var target = empty(count, dtype: ScalarType.Int64, device: CPU);
        fill(MemoryMarshal.Cast<byte, long>(target.bytes), MemoryMarshal.Cast<byte, float>(input.bytes));
        return Device is null || Device.type == DeviceType.CPU ? (input, target) : (Moved(input), Moved(target));
    }

    private Tensor Moved(Tensor tensor)
    {
        using (tensor)
        {
            return tensor.to(Device!);
        }
    }

    private delegate void BatchFiller(Span<long> labels, Span<float> images);
}
