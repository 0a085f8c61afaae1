namespace Dsd.Models;

/// <summary>The size of one image's activations between two layers; flattened ones have one row and one column.</summary>
internal readonly record struct FeatureMap(long Channels, long Height, long Width);
