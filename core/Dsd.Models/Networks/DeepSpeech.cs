using Dsd.Plans;
using Dsd.Statistics;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>Deep Speech: three fully connected layers over a window of frames, one bidirectional recurrent layer and two more fully connected layers.</summary>
/// <remarks>
/// For inputs and outputs see <see cref="SpeechNetwork"/>. Layers are numbered as in the paper: <c>fc1</c> reads a frame with five on
/// either side (11 × bins → 1024; zeros beyond both ends), <c>fc2</c> and <c>fc3</c> (1024 → 1024), <c>rnn4</c> in both directions with one
/// input matrix and one bias for both, whose states are summed, <c>fc5</c> (1024 → 1024) and <c>fc6</c> (1024 → classes). All but
/// the last are followed by min(max(x, 0), 20). With 161 bins and 29 classes that is 8,139,805 parameters: 1,814,528, twice 1,049,600,
/// 3,146,752 (3·1024² + 1024), 1,049,600 and 29,725. Every second frame is processed, as in the paper's section 3.3, with its full window of 11.
/// Weights and biases start uniform in ±1/√fan-in (in <c>rnn4</c> ±1/√units), PyTorch's defaults, drawn from the global generator: the
/// same <c>torch.manual_seed</c> gives the same network. In training, dropout of 0.1 acts on the outputs of each hidden fully connected layer
/// (the source, section 2.1, uses 0.05 to 0.1).
/// Source: Hannun et al., "Deep Speech: scaling up end-to-end speech recognition", arXiv 1412.5567, section 2; these widths and
/// counts are from Han et al., "DSD: dense-sparse-dense training for deep neural networks", ICLR 2017.
/// </remarks>
internal sealed class DeepSpeech : SpeechNetwork
{
    /// <summary>The frames in the window of <c>fc1</c>: 11.</summary>
    public const int ContextFrames = 11;

    /// <summary>The units of a hidden layer at full width: 1024.</summary>
    public const int Units = 1024;

    /// <summary>The default dropout probability: 0.1.</summary>
    public const double DefaultDropout = 0.1;

    private readonly Linear _fc1;
    private readonly Linear _fc2;
    private readonly Linear _fc3;
    private readonly BidirectionalRecurrent _rnn4;
    private readonly Linear _fc5;
    private readonly Linear _fc6;

    /// <summary>Builds the network with random weights on the CPU.</summary>
    /// <param name="bins">Number of spectrogram bins, at least 1. Default 161.</param>
    /// <param name="classes">Number of characters including the blank, at least 2. Default 29.</param>
    /// <param name="width">The width factor for hidden units, above 0 and at most 4. Default 1.</param>
    /// <param name="frameStride">The stride between processed frames, at least 1. Default 2. Parameters do not depend on it.</param>
    /// <param name="dropout">The dropout probability for outputs of hidden fully connected layers, at least 0 and below 1. Default 0.1; the source uses 0.05 to 0.1.</param>
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

    /// <summary>The stride between processed frames.</summary>
    public int FrameStride { get; }

    /// <summary>The dropout probability for outputs of hidden fully connected layers.</summary>
    public double Dropout { get; }

    /// <summary>Lists the parameters as plain data, in the order of the built network; loads no native library.</summary>
    /// <param name="bins">Number of spectrogram bins, at least 1. Default 161.</param>
    /// <param name="classes">Number of characters including the blank, at least 2. Default 29.</param>
    /// <param name="width">The width factor for hidden units, above 0 and at most 4. Default 1.</param>
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

    /// <summary>Computes the scores of a batch of utterances.</summary>
    /// <param name="input1">Spectrograms, float32, shape (N, T, bins).</param>
    /// <param name="input2">Their lengths in frames, int64, shape (N), each from 1 to T.</param>
    /// <returns>Logits, shape (N, OutputLength(T), classes), zero beyond each utterance's length; they belong to the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">A shape, type or length is invalid.</exception>
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

    /// <summary>Gathers the window of each processed frame: (N, T, bins) becomes (N, T', 11·bins), frame after frame.</summary>
    private Tensor Stretches(Tensor frames)
    {
        const int beside = ContextFrames / 2;
        return nn.functional.pad(frames, [0, 0, beside, beside]).flatten(1).unfold(1, (long)ContextFrames * Bins, (long)FrameStride * Bins);
    }
}
