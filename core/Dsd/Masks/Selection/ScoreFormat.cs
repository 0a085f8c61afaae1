namespace Dsd.Masks;

/// <summary>The form in which the weights of a ranking are compared.</summary>
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
