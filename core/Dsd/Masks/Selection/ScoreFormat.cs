namespace Dsd.Masks;

/// <summary>In what form the weights of a ranking are compared.</summary>
internal enum ScoreFormat
{
    Random,
    Score32,
    Score64,
    Float16,
    BFloat16,
    Float32,
    Float64,
    Mixed,
}
