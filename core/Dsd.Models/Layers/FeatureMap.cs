namespace Dsd.Models;

/// <summary>The size of what goes from layer to layer, for one image; flat values have one row and one column.</summary>
internal readonly record struct FeatureMap(long Channels, long Height, long Width);
