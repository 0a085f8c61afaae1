using System.Globalization;
using System.Runtime.CompilerServices;

namespace Dsd.Runs;

/// <summary>The network, the data, and the settings of training, apart from the schedule and the seed, as plain data.</summary>
public sealed record TrainingConfig
{
    /// <summary>The default of <see cref="Batch"/>: 64.</summary>
    public const int DefaultBatch = 64;

    /// <summary>Creates a config.</summary>
    /// <param name="network">The name of the network, e.g. <c>"lenet-5"</c>; the training source resolves it.</param>
    /// <param name="data">The name of the data set, e.g. <c>"fashion-mnist"</c>.</param>
    /// <param name="batch">Examples in a batch, at least 1. Default 64.</param>
    /// <param name="trainLimit">The number of examples to train on, the first of the split, at least 1. Default null: all.</param>
    /// <param name="augment">True to augment training examples at random, as <c>dsd train --augment</c> does. Default false.</param>
    /// <param name="optimizer">The optimiser. Default: SGD with momentum 0.9 and weight decay 0.0005.</param>
    /// <param name="gradientClip">The maximum norm of the gradient, above 0. Default null: no limit.</param>
    /// <param name="width">The factor on the network's channels or units, above 0. Default 1: as published.</param>
    /// <param name="imageSize">Rows and columns of the network's input images, at least 1. Default null: those of the data.</param>
    /// <param name="labelNoise">Wrong labels in the train split. Default null: none.</param>
    /// <param name="redraw">The part of the data that each seed draws anew. Default: none.</param>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public TrainingConfig(
        string network,
        string data,
        int batch = DefaultBatch,
        int? trainLimit = null,
        bool augment = false,
        OptimizerSettings? optimizer = null,
        double? gradientClip = null,
        double width = 1,
        int? imageSize = null,
        LabelNoise? labelNoise = null,
        Redraw redraw = Redraw.None)
    {
        Network = network;
        Data = data;
        Batch = batch;
        TrainLimit = trainLimit;
        Augment = augment;
        Optimizer = optimizer ?? OptimizerSettings.Default;
        GradientClip = gradientClip;
        Width = width;
        ImageSize = imageSize;
        LabelNoise = labelNoise;
        Redraw = redraw;
    }

    /// <summary>The name of the network.</summary>
    public string Network { get; private init => field = Named(value); }

    /// <summary>The name of the data set.</summary>
    public string Data { get; private init => field = Named(value); }

    /// <summary>Examples in a batch.</summary>
    public int Batch { get; private init => field = InRange(value, value >= 1, "A batch holds at least 1 example."); }

    /// <summary>The number of examples to train on, or null for all.</summary>
    public int? TrainLimit { get; private init => field = InRange(value, value is null or >= 1, "Learn from at least 1 example, or leave the limit out for all."); }

    /// <summary>True if training examples are augmented at random.</summary>
    public bool Augment { get; private init; }

    /// <summary>The optimiser and its constants.</summary>
    public OptimizerSettings Optimizer { get; private init; }

    /// <summary>The maximum norm of the gradient, or null for no limit.</summary>
    public double? GradientClip
    {
        get;
        private init => field = InRange(value, value is not { } clip || (clip > 0 && double.IsFinite(clip)), "The largest norm of the gradient must be a finite number above 0.");
    }

    /// <summary>The factor on the network's channels or units; 1 is the network as published.</summary>
    public double Width { get; private init => field = InRange(value, value > 0 && double.IsFinite(value), "The width is a factor, a finite number above 0; 1 is the network as published."); }

    /// <summary>Rows and columns of the network's input images, or null for those of the data.</summary>
    public int? ImageSize { get; private init => field = InRange(value, value is null or >= 1, "An image has at least 1 row and column; leave the size out for the data's own."); }

    /// <summary>Wrong labels in the train split; null for none.</summary>
    public LabelNoise? LabelNoise { get; private init; }

    /// <summary>The part of the data that each seed draws anew.</summary>
    public Redraw Redraw { get; private init => field = Defined.Value(value, "redraw"); }

    /// <summary>Returns this config with another network.</summary>
    /// <param name="network">The name of the network.</param>
    public TrainingConfig WithNetwork(string network) => this with { Network = network };

    /// <summary>Returns this config with other data.</summary>
    /// <param name="data">The name of the data set.</param>
    public TrainingConfig WithData(string data) => this with { Data = data };

    /// <summary>Returns this config with another batch size.</summary>
    /// <param name="batch">Examples in a batch, at least 1.</param>
    public TrainingConfig WithBatch(int batch) => this with { Batch = batch };

    /// <summary>Returns this config with another limit on the examples.</summary>
    /// <param name="trainLimit">The number of examples to train on, or null for all.</param>
    public TrainingConfig WithTrainLimit(int? trainLimit) => this with { TrainLimit = trainLimit };

    /// <summary>Returns this config with or without augmentation.</summary>
    /// <param name="augment">True to augment training examples at random.</param>
    public TrainingConfig WithAugment(bool augment) => this with { Augment = augment };

    /// <summary>Returns this config with another optimiser.</summary>
    /// <param name="optimizer">The optimiser and its constants.</param>
    public TrainingConfig WithOptimizer(OptimizerSettings optimizer) => this with { Optimizer = optimizer };

    /// <summary>Returns this config with another limit on the gradient.</summary>
    /// <param name="gradientClip">The maximum norm of the gradient, or null for no limit.</param>
    public TrainingConfig WithGradientClip(double? gradientClip) => this with { GradientClip = gradientClip };

    /// <summary>Returns this config with a narrower or wider network.</summary>
    /// <param name="width">The factor on the network's channels or units, above 0.</param>
    public TrainingConfig WithWidth(double width) => this with { Width = width };

    /// <summary>Returns this config with images of another size.</summary>
    /// <param name="imageSize">Rows and columns of the network's input images, or null for those of the data.</param>
    public TrainingConfig WithImageSize(int? imageSize) => this with { ImageSize = imageSize };

    /// <summary>Returns this config with other wrong labels.</summary>
    /// <param name="labelNoise">Wrong labels in the train split; null for none.</param>
    public TrainingConfig WithLabelNoise(LabelNoise? labelNoise) => this with { LabelNoise = labelNoise };

    /// <summary>Returns this config with other data drawn anew for each seed.</summary>
    /// <param name="redraw">The part of the data that each seed draws anew.</param>
    public TrainingConfig WithRedraw(Redraw redraw) => this with { Redraw = redraw };

    /// <summary>Writes the config as a JSON object, as in a study's file.</summary>
    public string ToJson() => TrainingConfigJson.ToNode(this).ToJsonString(Json.Indented);

    /// <summary>Formats the config in one line, e.g. <c>"lenet-5 on fashion-mnist, batch 64, augmented, sgd, momentum 0.9"</c>; the same in every culture.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Network}{(Width == 1 ? "" : $" of width {Width:R}")} on {Data}{Examples}{(ImageSize is { } size ? $", images {size}×{size}" : "")}, batch {Batch}{(Augment ? ", augmented" : "")}, {Optimizer}{(GradientClip is { } clip ? $", gradient norm at most {clip:R}" : "")}");

    private string Examples => string.Create(CultureInfo.InvariantCulture, $"{(TrainLimit is { } limit ? Redraw == Redraw.None ? $" (first {limit} examples)" : $" ({limit} examples)" : "")}{OfEachSeed}");

    /// <summary>Describes wrong labels and what each seed draws, e.g. <c>", 20 % wrong labels (seed of the run), splits drawn for each seed"</c>; empty if there are none.</summary>
    internal string OfEachSeed => $"{(LabelNoise is null ? "" : $", {LabelNoise}")}{Redraw switch
    {
        Redraw.Train => ", training examples drawn for each seed",
        Redraw.Splits => ", splits drawn for each seed",
        _ => "",
    }}";

    private static string Named(string name, [CallerMemberName] string property = "")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name, Parameter(property));
        return name;
    }

    private static T InRange<T>(T value, bool isInRange, string rule, [CallerMemberName] string property = "") =>
        isInRange ? value : throw new ArgumentOutOfRangeException(Parameter(property), value, rule);

    private static string Parameter(string property) => char.ToLowerInvariant(property[0]) + property[1..];
}
