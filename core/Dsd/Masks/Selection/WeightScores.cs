using Dsd.Torch;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>The scores by which one layer's weights are ranked.</summary>
/// <param name="Name">The parameter's full name.</param>
/// <param name="Verb">What a message says between the name and the values it complains of.</param>
/// <param name="Values">The weights or their scores; null where the order is random.</param>
/// <param name="Random">The random order, or null.</param>
/// <param name="IsMagnitude">Whether the values' signs do not matter.</param>
/// <param name="Count">The number of weights.</param>
/// <param name="Among">The weights to choose from, or null for all; only with a ranking of single weights. Default null.</param>
internal sealed record WeightScores(string Name, string Verb, Tensor? Values, CounterRandom? Random, bool IsMagnitude, long Count, BitMask? Among = null)
{
    /// <summary>The form in which the values are compared when they are ranked alone: unconverted if they are floats.</summary>
    public ScoreFormat Format => this switch
    {
        { Random: not null } => ScoreFormat.Random,
        { IsMagnitude: false } => Values!.dtype == ScalarType.Float32 ? ScoreFormat.Score32 : ScoreFormat.Score64,
        _ => Values!.dtype switch
        {
            ScalarType.Float16 => ScoreFormat.Float16,
            ScalarType.BFloat16 => ScoreFormat.BFloat16,
            ScalarType.Float64 => ScoreFormat.Float64,
            _ => ScoreFormat.Float32,
        },
    };

    /// <summary>The type as which weights are read: their own if it is a float's.</summary>
    public ScalarType Type => Format switch
    {
        ScoreFormat.Float16 => ScalarType.Float16,
        ScoreFormat.BFloat16 => ScalarType.BFloat16,
        ScoreFormat.Float64 or ScoreFormat.Score64 => ScalarType.Float64,
        _ => ScalarType.Float32,
    };

    /// <summary>Scores of a layer's weights, checked for their shape.</summary>
    /// <param name="name">The parameter's full name.</param>
    /// <param name="weight">The weights.</param>
    /// <param name="scores">What a function gave.</param>
    /// <param name="by">What gave them, for messages.</param>
    /// <exception cref="DsdException">They are null or have another shape than the weights.</exception>
    public static WeightScores Of(string name, Tensor weight, Tensor? scores, string by)
    {
        if (scores is null || !scores.shape.SequenceEqual(weight.shape))
        {
            var got = scores is null ? "null" : $"a tensor of shape {Shape(scores)}";
            throw new DsdException($"The {by} returned {got} for {name}; it must return one score for each weight, shape {Shape(weight)}.");
        }

        if (scores.is_sparse || scores.is_complex() || scores.is_quantized())
        {
            var kind = scores.is_sparse ? "sparse" : scores.is_complex() ? "complex" : "quantised";
            throw new DsdException($"The {by} returned a {kind} tensor for {name}; scores must be real numbers in a dense tensor{(scores.is_sparse ? ": return scores.to_dense()" : scores.is_complex() ? ", since complex ones have no order: return scores.abs() or scores.real" : "")}.");
        }

        return new(name, $"has, by the {by},", scores, null, false, scores.numel());
    }

    /// <summary>A tensor's dimensions between parentheses.</summary>
    public static string Shape(Tensor tensor) => $"({string.Join(", ", tensor.shape)})";

    /// <summary>The values row by row in CPU memory as a type; no copy where they already lie so. Lives as long as the scope.</summary>
    public unsafe void* Memory(ScalarType type) => TensorMemory.Of(
        Values!.dtype == type && Values.device_type == TorchSharp.DeviceType.CPU && Values.is_contiguous() ? Values : Values.detach().to(type).cpu().contiguous());
}
