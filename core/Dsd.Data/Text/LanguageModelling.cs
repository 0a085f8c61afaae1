using System.Globalization;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Torch;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>The task of character-level language modelling: predicts each character of a text from those before it, with cross entropy as the loss.</summary>
/// <remarks>
/// The batch of a step is a pure function of the seed and the step. Each epoch goes through the windows of the train split in a
/// new random order, with a new random start of the first window of each text; the remainder after the last whole
/// batch is not used in that epoch. Windows are independent: no state is carried from one to the next, in
/// training or in measurements. One instance serves any number of models in turn.
/// <see cref="CatalogTrials.Open"/> and <see cref="IDataset.Task"/> create it for data of the catalogue, and <see cref="Of"/> for own texts.
/// </remarks>
public sealed class LanguageModelling : IBatchTask
{
    /// <summary>The number of characters predicted in a window of <see cref="Evaluate"/>: 256.</summary>
    /// <remarks>
    /// A split is measured in consecutive windows, every character but the first of each text once. The first characters
    /// of a window have little context, so that windows longer than in training measure closer to the whole text.
    /// </remarks>
    public const int EvaluationWindowLength = 256;

    private const int EvaluationBatchSize = 64;
    private const int MostMeasuredAtOnce = 1024;
    private readonly BatchOrder _order;
    private readonly Lazy<TextBatches> _batches;

    /// <summary>Describes the task.</summary>
    /// <param name="data">The texts.</param>
    /// <param name="batchSize">The batch size in windows, from 1 to the number of training windows.</param>
    /// <param name="seed">The seed of the order and the start of the windows.</param>
    /// <param name="device">The device of the batches and the model. Default null: CPU.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="batchSize"/> is below 1 or above the number of windows.</exception>
    internal LanguageModelling(TextDataset data, int batchSize, long seed, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        _order = new(data.TrainExamples, batchSize, seed);
        Data = data;
        Seed = seed;
        Device = device;
        _batches = new(() => new(Data, _order, Seed, Device, KeepsOnDevice));
    }

    /// <summary>The mean cross entropy per character, in bits.</summary>
    public static Metric BitsPerCharacter { get; } = new("bits per character", MetricGoal.Lower, isMeanOverExamples: true);

    /// <summary>The symbols of the train split in the order of their indices, each a Unicode code point; their number is the input and output size of a network.</summary>
    public IReadOnlyList<string> Symbols => Data.Vocabulary.Each;

    internal TextDataset Data { get; }

    /// <summary>The training batch size in windows.</summary>
    public int BatchSize => _order.BatchSize;

    /// <inheritdoc/>
    int? ITrainingTask.BatchSize => BatchSize;

    /// <summary>The seed of the order.</summary>
    public long Seed { get; }

    /// <summary>The device of the batches; null for the CPU.</summary>
    public Device? Device { get; }

    /// <summary>True to keep texts on the device, also on the CPU, false not to; null to do it on another device if they fit.</summary>
    internal bool? KeepsOnDevice { get; init; }

    /// <summary>The number of windows measured at once; null for what the device says.</summary>
    internal int? MeasuredAtOnce { get; init; }

    /// <inheritdoc/>
    public string Name => Data.Name;

    /// <summary>Training steps in one epoch: the number of windows divided by the batch size, rounded down.</summary>
    public int StepsPerEpoch => _order.StepsPerEpoch;

    /// <inheritdoc/>
    public ValueList<DataInventory.Entry> Contents => Data.Contents;

    /// <inheritdoc/>
    public ValueList<DataProblem> Problems => Data.Problems;

    /// <inheritdoc/>
    public string Settings => string.Create(CultureInfo.InvariantCulture, $"{Data.TrainExamples} windows of {Data.WindowLength} characters, batch {BatchSize}, seed {Seed}");

    /// <summary>Creates a task from own texts in memory; no window spans two of them.</summary>
    /// <param name="train">The texts to train on, e.g. one for each book; at least one of twice the window's length. Their symbols, at most 256, are those of the task.</param>
    /// <param name="validation">The texts to base choices on.</param>
    /// <param name="test">The texts that are read once for each arm, at its end.</param>
    /// <param name="batchSize">The batch size in windows, from 1 to the number of training windows. Default 64.</param>
    /// <param name="seed">The seed of the order and the start of the windows. Default 0.</param>
    /// <param name="windowLength">The number of characters predicted in a window, 1 to 1,048,576. Default 64.</param>
    /// <param name="name">The name of the data in records. Default: <c>text-</c> and eight digits of a hash of their content.</param>
    /// <param name="device">The device of the batches and the model. Default null: CPU.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is blank, a text is null, or no text of the train split is long enough for a window.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    /// <exception cref="DsdException">A text of another split has a symbol that the train split lacks, or there are more than 256 symbols.</exception>
    public static LanguageModelling Of(
        IEnumerable<string> train,
        IEnumerable<string> validation,
        IEnumerable<string> test,
        int batchSize = TrainingConfig.DefaultBatch,
        long seed = 0,
        int windowLength = TextDataset.DefaultWindowLength,
        string? name = null,
        Device? device = null)
    {
        var learnt = Documents(train, nameof(train));
        if (learnt.All(d => d.Text.Length == 0))
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The train split holds no character; give at least one text of twice the window's length, {2L * windowLength} characters."), nameof(train));
        }

        return new(new(name, learnt, Documents(validation, nameof(validation)), Documents(test, nameof(test)), windowLength), batchSize, seed, device);

        static List<TextDocument> Documents(IEnumerable<string> texts, string split)
        {
            ArgumentNullException.ThrowIfNull(texts, split);
            return [.. texts.Select((text, i) => text is null
                ? throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The text at index {i} of the {split} split is null."), split)
                : new TextDocument(string.Create(CultureInfo.InvariantCulture, $"{split} {i + 1}"), text))];
        }
    }

    /// <summary>Creates the batch of a step; the same at each call.</summary>
    /// <param name="step">The step counted from the start of the run, from 0.</param>
    /// <returns>The characters and those that follow each, as symbol indices, both int64, shape (batch, window length); the caller owns both.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    public (Tensor Input, Tensor Target) Batch(long step) => _batches.Value.Batch(step);

    /// <summary>Runs the model on the batch of a step and returns the mean cross entropy in nats.</summary>
    /// <param name="model">A <c>Module&lt;Tensor, Tensor&gt;</c> from symbols (N, T) to scores (N, T, symbols), on the task's device.</param>
    /// <param name="step">The step counted from the start of the run, from 0.</param>
    /// <returns>A differentiable scalar tensor, owned by the caller.</returns>
    /// <exception cref="ArgumentException">The model is of another type or its scores have the wrong shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    public Tensor Loss(nn.Module model, long step)
    {
        using var scope = NewDisposeScope();
        var (input, target) = Batch(step);
        return Loss(model, input, target).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The model is of another type or its scores have the wrong shape.</exception>
    public Tensor Loss(nn.Module model, Tensor inputs, Tensor targets)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(targets);
        var network = Network(model);
        using var scope = NewDisposeScope();
        return CrossEntropy(Scores(network, inputs), targets, nn.Reduction.Mean).MoveToOuterDisposeScope();
    }

    /// <summary>Measures the model on a whole split; on the train split, with a limit on training windows, on the characters that they reach in any epoch.</summary>
    /// <param name="model">A <c>Module&lt;Tensor, Tensor&gt;</c> from symbols (N, T) to scores (N, T, symbols), in evaluation mode.</param>
    /// <param name="split">The split to measure on.</param>
    /// <returns>
    /// <c>"bits per character"</c>, the mean cross entropy in bits, and <c>"loss"</c>, the same in nats; both over all characters but
    /// the first of each text, in independent windows of <see cref="EvaluationWindowLength"/>. A window is an example; on
    /// the test split each has its outcome, weighted by its characters.
    /// </returns>
    /// <exception cref="ArgumentException">The model is of another type or its scores have the wrong shape, or the split is empty.</exception>
    public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split)
    {
        var network = Network(model);
        var (count, examples) = (0L, 0);
        var (sums, means, lengths) = (new List<Tensor>(), new List<Tensor>(), new List<float>());
        var atOnce = MeasuredAtOnce ?? DeviceData.MeasuredAtOnce(Device, EvaluationBatchSize, MostMeasuredAtOnce, (long)sizeof(float) * EvaluationWindowLength * Data.Vocabulary.Count);
        using var noGradients = no_grad();
        using var all = NewDisposeScope();
        foreach (var (windows, length, read) in _batches.Value.ToMeasure(split, EvaluationWindowLength, atOnce))
        {
            using var scope = NewDisposeScope();
            var (input, target) = read();
            var scores = Scores(network, input);
            sums.Add(CrossEntropy(scores, target, nn.Reduction.Sum).MoveToOuterDisposeScope());
            count += (long)windows * length;
            examples += windows;
            if (split == DataSplit.Test)
            {
                means.Add(CrossEntropy(scores, target, nn.Reduction.None).view(windows, length).mean([1]).MoveToOuterDisposeScope());
                lengths.AddRange(Enumerable.Repeat((float)length, windows));
            }
        }

        if (examples == 0)
        {
            throw new ArgumentException($"The {split} split of {Name} holds nothing to predict, so nothing can be measured on it.", nameof(split));
        }

        var losses = DeviceData.ReadAll<float>(means);
        var nats = DeviceData.Read<float>(sums).Sum(s => (double)s) / count;
        return [BitsPerCharacter.Of(nats / Math.Log(2), examples, Outcomes(1 / Math.Log(2))), Metric.Loss.Of(nats, examples, Outcomes(1))];

        ExampleOutcomes? Outcomes(double scale) => ExampleOutcomes.Kept(Array.ConvertAll(losses, l => (float)(l * scale)), lengths);
    }

    string? IBatchTask.CaptureObstacle => null;

    (Tensor Inputs, Tensor Targets) IBatchTask.Batch(long step, Device device)
    {
        var (input, target) = Batch(step);
        return (DeviceCopy.Send(input, device), DeviceCopy.Send(target, device));
    }

    Tensor IBatchTask.StackedLoss(Tensor outputs, Tensor targets)
    {
        var symbols = Data.Vocabulary.Count;
        return outputs.shape is [var networks, var count, var length, var classes] && targets.shape.SequenceEqual([networks, count, length]) && classes == symbols
            ? CrossEntropy(outputs.to(ScalarType.Float32).reshape(-1, symbols), targets, nn.Reduction.None).view(networks, -1).mean([1])
            : throw new DsdException($"The stacked model returned scores of shape [{string.Join(", ", outputs.shape)}]; expected [{string.Join(", ", targets.shape)}, {symbols}]: at each position one score for each of the {symbols} symbols of {Name}.");
    }

    private static nn.Module<Tensor, Tensor> Network(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        TorchRuntime.RequireConfigured("Modelling a text");
        return model as nn.Module<Tensor, Tensor> ?? throw new ArgumentException(
            $"The model {model.GetName()} is a {model.GetType().Name}; modelling a text needs a Module<Tensor, Tensor>, "
            + "which takes a batch of symbols and returns one score per symbol at each position.",
            nameof(model));
    }

    private static Tensor CrossEntropy(Tensor scores, Tensor target, nn.Reduction reduction) =>
        nn.functional.cross_entropy(scores, target.flatten(), reduction: reduction);

    /// <summary>Computes the scores of a model, one row per symbol.</summary>
    private Tensor Scores(nn.Module<Tensor, Tensor> model, Tensor input)
    {
        var scores = model.call(input);
        var symbols = Data.Vocabulary.Count;
        return scores.shape is [var count, var length, var classes] && count == input.shape[0] && length == input.shape[1] && classes == symbols
            ? scores.to(ScalarType.Float32).view(-1, symbols)
            : throw new ArgumentException(
                $"The model {model.GetName()} returned scores of shape [{string.Join(", ", scores.shape)}] for symbols of shape [{string.Join(", ", input.shape)}]; "
                + $"expected [{input.shape[0]}, {input.shape[1]}, {symbols}]: at each position one score for each of the {symbols} symbols of {Name}.",
                nameof(model));
    }
}
