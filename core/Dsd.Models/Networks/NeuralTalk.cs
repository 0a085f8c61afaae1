using Dsd.Execution;
using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Torch;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>NeuralTalk: an LSTM that reads an image's feature vector and then predicts a caption word by word.</summary>
/// <remarks>
/// Takes features, float32, shape (N, features), and words, int64, shape (N, T), each from 0 to words − 1, the first one 0 (the
/// start); returns unnormalised scores (logits) of the next word at each position, shape (N, T, words), where 0 means the end.
/// Parameters in order: <c>image</c> (features → 256), <c>words</c> (words × 256, an embedding, never pruned), <c>lstm</c> (256 → 256:
/// the weights of the input and of the state, 1024 × 256 each, and one bias of 1024, gates in the order input, forget, output,
/// cell), <c>decoder</c> (256 → words). The image feature is the first input of the LSTM, before any word.
/// <para>Features of 4096 and 2,538 words, as of Flickr-8K, give 2,876,138 parameters: 1,048,832 + 649,728 + 525,312 + 652,266. The
/// original stores the LSTM's bias as row 0 of one matrix of 513 × 1024, which pruning would include; here it is a parameter of its own.</para>
/// <para>As in the original, the LSTM outputs its cell without another tanh (the original's option <c>tanhC_version</c> is 0 by default),
/// and dropout of 0.5 acts on all inputs of the LSTM and of <c>decoder</c>, in training mode only.</para>
/// <para>All weights and the LSTM's bias start uniform in ±0.1, the other biases at 0, drawn from the global generator: the same
/// <c>torch.manual_seed</c> gives the same network. The original does the same, but sets the bias of <c>decoder</c> to the
/// logarithms of the words' frequencies, which are unknown here when the network is built.</para>
/// Source: Karpathy's NeuralTalk (github.com/karpathy/neuraltalk, <c>imagernn/lstm_generator.py</c>, <c>generic_batch_generator.py</c> and
/// <c>utils.py</c>), after Vinyals, Toshev, Bengio and Erhan, "Show and tell", CVPR 2015 (arXiv 1411.4555); pruned by Han et al., ICLR 2017.
/// </remarks>
internal sealed class NeuralTalk : nn.Module<Tensor, Tensor, Tensor>, ICaptioner
{
    private const int Full = 256;
    private const int Gates = 4;
    private const double Dropped = 0.5;
    private const double Bound = 0.1;
    private readonly Linear _image;
    private readonly Embedding _words;
    private readonly Memory _lstm;
    private readonly Linear _decoder;

    /// <summary>Builds the network with random weights on the CPU.</summary>
    /// <param name="features">Length of the image feature vector, at least 1. Default 4096, as of VGG's last hidden layer.</param>
    /// <param name="words">Number of words including the end marker, at least 1. Default 2538, as of Flickr-8K.</param>
    /// <param name="width">The width factor for all layers of 256 units, above 0 and at most 4. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public NeuralTalk(int features = 4096, int words = 2538, double width = 1)
        : base("neural-talk")
    {
        var units = Units(features, words, width);
        _image = nn.Linear(features, units);
        _words = nn.Embedding(words, units);
        _lstm = new(units);
        _decoder = nn.Linear(units, words);
        register_module("image", _image);
        register_module("words", _words);
        register_module("lstm", _lstm);
        register_module("decoder", _decoder);
        foreach (var (name, parameter) in named_parameters())
        {
            if (name is "image.bias" or "decoder.bias")
            {
                nn.init.zeros_(parameter);
            }
            else
            {
                nn.init.uniform_(parameter, -Bound, Bound);
            }
        }
    }

    /// <summary>Lists the parameters as plain data, in the order of the built network; loads no native library.</summary>
    /// <param name="features">Length of the image feature vector, at least 1. Default 4096.</param>
    /// <param name="words">Number of words including the end marker, at least 1. Default 2538.</param>
    /// <param name="width">The width factor for all layers of 256 units, above 0 and at most 4. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static ModelShape Shape(int features = 4096, int words = 2538, double width = 1)
    {
        var units = Units(features, words, width);
        return ModelShape.Empty
            .Linear("image", features, units)
            .With(
                new ParameterShape("words.weight", LayerKind.Embedding, isBias: false, [words, units]),
                new ParameterShape("lstm.weight_ih", LayerKind.Recurrent, isBias: false, [Gates * units, units]),
                new ParameterShape("lstm.weight_hh", LayerKind.Recurrent, isBias: false, [Gates * units, units]),
                new ParameterShape("lstm.bias", LayerKind.Recurrent, isBias: true, [Gates * units]))
            .Linear("decoder", units, words);
    }

    /// <summary>Computes the scores of the next word at each position of a batch of captions.</summary>
    /// <param name="features">The images' features, float32, shape (N, features).</param>
    /// <param name="words">The words, int64, shape (N, T), T at least 1; the first of each caption is 0.</param>
    /// <returns>Logits, shape (N, T, words); they belong to the caller's dispose scope, all intermediate tensors are freed.</returns>
    /// <exception cref="ArgumentException">The shapes do not match each other or the network.</exception>
    public override Tensor forward(Tensor features, Tensor words)
    {
        CheckFeatures(features);
        if (words.shape is not [var count, >= 1] || count != features.shape[0])
        {
            throw new ArgumentException($"{features.shape[0]} image features need words of shape [{features.shape[0]}, T]; got [{string.Join(", ", words.shape)}].", nameof(words));
        }

        using var scope = NewDisposeScope();

        // Time first, so that the inputs of one step are contiguous.
        var inputs = cat([_image.call(features).unsqueeze(0), _words.call(words.t())], 0);
        var shown = _lstm.call(nn.functional.dropout(inputs, Dropped, training));
        return _decoder.call(nn.functional.dropout(shown.slice(0, 1, shown.size(0), 1).transpose(0, 1), Dropped, training)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The features have the wrong shape.</exception>
    public Tensor[] Begin(Tensor features)
    {
        CheckFeatures(features);
        using var scope = NewDisposeScope();
        var (state, cell) = _lstm.Step(_lstm.Products(nn.functional.dropout(_image.call(features), Dropped, training)), null);
        return [state.MoveToOuterDisposeScope(), cell.MoveToOuterDisposeScope()];
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The words or the state have the wrong shape.</exception>
    public (Tensor Scores, Tensor[] State) Next(Tensor words, Tensor[] state)
    {
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(state);
        if (words.shape is not [var count] || state.Length != 2 || state.Any(s => s.shape is not [var rows, var units] || rows != count || units != _lstm.UnitCount))
        {
            throw new ArgumentException($"Words of shape [N] need a state of two tensors of shape [N, {_lstm.UnitCount}]; call {nameof(Begin)} first.", nameof(state));
        }

        using var scope = NewDisposeScope();
        var (next, cell) = _lstm.Step(_lstm.Products(nn.functional.dropout(_words.call(words), Dropped, training)), (state[0], state[1]));
        var scores = _decoder.call(nn.functional.dropout(next, Dropped, training));
        return (scores.MoveToOuterDisposeScope(), [next.MoveToOuterDisposeScope(), cell.MoveToOuterDisposeScope()]);
    }

    private static int Units(int features, int words, double width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(features, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(words, 1);
        return LayerWidth.Scaled(Full, width);
    }

    private void CheckFeatures(Tensor features)
    {
        ArgumentNullException.ThrowIfNull(features);
        TorchRuntime.RequireConfigured(GetName());
        var wanted = _image.weight!.size(1);
        if (features.shape is not [_, var given] || given != wanted)
        {
            throw new ArgumentException($"The features have shape [{string.Join(", ", features.shape)}]; expected [N, {wanted}].", nameof(features));
        }
    }

    /// <summary>The LSTM cell, whose one bias is a parameter of its own.</summary>
    private sealed class Memory : nn.Module<Tensor, Tensor>, ILayer
    {
        // By these names a move to another device or type finds the fields and replaces what they hold.
        [ComponentName(Name = "weight_ih")]
        private readonly Parameter _input;

        [ComponentName(Name = "weight_hh")]
        private readonly Parameter _state;

        [ComponentName(Name = "bias")]
        private readonly Parameter _bias;

        public Memory(int units)
            : base("lstm")
        {
            UnitCount = units;
            _input = new(empty(Gates * units, units));
            _state = new(empty(Gates * units, units));
            _bias = new(empty(Gates * units));
            register_parameter("weight_ih", _input);
            register_parameter("weight_hh", _state);
            register_parameter("bias", _bias);
        }

        public LayerKind Kind => LayerKind.Recurrent;

        public int UnitCount { get; }

        /// <summary>Computes the input term of the gates, for any number of inputs at once.</summary>
        public Tensor Products(Tensor inputs) => nn.functional.linear(inputs, _input, _bias);

        /// <summary>Computes one time step: the output and the cell. A null state means zeros.</summary>
        public (Tensor State, Tensor Cell) Step(Tensor products, (Tensor State, Tensor Cell)? before)
        {
            var gates = before is { } last ? addmm(products, last.State, _state.t(), 1, 1) : products;
            var open = gates.slice(1, 0, 3 * UnitCount, 1).sigmoid();
            var cell = Gate(0) * gates.slice(1, 3 * UnitCount, 4 * UnitCount, 1).tanh();
            cell = before is { } kept ? cell + (Gate(1) * kept.Cell) : cell;
            return (Gate(2) * cell, cell);

            Tensor Gate(int index) => open.slice(1, index * UnitCount, (index + 1) * UnitCount, 1);
        }

        /// <summary>Computes the outputs of a sequence; input and output have the time first.</summary>
        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var shown = new List<Tensor>();
            (Tensor State, Tensor Cell)? memory = null;
            foreach (var products in Products(input).unbind(0))
            {
                memory = Step(products, memory);
                shown.Add(memory.Value.State);
            }

            return stack(shown, 0).MoveToOuterDisposeScope();
        }
    }
}
