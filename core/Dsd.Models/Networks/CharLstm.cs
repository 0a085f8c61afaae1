using Dsd.Execution;
using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Statistics;
using Dsd.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>A small character-level language model: an embedding, one LSTM layer and a linear layer.</summary>
/// <remarks>
/// Takes symbols, int64, shape (N, T), each from 0 to symbols − 1; returns unnormalised scores (logits) of the next symbol at
/// each position, shape (N, T, classes). Every sequence starts from a state of zeros. 63 symbols and as many classes give 111,487
/// parameters, in order: <c>embedding</c> (symbols × 64, never pruned), <c>lstm</c> (64→128: the four gates' weights of the input
/// and of the state, and two biases), <c>fc</c> (128→classes).
/// The embedding starts standard normal, the LSTM uniform in ±1/√128 and <c>fc</c> uniform in ±1/√fan-in, PyTorch's defaults,
/// drawn from the global generator: the same <c>torch.manual_seed</c> gives the same network.
/// Source: Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 1997, with the forget gate of Gers,
/// Schmidhuber and Cummins, Neural Computation 2000; as a character model Graves, "Generating sequences with recurrent neural
/// networks", arXiv 1308.0850, section 3, which is larger.
/// </remarks>
internal sealed class CharLstm : nn.Module<Tensor, Tensor>, IStackable
{
    private const int Width = 64;
    private const int Hidden = 128;
    private const int Gates = 4;
    private readonly Embedding _embedding;
    private readonly LSTM _lstm;
    private readonly Linear _fc;

    /// <summary>Builds the network with random weights on the CPU.</summary>
    /// <param name="symbols">Number of input symbols, at least 1. Default 63.</param>
    /// <param name="classes">Number of predicted symbols, at least 1; equal to <paramref name="symbols"/> in a language model. Default 63.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public CharLstm(int symbols = 63, int classes = 63)
        : base("char-lstm")
    {
        Check(symbols, classes);
        _embedding = nn.Embedding(symbols, Width);
        _lstm = nn.LSTM(Width, Hidden, batchFirst: true);
        _fc = nn.Linear(Hidden, classes);
        register_module("embedding", _embedding);
        register_module("lstm", _lstm);
        register_module("fc", _fc);
    }

    /// <inheritdoc/>
    public string? StackingObstacle => "layer 'lstm' is an LSTM, which libtorch computes for one network alone";

    /// <summary>Lists the parameters as plain data, in the order of the built network; loads no native library.</summary>
    /// <param name="symbols">Number of input symbols, at least 1. Default 63.</param>
    /// <param name="classes">Number of predicted symbols, at least 1. Default 63.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public static ModelShape Shape(int symbols = 63, int classes = 63)
    {
        Check(symbols, classes);
        return ModelShape.Empty
            .With(
                new ParameterShape("embedding.weight", LayerKind.Embedding, isBias: false, [symbols, Width]),
                new ParameterShape("lstm.weight_ih_l0", LayerKind.Recurrent, isBias: false, [Gates * Hidden, Width]),
                new ParameterShape("lstm.weight_hh_l0", LayerKind.Recurrent, isBias: false, [Gates * Hidden, Hidden]),
                new ParameterShape("lstm.bias_ih_l0", LayerKind.Recurrent, isBias: true, [Gates * Hidden]),
                new ParameterShape("lstm.bias_hh_l0", LayerKind.Recurrent, isBias: true, [Gates * Hidden]))
            .Linear("fc", Hidden, classes);
    }

    /// <summary>Computes the scores of the next symbol at each position.</summary>
    /// <param name="input">Symbols, int64, shape (N, T).</param>
    /// <returns>Logits, shape (N, T, classes); they belong to the caller's dispose scope, all intermediate tensors are freed.</returns>
    public override Tensor forward(Tensor input)
    {
        TorchRuntime.RequireConfigured(GetName());
        using var scope = NewDisposeScope();
        var (hidden, _, _) = _lstm.call(_embedding.call(input));
        return _fc.call(hidden).MoveToOuterDisposeScope();
    }

    /// <summary>Throws an exception, in either mode, since several of this network cannot be computed at once.</summary>
    /// <exception cref="DsdException">In any case.</exception>
    public Tensor StackedForward(IReadOnlyDictionary<string, Tensor> tensors, Tensor inputs) => throw new DsdException($"{GetName()} cannot be stacked: {StackingObstacle}.");

    private static void Check(int symbols, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(symbols, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
    }
}
