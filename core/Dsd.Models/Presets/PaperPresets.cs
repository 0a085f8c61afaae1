using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Models;

/// <summary>The paper's schedules and results, by network.</summary>
/// <remarks>
/// The paper gives each phase's length and starting learning rate, and says that a phase decays its rate as in ordinary
/// training; so the sparse phase starts from a converged network. Here every phase decays from its own rate to a hundredth of it, in
/// the shape of that network's ordinary training where one is known, as <see cref="PaperPreset.Source"/> says.
/// Momentum, weight decay and batch size are those of the networks' own papers and reference recipes.
/// </remarks>
internal static class PaperPresets
{
    private const string ImageNet = "imagenet";
    private const string Emoji = "emoji";

    private const string OfCnns =
        "Han et al. 2017, results on ImageNet: phases, starting rates and sparsity; the first convolution stays dense, as by default here. Momentum, decay and batch are those of the network's own paper.";

    private const string InSteps =
        " Every phase divides its rate by ten at a third and at two thirds of its length, as the reference recipe of torchvision does at epochs 30 and 60 of 90.";

    /// <summary>The ratio of a phase's first learning rate to its last.</summary>
    private const int Fall = 100;

    private delegate LearningRate Decay(double from);

    public static PaperPreset GoogLeNet { get; } = Cnn(
        "googlenet", [60, 11, 22], [1e-2, 1e-3, 1e-4], Cosine, 0.3, weightDecay: 2e-4,
        new(Small("googlenet", 0.25, 48), 30, 1),
        [[31.14, 30.58, 30.02], [10.96, 10.58, 10.34]],
        OfCnns + " The cosine in every phase, to a hundredth, is a choice of this library: the network's own paper decays the rate by 4 % every 8 epochs, a quarter in 60, and averages weights for the rest.");

    public static PaperPreset Vgg16 { get; } = Vgg("vgg16", rateAtSmallScale: 5, OfCnns + InSteps, [[31.50, 28.19, 27.19], [11.32, 9.23, 8.67]]);

    public static PaperPreset Vgg16BatchNorm { get; } = Vgg(
        "vgg16-bn", rateAtSmallScale: 2, "Not in the paper, which trained VGG-16 without batch norm. The schedule is that of Han et al. 2017 for VGG-16; the first convolution stays dense." + InSteps, []);

    public static PaperPreset ResNet18 { get; } = Cnn(
        "resnet-18", [90, 45, 45], [1e-1, 1e-2, 1e-3], Steps, 0.3, weightDecay: 1e-4,
        new(Small("resnet-18", 0.25, 48), 30, 0.5),
        [[30.43, 30.15, 29.17], [10.76, 10.56, 10.13]],
        OfCnns + InSteps);

    public static PaperPreset ResNet50 { get; } = Cnn(
        "resnet-50", [90, 45, 45], [1e-1, 1e-2, 1e-3], Steps, 0.3, weightDecay: 1e-4,
        new(Small("resnet-50", 0.25, 48).WithBatch(32), 30, 0.2),
        [[24.01, 23.55, 22.89], [7.02, 6.88, 6.47]],
        OfCnns + InSteps);

    public static PaperPreset AlexNet { get; } = Page(
        "alexnet", Steps, weightDecay: 5e-4, new(Small("alexnet", 0.5, 64).WithBatch(32), 40, 2), [[42.78, 41.48], [19.73, 18.71]], InSteps);

    public static PaperPreset SqueezeNet { get; } = Page(
        "squeezenet", Line, weightDecay: 2e-4, new(Small("squeezenet", 0.5, 64).WithBatch(32).WithOptimizer(OptimizerSettings.Adam()), 40, 0.1), [[42.56, 38.24], [19.52, 16.53]],
        " Every phase falls in a straight line, as in the network's own training, to a hundredth.");

    public static PaperPreset NeuralTalk { get; } = new(
        Dsd([19, 10, 6], [1e-2, 1e-3, 1e-4], Cosine, [0.8], LayerScope.Default),
        new("neural-talk", "flickr8k", batch: 100, optimizer: OptimizerSettings.RmsProp(), gradientClip: 5),
        new(new("neural-talk", "fashion-scenes", batch: 100, gradientClip: 5), 24, 50),
        "Han et al. 2017, results on Flickr-8K: phases, starting rates and sparsity; the word embedding stays dense, the CNN is frozen. Optimiser, batch size and clipping at 5 follow NeuralTalk (Karpathy and Li, CVPR 2015), which clips each element of a gradient, not its norm, and uses a decay of 0.999 in RMSProp, not 0.99; its rate is constant, so the cosine in every phase, to a hundredth, is a choice of this library.",
        Figures(["BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4"], ["baseline", "sparse", "DSD"], [[57.2, 58.4, 59.2], [38.6, 39.7, 40.7], [25.4, 26.3, 27.4], [16.8, 17.5, 18.5]]));

    public static PaperPreset DeepSpeech { get; } = Speech(
        "deep-speech", LayerScope.Default, [50, 50, 50, 50, 50], [8e-4, 5e-4, 3e-4, 1e-4, 3e-5],
        new(new("deep-speech", "fillets-cs", batch: 8, optimizer: OptimizerSettings.Adam(), gradientClip: 1, width: 0.25), 20, 3),
        [[29.82, 27.90, 27.90, 27.45, 27.45, 28.03], [34.57, 32.99, 32.20, 32.99, 31.59, 33.55]]);

    public static PaperPreset DeepSpeech2 { get; } = Speech(
        "deep-speech-2", LayerScope.Default.Keep(LayerSelector.OfKind(LayerKind.Convolution)), [20, 20, 20, 20, 20], [3e-4, 3e-4, 3e-5, 3e-5, 6e-6],
        new(new("deep-speech-2", "fillets-cs", batch: 8, optimizer: OptimizerSettings.Adam(), gradientClip: 1, width: 0.1), 20, 8),
        [[11.83, 10.65, 9.11, 8.94, 9.02, 9.55], [17.42, 14.84, 13.96, 14.02, 13.44, 14.52]]);

    private static PaperPreset Vgg(string network, double rateAtSmallScale, string source, double[][] errors) => Cnn(
        network, [74, 1.25, 18], [1e-2, 1e-4, 1e-5], Steps, 0.3, weightDecay: 5e-4,
        new(Small(network, 0.25, 48), 30, rateAtSmallScale),
        errors, source);

    private static PaperPreset Cnn(
        string network, double[] epochs, double[] rates, Decay decay, double sparsity, double weightDecay, SmallScale small, double[][] errors, string source) => new(
        Dsd(epochs, rates, decay, [sparsity], LayerScope.Default),
        new(network, ImageNet, batch: 256, augment: true, optimizer: OptimizerSettings.Sgd(weightDecay: weightDecay)),
        small,
        source,
        Figures(["top-1 error, %", "top-5 error, %"], ["baseline", "sparse", "DSD"], errors));

    /// <summary>Builds a preset from the authors' model page, which gives fewer details than the paper.</summary>
    private static PaperPreset Page(string network, Decay decay, double weightDecay, SmallScale small, double[][] errors, string sourceOfDecay) => new(
        Dsd([90, 20, 20], [1e-2, 1e-3, 1e-4], decay, [2.0 / 3], LayerScope.Default),
        new(network, ImageNet, batch: 256, augment: true, optimizer: OptimizerSettings.Sgd(weightDecay: weightDecay)),
        small,
        "The authors' model page: pruned three times, 20 epochs, rate 1e-4. The first phase, and the sparse phase's length and rate, are choices of this library; momentum, weight decay and batch size are those of the network's own paper." + sourceOfDecay,
        Figures(["top-1 error, %", "top-5 error, %"], ["baseline", "DSD"], errors));

    private static PaperPreset Speech(string network, LayerScope layers, double[] epochs, double[] rates, SmallScale small, double[][] errors) => new(
        Dsd(epochs, rates, Exponential, [0.5, 0.25], layers),
        new(network, "wsj", batch: 64, optimizer: OptimizerSettings.Sgd(0.99, 0, nesterov: true), gradientClip: 400),
        small,
        "Han et al. 2017, results on WSJ: phases, starting rates and sparsity; only fully connected and recurrent layers are pruned. Optimiser and clipping are those of Deep Speech (Hannun et al. 2014; Amodei et al. 2016), and so is a rate divided by the same factor after each epoch; the decay of each phase to a hundredth, and the batch size, are choices of this library.",
        Figures(
            ["WER, WSJ '92, %", "WER, WSJ '93, %"],
            ["dense 0", "sparse 1", "dense 1", "sparse 2", "dense 2", FormattableString.Invariant($"plain, {epochs.Take(3).Sum()} epochs, as long as to dense 1")],
            errors));

    private static TrainingConfig Small(string network, double width, int imageSize) =>
        new(network, Emoji, batch: 64, augment: true, optimizer: OptimizerSettings.Sgd(), width: width, imageSize: imageSize);

    /// <summary>Builds a schedule of alternating dense and sparse phases, each with its own decay.</summary>
    private static Schedule Dsd(double[] epochs, double[] rates, Decay decay, double[] sparsities, LayerScope layers) => new(epochs.Select((length, i) => new Phase(
        null,
        Duration.Epochs(length),
        decay(rates[i]),
        i % 2 == 1 ? SparsityCurve.Constant(sparsities[i / 2]) : null,
        layers: i % 2 == 1 ? layers : null)).ToValueList());

    private static LearningRate Steps(double from) => LearningRate.Step(from, 0.1, 1.0 / 3, 2.0 / 3);

    private static LearningRate Cosine(double from) => LearningRate.Cosine(from, Last(from));

    private static LearningRate Line(double from) => LearningRate.Linear(from, Last(from));

    private static LearningRate Exponential(double from) => LearningRate.Exponential(from, Last(from));

    // In decimal, so that a hundredth of 0.0008 is 0.000008.
    private static double Last(double from) => (double)((decimal)from / Fall);

    private static ValueList<(string Metric, string Stage, double Value)> Figures(string[] metrics, string[] stages, double[][] values) =>
        values.SelectMany((ofMetric, m) => stages.Select((stage, s) => (metrics[m], stage, ofMetric[s]))).ToValueList();
}
