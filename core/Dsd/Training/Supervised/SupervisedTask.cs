using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dsd.Records;
using Dsd.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Supervised learning on custom data: three splits of examples, a loss, and metrics.</summary>
/// <remarks>
/// It works with any <c>Module&lt;Tensor, Tensor&gt;</c> on any device. The batch of a step is a pure function of the seed and the step:
/// each epoch goes through the train split in its own order, and the remainder after the last whole batch is not used in that epoch. One
/// instance serves any number of models, one after the other.
/// </remarks>
public sealed class SupervisedTask : IBatchTask
{
    private readonly Examples _train;
    private readonly Examples _validation;
    private readonly Examples _test;
    private readonly LossFunction _loss;
    private readonly ValueList<TaskMetric> _metrics;
    private readonly Func<Tensor, CounterRandom, Tensor>? _augmentation;
    private readonly BatchOrder _order;
    private readonly long _seed;
    private readonly Lazy<ValueList<DataInventory.Entry>> _contents;
    private readonly Lazy<string> _name;
    private readonly Lazy<ValueList<DataProblem>> _problems;

    private SupervisedTask(Examples train, Examples validation, Examples test, LossFunction loss, int batchSize, long seed, IEnumerable<TaskMetric>? metrics, Func<Tensor, CounterRandom, Tensor>? augmentation, string? name)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        ArgumentNullException.ThrowIfNull(test);
        ArgumentNullException.ThrowIfNull(loss);
        if (name is not null && (string.IsNullOrWhiteSpace(name) || name.Any(char.IsControl)))
        {
            throw new ArgumentException("The name of the data must be one line, not blank; leave it out for one made of their content.", nameof(name));
        }

        (_train, _validation, _test, _loss, _seed, _augmentation) = (train, validation, test, loss, seed, augmentation);
        foreach (var split in Enum.GetValues<DataSplit>())
        {
            if (Of(split).Count < 1)
            {
                throw new ArgumentException($"The {Word(split)} split holds no example; each split needs at least 1.", Word(split));
            }
        }

        _order = new(train.Count, batchSize, seed);
        _metrics = [.. metrics ?? [], .. loss.Metrics];
        if (_metrics.GroupBy(m => m.Metric.Name).FirstOrDefault(g => g.Count() > 1 || g.Key == Metric.Loss.Name) is { } twice)
        {
            throw new ArgumentException(
                $"The metric '{twice.Key}' comes twice: {(twice.Key == Metric.Loss.Name ? "the loss is always measured" : loss.Metrics.Any(m => m.Metric.Name == twice.Key) ? $"{loss} measures it by itself" : "it was given twice")}. Leave it out, or give it another name.", nameof(metrics));
        }

        Batches = new(Of, _order, TargetCheck.All(loss, [.. Enum.GetValues<DataSplit>().Select(s => (s, Of(s)))]), () => Name);
        _contents = new(() => Enum.GetValues<DataSplit>().Select(s => ExampleBatches.In(s, () => Of(s).Content) with { Name = Word(s) }).ToValueList());
        _problems = new(() => EqualInputs.Find([.. Enum.GetValues<DataSplit>().Select(s => (s, Of(s)))]));
        _name = new(() => name ?? $"data-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(_contents.Value.Select(c => c.Hash)))))[..8]}");
    }

    /// <inheritdoc/>
    public string Name => _name.Value;

    /// <summary>Training steps in one epoch: the number of training examples divided by the batch size, rounded down.</summary>
    public int StepsPerEpoch => _order.StepsPerEpoch;

    /// <summary>Examples in a training batch.</summary>
    /// <remarks>
    /// Splits are evaluated in batches of the same size. On a device other than the CPU, where the examples lie there and the loss and every metric are known to be
    /// of each example or of a whole split, batches grow to 64 MB of inputs, at most 2,000 examples.
    /// </remarks>
    public int BatchSize => _order.BatchSize;

    /// <summary>Where batches come from.</summary>
    internal ExampleBatches Batches { get; }

    /// <inheritdoc/>
    int? ITrainingTask.BatchSize => BatchSize;

    /// <inheritdoc/>
    public string Settings => string.Create(
        CultureInfo.InvariantCulture,
        $"{_train.Count} train, {_validation.Count} validation, {_test.Count} test examples, {_loss}, batch {BatchSize}, seed {_seed}{(_augmentation is null ? "" : ", augmented")}");

    /// <inheritdoc/>
    public ValueList<DataInventory.Entry> Contents => _contents.Value;

    /// <summary>
    /// The examples whose inputs are also in another split, bit for bit. Only splits in memory, from tensors and arrays, are compared: a split of a custom
    /// data set may share examples with others without a word here. Computed once, at the first use; hashes of inputs are kept with their examples.
    /// </summary>
    public ValueList<DataProblem> Problems => _problems.Value;

    /// <summary>Creates a task from three splits.</summary>
    /// <param name="train">The examples to train on.</param>
    /// <param name="validation">The examples to base choices on, e.g. between settings.</param>
    /// <param name="test">The examples that are read once for each arm, at its end.</param>
    /// <param name="loss">The loss: <see cref="LossFunction.CrossEntropy"/>, <see cref="LossFunction.MeanSquaredError"/>, or a custom one.</param>
    /// <param name="batchSize">Examples in a batch, from 1 to the number in the train split. Default 64.</param>
    /// <param name="seed">The seed of the order of examples and of the augmentation's random numbers. Default 0.</param>
    /// <param name="metrics">The metrics, the main one first; those of the loss and the loss itself follow. Default: no others.</param>
    /// <param name="augmentation">
    /// Changes the inputs of a training batch; a pure function of them and of the given random numbers, which follow from the seed and the step.
    /// Default: inputs are left as they are.
    /// </param>
    /// <param name="name">The name of the data in records. Default: <c>data-</c> and eight digits of a hash of their content.</param>
    /// <exception cref="ArgumentException">A split is empty, the loss does not accept the targets, a metric is repeated, or the name is blank.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="batchSize"/> is below 1 or above the number of training examples.</exception>
    public static SupervisedTask Of(
        Examples train,
        Examples validation,
        Examples test,
        LossFunction loss,
        int batchSize = TrainingConfig.DefaultBatch,
        long seed = 0,
        IEnumerable<TaskMetric>? metrics = null,
        Func<Tensor, CounterRandom, Tensor>? augmentation = null,
        string? name = null) => new(train, validation, test, loss, batchSize, seed, metrics, augmentation, name);

    /// <summary>Creates a task from three splits with a custom loss of outputs against targets, as <see cref="LossFunction.Of"/> takes it.</summary>
    /// <inheritdoc cref="Of(Examples, Examples, Examples, LossFunction, int, long, IEnumerable{TaskMetric}, Func{Tensor, CounterRandom, Tensor}, string)"/>
    public static SupervisedTask Of(
        Examples train,
        Examples validation,
        Examples test,
        Func<Tensor, Tensor, Tensor> loss,
        int batchSize = TrainingConfig.DefaultBatch,
        long seed = 0,
        IEnumerable<TaskMetric>? metrics = null,
        Func<Tensor, CounterRandom, Tensor>? augmentation = null,
        string? name = null) => new(train, validation, test, LossFunction.Of(loss), batchSize, seed, metrics, augmentation, name);

    /// <summary>Returns the batch of a step; the same bits at each call.</summary>
    /// <param name="step">The step counted from the start of the run, from 0.</param>
    /// <returns>The inputs, augmented if there is an augmentation, and the targets, both on the CPU or on the device of the examples' tensors; the caller owns both.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    /// <exception cref="DsdException">A custom data set or the augmentation returned another number of examples, or a label is negative.</exception>
    public (Tensor Inputs, Tensor Targets) Batch(long step)
    {
        var (inputs, targets, _) = Batch(step, null);
        return (inputs, targets);
    }

    /// <summary>Runs the model on the batch of a step and returns its loss.</summary>
    /// <param name="model">A <c>Module&lt;Tensor, Tensor&gt;</c> from inputs to outputs.</param>
    /// <param name="step">The step counted from the start of the run, from 0.</param>
    /// <returns>A differentiable scalar tensor; the caller owns it.</returns>
    /// <exception cref="ArgumentException">The model is of another type.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    /// <exception cref="DsdException">Inputs, outputs or targets do not fit each other or the loss.</exception>
    public Tensor Loss(nn.Module model, long step)
    {
        var network = Network(model);
        using var scope = NewDisposeScope();
        var (inputs, targets, highest) = Batch(step, DeviceOf(model));
        return _loss.OfBatch(Output(network, inputs, targets, highest), targets)?.MoveToOuterDisposeScope()!;
    }

    /// <summary>Evaluates the model on a whole split, in batches, without augmentation.</summary>
    /// <param name="model">A <c>Module&lt;Tensor, Tensor&gt;</c>, in evaluation mode.</param>
    /// <param name="split">The split to evaluate on.</param>
    /// <returns>The metrics in order, then the loss; on the test split with the outcome of each example if the metric has one.</returns>
    /// <exception cref="ArgumentException">The model is of another type.</exception>
    /// <exception cref="DsdException">Inputs, outputs or targets do not fit each other, the loss or a metric.</exception>
    public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split)
    {
        var network = Network(model);
        var device = DeviceOf(model);
        var keeps = split == DataSplit.Test;
        var tallies = _metrics.Select(m => m.IsOverSplit ? null : new Tally(m, keeps)).ToList();
        var whole = tallies.Contains(null) ? new List<(Tensor Output, Tensor Target)>() : null;
        using var guard = no_grad();
        using var all = NewDisposeScope();
        Tally? loss = null;
        var isOfEach = _loss.IsOfEach && _metrics.All(m => m.OfEach is not null || m.IsOverSplit);
        foreach (var read in Batches.ToMeasure(split, device, isOfEach))
        {
            using var scope = NewDisposeScope();
            var (input, target, highest) = read();
            var output = Output(network, input, target, highest);
            loss ??= new Tally(LossMetric(_loss.OfEach(output, target), target), keeps);
            loss.Add(output, target);
            tallies.ForEach(t => t?.Add(output, target));
            whole?.Add((output.detach().cpu().MoveToOuterDisposeScope(), target.cpu().MoveToOuterDisposeScope()));
        }

        var (outputs, ofAll) = whole is null ? (null, null) : (cat([.. whole.Select(w => w.Output)]), cat([.. whole.Select(w => w.Target)]));
        return [.. _metrics.Select((m, i) => tallies[i]?.Value() ?? m.Metric.Of(m.OfAll!(outputs!, ofAll!).item<double>(), Of(split).Count)), loss!.Value()];
    }

    string? IBatchTask.CaptureObstacle => _loss == LossFunction.CrossEntropy || _loss == LossFunction.MeanSquaredError ? null : $"it is not known whether the custom loss reads anything on the host";

    (Tensor Inputs, Tensor Targets) IBatchTask.Batch(long step, Device device)
    {
        var (inputs, targets, _) = Batch(step, device);
        return (inputs, targets);
    }

    Tensor IBatchTask.Loss(nn.Module model, Tensor inputs, Tensor targets)
    {
        using var scope = NewDisposeScope();
        return _loss.OfBatch(Output(Network(model), inputs, targets, Batches.Highest(targets)), targets)?.MoveToOuterDisposeScope()!;
    }

    Tensor IBatchTask.StackedLoss(Tensor outputs, Tensor targets)
    {
        if (outputs.dim() < 2 || outputs.shape[1] != targets.shape[1])
        {
            throw new DsdException(FormattableString.Invariant($"{Name}: the stacked model gave an output of {Shape(outputs)} for {targets.shape[0]} batches of {targets.shape[1]} examples; its first two dimensions must count them."));
        }

        if (_loss.TakesLabels)
        {
            // Labels below 0 were refused with their batch.
            var all = targets.flatten(0, 1);
            TargetCheck.Labels(Name, outputs.flatten(0, 1), all, Batches.Highest(all));
        }

        return _loss.OfBatches(outputs.is_floating_point() ? outputs.to(ScalarType.Float32) : outputs, targets);
    }

    private static nn.Module<Tensor, Tensor> Network(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model as nn.Module<Tensor, Tensor> ?? throw new ArgumentException(
            $"The model {model.GetName()} is a {model.GetType().Name}; a SupervisedTask needs a Module<Tensor, Tensor>, which takes a batch of inputs and gives one output each. For other models implement ITrainingTask.",
            nameof(model));
    }

    private static Device? DeviceOf(nn.Module model) => model.parameters().FirstOrDefault()?.device;

    private static string Word(DataSplit split) => split.ToString().ToLowerInvariant();

    private static string Shape(Tensor tensor) => $"[{string.Join(", ", tensor.shape)}]";

    private Examples Of(DataSplit split) => split switch
    {
        DataSplit.Train => _train,
        DataSplit.Validation => _validation,
        _ => _test,
    };

    private (Tensor Inputs, Tensor Targets, (DataSplit Split, long Label) HighestLabel) Batch(long step, Device? device)
    {
        using var scope = NewDisposeScope();
        var (inputs, targets, highest) = Batches.Batch(step, device);
        if (_augmentation is { } augment)
        {
            inputs = augment(inputs, CounterRandom.For(_seed, "augmentation", step));
            if (inputs is null || inputs.dim() == 0 || inputs.shape[0] != BatchSize)
            {
                throw new DsdException(FormattableString.Invariant($"{Name}: the augmentation gave {(inputs is null ? "null" : $"inputs of {Shape(inputs)}")} for {BatchSize} examples at step {step}; it must give as many as it is given."));
            }
        }

        return (inputs.MoveToOuterDisposeScope(), targets.MoveToOuterDisposeScope(), highest);
    }

    private Tensor Output(nn.Module<Tensor, Tensor> network, Tensor inputs, Tensor targets, (DataSplit Split, long Label) highestLabel)
    {
        var output = network.call(inputs);
        if (output.dim() == 0 || output.shape[0] != inputs.shape[0])
        {
            throw new DsdException(FormattableString.Invariant($"{Name}: the model {network.GetName()} gave an output of {Shape(output)} for {inputs.shape[0]} examples; its first dimension must count them."));
        }

        if (_loss.TakesLabels)
        {
            TargetCheck.Labels(Name, output, targets, highestLabel);
        }

        return output.is_floating_point() ? output.to(ScalarType.Float32) : output;
    }

    private TaskMetric LossMetric(Tensor? losses, Tensor targets) => losses is not null && losses.dim() == 1 && losses.shape[0] == targets.shape[0]
        ? TaskMetric.PerExample(Metric.Loss, _loss.OfEach)
        : TaskMetric.PerBatch(Metric.Loss, _loss.OfEach);
}
