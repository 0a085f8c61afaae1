using System.Globalization;
using Dsd.Optimizers;

namespace Dsd.Studies;

/// <summary>What the trials of a variant are trained on and with, apart from the schedule: plain data.</summary>
public sealed record StudySetting
{
    /// <summary>The default of <see cref="Batch"/>: 64.</summary>
    public const int DefaultBatch = 64;

    /// <summary>Describes a setting.</summary>
    /// <param name="network">The name of the network, e.g. <c>"lenet-5"</c>; the source of the trials knows it.</param>
    /// <param name="data">The name of the data set, e.g. <c>"fashion-mnist"</c>.</param>
    /// <param name="batch">Examples in a batch, at least 1. Default 64.</param>
    /// <param name="trainLimit">Learn from the first so many examples only, at least 1. Default null: all.</param>
    /// <param name="augment">Whether training examples are varied at random, as <c>dsd train --augment</c> does. Default false.</param>
    /// <param name="optimizer">The optimiser. Default: SGD with momentum 0.9 and weight decay 0.0005.</param>
    /// <param name="gradientClip">The largest norm of the gradient, above 0. Default null: any.</param>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public StudySetting(
        string network,
        string data,
        int batch = DefaultBatch,
        int? trainLimit = null,
        bool augment = false,
        OptimizerSettings? optimizer = null,
        double? gradientClip = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(network);
        ArgumentException.ThrowIfNullOrWhiteSpace(data);
        if (batch < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(batch), batch, "A batch holds at least 1 example.");
        }

        if (trainLimit is < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(trainLimit), trainLimit, "Learn from at least 1 example, or leave the limit out for all.");
        }

        if (gradientClip is { } clip && !(clip > 0 && double.IsFinite(clip)))
        {
            throw new ArgumentOutOfRangeException(nameof(gradientClip), clip, "The largest norm of the gradient must be a finite number above 0.");
        }

        Network = network;
        Data = data;
        Batch = batch;
        TrainLimit = trainLimit;
        Augment = augment;
        Optimizer = optimizer ?? OptimizerSettings.Default;
        GradientClip = gradientClip;
    }

    /// <summary>The name of the network.</summary>
    public string Network { get; }

    /// <summary>The name of the data set.</summary>
    public string Data { get; }

    /// <summary>Examples in a batch.</summary>
    public int Batch { get; }

    /// <summary>How many examples there are to learn from, or null for all.</summary>
    public int? TrainLimit { get; }

    /// <summary>Whether training examples are varied at random.</summary>
    public bool Augment { get; }

    /// <summary>The optimiser and its constants.</summary>
    public OptimizerSettings Optimizer { get; }

    /// <summary>The largest norm of the gradient, or null for any.</summary>
    public double? GradientClip { get; }

    /// <summary>This setting with another network.</summary>
    /// <param name="network">The name of the network.</param>
    public StudySetting WithNetwork(string network) => new(network, Data, Batch, TrainLimit, Augment, Optimizer, GradientClip);

    /// <summary>This setting with other data.</summary>
    /// <param name="data">The name of the data set.</param>
    public StudySetting WithData(string data) => new(Network, data, Batch, TrainLimit, Augment, Optimizer, GradientClip);

    /// <summary>This setting with another batch size.</summary>
    /// <param name="batch">Examples in a batch, at least 1.</param>
    public StudySetting WithBatch(int batch) => new(Network, Data, batch, TrainLimit, Augment, Optimizer, GradientClip);

    /// <summary>This setting with another limit on the examples.</summary>
    /// <param name="trainLimit">How many examples to learn from, or null for all.</param>
    public StudySetting WithTrainLimit(int? trainLimit) => new(Network, Data, Batch, trainLimit, Augment, Optimizer, GradientClip);

    /// <summary>This setting with or without augmentation.</summary>
    /// <param name="augment">Whether training examples are varied at random.</param>
    public StudySetting WithAugment(bool augment) => new(Network, Data, Batch, TrainLimit, augment, Optimizer, GradientClip);

    /// <summary>This setting with another optimiser.</summary>
    /// <param name="optimizer">The optimiser and its constants.</param>
    public StudySetting WithOptimizer(OptimizerSettings optimizer) => new(Network, Data, Batch, TrainLimit, Augment, optimizer, GradientClip);

    /// <summary>This setting with another bound on the gradient.</summary>
    /// <param name="gradientClip">The largest norm of the gradient, or null for any.</param>
    public StudySetting WithGradientClip(double? gradientClip) => new(Network, Data, Batch, TrainLimit, Augment, Optimizer, gradientClip);

    /// <summary>The setting in one line, e.g. <c>"lenet-5 on fashion-mnist, batch 64, augmented, sgd, momentum 0.9"</c>; the same in every culture.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Network} on {Data}{(TrainLimit is { } limit ? $" (first {limit} examples)" : "")}, batch {Batch}{(Augment ? ", augmented" : "")}, {Optimizer}{(GradientClip is { } clip ? $", gradient norm at most {clip:R}" : "")}");
}
