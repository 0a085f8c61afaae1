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
internal sealed record WeightScores(string Name, string Verb, Tensor? Values, CounterRandom? Random, bool IsMagnitude, long Count)
{
    /// <summary>How the values are compared where nothing else is in the ranking: as they lie where they are floats.</summary>
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

    /// <summary>The values row by row in CPU memory as a type; no copy where they already lie so. Lives as long as the scope.</summary>
    public unsafe void* Memory(ScalarType type) => TensorMemory.Of(Values!.detach().to(type).cpu().contiguous());
}
