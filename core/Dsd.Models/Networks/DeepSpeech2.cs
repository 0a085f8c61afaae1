using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Statistics;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>Deep Speech 2: two convolutions over frequency and time, seven bidirectional recurrent layers and one fully connected layer, all with batch normalisation.</summary>
/// <remarks>
/// <para>For inputs and outputs see <see cref="SpeechNetwork"/>. <c>conv1</c>: 32 kernels of 41 bins × 11 frames, stride 2 in both
/// (161 → 81 bins); <c>conv2</c>: 32 of 21 × 11, stride 2 in frequency (81 → 41); <c>rnn1</c> to <c>rnn7</c>: 1760 units in each direction with
/// one shared input matrix, states summed; <c>fc1</c>: 1760 → 1760; <c>fc2</c>: 1760 → classes, with a bias. All but <c>fc2</c> have
/// batch normalisation (<c>conv1_norm</c> and so on) instead of a bias: in a convolution with one mean and deviation per kernel and bin, in
/// a recurrent layer on the input term alone, before the recurrence, over all steps of all utterances ("sequence-wise"), padding
/// excluded. Each norm is followed by min(max(x, 0), 20), in recurrent layers after the recurrent term is added.</para>
/// <para>With 161 bins and 54 classes the counts are those printed by Han et al.: 14,432 and 2·32·81; 236,544 and 2·32·41; 8,507,840
/// (1312·1760 + 2·1760² + 2·1760), then six times 9,296,320; 3,101,120 (1760² + 2·1760). Two printed numbers are 40 too low:
/// the last layer has 1760·54 + 54 = 95,094 (printed 95,054), so the sum is 67,740,758 (printed 67,740,718).
/// That norms replace biases follows from these counts.</para>
/// <para>Convolutions and <c>fc1</c>, <c>fc2</c> start uniform in ±1/√fan-in, recurrent layers in ±1/√units, PyTorch's defaults, norms with scale
/// 1 and shift 0; all drawn from the global generator: the same <c>torch.manual_seed</c> gives the same network.</para>
/// <para>Source: Amodei et al., "Deep Speech 2: end-to-end speech recognition in English and Mandarin", arXiv 1512.02595, section 3;
/// these widths and counts are from Han et al., "DSD: dense-sparse-dense training for deep neural networks", ICLR 2017.</para>
/// </remarks>
internal sealed class DeepSpeech2 : SpeechNetwork
{
    /// <summary>The number of recurrent layers: 7.</summary>
    public const int RecurrentLayers = 7;

    /// <summary>The units of a recurrent layer at full width: 1760.</summary>
    public const int Units = 1760;

    /// <summary>The kernels of a convolution at full width: 32.</summary>
    public const int Kernels = 32;

    // Frames are padded to a multiple of this, so that convolutions see few sizes: each size has to be checked once (Computation).
    private const int FrameBlock = 64;
    private const int FrameStride = 2;
    private const int FramesOfKernel = 11;
    private static readonly int[] s_binsOfKernel = [41, 21];
    private readonly Conv2d[] _convolutions = new Conv2d[2];
    private readonly BatchNorm1d[] _convolutionNorms = new BatchNorm1d[2];
    private readonly BidirectionalRecurrent[] _recurrent = new BidirectionalRecurrent[RecurrentLayers];
    private readonly BatchNorm1d[] _recurrentNorms = new BatchNorm1d[RecurrentLayers];
    private readonly Linear _fc1;
    private readonly BatchNorm1d _fc1Norm;
    private readonly Linear _fc2;

    /// <summary>Builds the network with random weights on the CPU.</summary>
    /// <param name="bins">Number of spectrogram bins, at least 1. Default 161.</param>
    /// <param name="classes">Number of characters including the blank, at least 2. Default 54.</param>
    /// <param name="width">The width factor for kernels and units, above 0 and at most 4. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public DeepSpeech2(int bins = 161, int classes = 54, double width = 1)
        : base("deep-speech-2", bins, classes)
    {
        var (kernels, units) = (LayerWidth.Scaled(Kernels, width), LayerWidth.Scaled(Units, width));
        for (var i = 0; i < 2; i++)
        {
            bins = Halved(bins);
            _convolutions[i] = nn.Conv2d(
                i == 0 ? 1 : kernels, kernels, (s_binsOfKernel[i], FramesOfKernel), (2, i == 0 ? FrameStride : 1), (s_binsOfKernel[i] / 2, FramesOfKernel / 2), bias: false);
            _convolutionNorms[i] = nn.BatchNorm1d((long)kernels * bins);
            register_module($"conv{i + 1}", _convolutions[i]);
            register_module($"conv{i + 1}_norm", _convolutionNorms[i]);
        }

        for (var i = 0; i < RecurrentLayers; i++)
        {
            _recurrent[i] = new(i == 0 ? kernels * bins : units, units, bias: false);
            _recurrentNorms[i] = nn.BatchNorm1d(units);
            register_module($"rnn{i + 1}", _recurrent[i]);
            register_module($"rnn{i + 1}_norm", _recurrentNorms[i]);
        }

        _fc1 = nn.Linear(units, units, hasBias: false);
        _fc1Norm = nn.BatchNorm1d(units);
        _fc2 = nn.Linear(units, classes);
        register_module("fc1", _fc1);
        register_module("fc1_norm", _fc1Norm);
        register_module("fc2", _fc2);
    }

    /// <summary>Lists the parameters as plain data, in the order of the built network; loads no native library.</summary>
    /// <param name="bins">Number of spectrogram bins, at least 1. Default 161.</param>
    /// <param name="classes">Number of characters including the blank, at least 2. Default 54.</param>
    /// <param name="width">The width factor for kernels and units, above 0 and at most 4. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static ModelShape Shape(int bins = 161, int classes = 54, double width = 1)
    {
        Check(bins, classes);
        var (kernels, units) = (LayerWidth.Scaled(Kernels, width), LayerWidth.Scaled(Units, width));
        var shape = ModelShape.Empty;
        for (var i = 0; i < 2; i++)
        {
            bins = Halved(bins);
            shape = shape
                .With(new ParameterShape($"conv{i + 1}.weight", LayerKind.Convolution, isBias: false, [kernels, i == 0 ? 1 : kernels, s_binsOfKernel[i], FramesOfKernel]))
                .BatchNorm($"conv{i + 1}_norm", (long)kernels * bins);
        }

        for (var i = 0; i < RecurrentLayers; i++)
        {
            shape = BidirectionalRecurrent.Append(shape, $"rnn{i + 1}", i == 0 ? kernels * bins : units, units, bias: false).BatchNorm($"rnn{i + 1}_norm", units);
        }

        return shape.Linear("fc1", units, units, bias: false).BatchNorm("fc1_norm", units).Linear("fc2", units, classes);
    }

    /// <inheritdoc/>
    public override int OutputLength(int frames)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, 1);
        return ((frames - 1) / FrameStride) + 1;
    }

    /// <summary>Computes the scores of a batch of utterances.</summary>
    /// <param name="input1">Spectrograms, float32, shape (N, T, bins).</param>
    /// <param name="input2">Their lengths in frames, int64, shape (N), each from 1 to T.</param>
    /// <returns>Logits, shape (N, OutputLength(T), classes), zero beyond each utterance's length; they belong to the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">A shape, type or length is invalid, or a batch in training mode has a single step in total.</exception>
    public override Tensor forward(Tensor input1, Tensor input2)
    {
        using var scope = NewDisposeScope();
        var lengths = Lengths(input1, input2);
        var frames = (int)input1.size(1);
        var added = (FrameBlock - (frames % FrameBlock)) % FrameBlock;
        var layout = new UtteranceLayout([.. lengths.Select(OutputLength)], OutputLength(frames + added), input1.device);
        var image = nn.functional.pad(UtteranceLayout.Silence(input1, lengths), [0, 0, 0, added]).transpose(1, 2).unsqueeze(1);
        var hidden = Rows(_convolutions[0], _convolutionNorms[0], image, layout);
        image = layout.Unpack(hidden).view(layout.Count, layout.Steps, _convolutions[0].out_channels, -1).permute(0, 2, 3, 1);
        hidden = Rows(_convolutions[1], _convolutionNorms[1], image, layout);
        for (var i = 0; i < RecurrentLayers; i++)
        {
            hidden = _recurrent[i].Run(hidden, layout, _recurrentNorms[i]);
        }

        hidden = ClippedRectifier.Apply(_fc1Norm.call(_fc1.call(hidden)));
        return layout.Unpack(_fc2.call(hidden)).narrow(1, 0, OutputLength(frames)).MoveToOuterDisposeScope();
    }

    private static int Halved(int bins) => ((bins - 1) / 2) + 1;

    /// <summary>Applies a convolution, its norm and the activation: an image (N, channels, bins, frames) becomes rows of (channel, bin).</summary>
    private static Tensor Rows(Conv2d convolution, BatchNorm1d norm, Tensor image, UtteranceLayout layout) =>
        ClippedRectifier.Apply(norm.call(layout.Pack(convolution.call(image).permute(0, 3, 1, 2))));
}
