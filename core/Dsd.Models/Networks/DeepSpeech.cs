using Dsd.Plans;
using Dsd.Statistics;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>Deep Speech: three fully connected layers over a stretch of frames, a bidirectional plain recurrent layer, two more fully connected ones.</summary>
/// <remarks>
/// For the call see <see cref="SpeechNetwork"/>. Layers are numbered as in the paper: <c>fc1</c> sees a frame with five on either
/// side (11 × bins → 1024; zeros beyond both ends), <c>fc2</c> and <c>fc3</c> (1024 → 1024), <c>rnn4</c> in both directions with one
/// input matrix and one bias for both, whose states are summed, <c>fc5</c> (1024 → 1024) and <c>fc6</c> (1024 → classes). After all but
/// the last comes min(max(x, 0), 20). With 161 bins and 29 classes that is 8,139,805 parameters: 1,814,528, twice 1,049,600,
/// 3,146,752 (3·1024² + 1024), 1,049,600 and 29,725. Every second frame is heard, as in the paper's section 3.3, with all 11 of its stretch.
/// Weights and biases start uniform in ±1/√fan-in (in <c>rnn4</c> ±1/√units), PyTorch's defaults, drawn from the global generator: the
/// same <c>torch.manual_seed</c> gives the same network. In training a tenth of the outputs of each hidden fully connected layer is dropped
/// (the source, section 2.1, drops 5 to 10 %).
/// Source: Hannun et al., "Deep Speech: scaling up end-to-end speech recognition", arXiv 1412.5567, section 2; with these widths and
/// counts Han et al., "DSD: dense-sparse-dense training for deep neural networks", ICLR 2017.
/// </remarks>
public sealed class DeepSpeech : SpeechNetwork
{
    /// <summary>Frames that <c>fc1</c> sees at once: 11.</summary>
    public const int ContextFrames = 11;

    /// <summary>Units of a hidden layer at full width: 1024.</summary>
    public const int Units = 1024;

    /// <summary>The part of outputs that is dropped unless another is given: 0.1.</summary>
    public const double DefaultDropout = 0.1;

    private readonly Linear _fc1;
    private readonly Linear _fc2;
    private readonly Linear _fc3;
    private readonly BidirectionalRecurrent _rnn4;
    private readonly Linear _fc5;
    private readonly Linear _fc6;

    /// <summary>Builds the network with random weights on the CPU.</summary>
    /// <param name="bins">Bins of the spectrogram, at least 1. Default 161.</param>
    /// <param name="classes">Characters with the blank, at least 2. Default 29.</param>
    /// <param name="width">The factor on the units of hidden layers, above 0 and at most 4. Default 1.</param>
    /// <param name="frameStride">One frame in so many is heard, at least 1. Default 2. Parameters do not depend on it.</param>
    /// <param name="dropout">The part of a fully connected layer's outputs that is zeroed in training, 0 to below 1. Default 0.1; the source has 0.05 to 0.1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public DeepSpeech(int bins = 161, int classes = 29, double width = 1, int frameStride = 2, double dropout = DefaultDropout)
        : base("deep-speech", bins, classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frameStride, 1);
        if (!(dropout is >= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(dropout), dropout, "Dropout must be at least 0 and below 1.");
        }

        (FrameStride, Dropout) = (frameStride, dropout);
        var units = LayerWidth.Scaled(Units, width);
        _fc1 = nn.Linear((long)ContextFrames * bins, units);
        _fc2 = nn.Linear(units, units);
        _fc3 = nn.Linear(units, units);
        _rnn4 = new(units, units, bias: true);
        _fc5 = nn.Linear(units, units);
        _fc6 = nn.Linear(units, classes);
        register_module("fc1", _fc1);
        register_module("fc2", _fc2);
        register_module("fc3", _fc3);
        register_module("rnn4", _rnn4);
        register_module("fc5", _fc5);
        register_module("fc6", _fc6);
    }

    /// <summary>One frame in so many is heard.</summary>
    public int FrameStride { get; }

    /// <summary>The part of a fully connected layer's outputs that is zeroed in training.</summary>
    public double Dropout { get; }

    /// <summary>The parameters as plain data, in the order in which the network lists them; loads no native library.</summary>
    /// <param name="bins">Bins of the spectrogram, at least 1. Default 161.</param>
    /// <param name="classes">Characters with the blank, at least 2. Default 29.</param>
    /// <param name="width">The factor on the units of hidden layers, above 0 and at most 4. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static ModelShape Shape(int bins = 161, int classes = 29, double width = 1)
    {
        Check(bins, classes);
        var units = LayerWidth.Scaled(Units, width);
        var below = ModelShape.Empty
            .Linear("fc1", (long)ContextFrames * bins, units)
            .Linear("fc2", units, units)
            .Linear("fc3", units, units);
        return BidirectionalRecurrent.Append(below, "rnn4", units, units, bias: true)
            .Linear("fc5", units, units)
            .Linear("fc6", units, classes);
    }

    /// <inheritdoc/>
    public override int OutputLength(int frames)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, 1);
        return ((frames - 1) / FrameStride) + 1;
    }

    /// <summary>The scores of a batch of utterances.</summary>
    /// <param name="input1">Spectrograms, float32, shape (N, T, bins).</param>
    /// <param name="input2">Their lengths in frames, int64, shape (N), each from 1 to T.</param>
    /// <returns>Logits, shape (N, OutputLength(T), classes), zero beyond an utterance's own; they belong to the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">A shape, a type or a length is not as it must be.</exception>
    public override Tensor forward(Tensor input1, Tensor input2)
    {
        using var scope = NewDisposeScope();
        var lengths = Lengths(input1, input2);
        var layout = new UtteranceLayout([.. lengths.Select(OutputLength)], OutputLength((int)input1.size(1)), input1.device);
        var hidden = Hidden(_fc1, layout.Pack(Stretches(UtteranceLayout.Silence(input1, lengths))));
        hidden = Hidden(_fc2, hidden);
        hidden = Hidden(_fc3, hidden);
        hidden = _rnn4.Run(hidden, layout);
        hidden = Hidden(_fc5, hidden);
        return layout.Unpack(_fc6.call(hidden)).MoveToOuterDisposeScope();
    }

    private Tensor Hidden(Linear layer, Tensor rows)
    {
        var hidden = ClippedRectifier.Apply(layer.call(rows));
        return Dropout > 0 ? nn.functional.dropout(hidden, Dropout, training) : hidden;
    }

    /// <summary>Each heard frame with those about it: (N, T, bins) as (N, T', 11·bins), one frame after the other.</summary>
    private Tensor Stretches(Tensor frames)
    {
        const int beside = ContextFrames / 2;
        return nn.functional.pad(frames, [0, 0, beside, beside]).flatten(1).unfold(1, (long)ContextFrames * Bins, (long)FrameStride * Bins);
    }
}
