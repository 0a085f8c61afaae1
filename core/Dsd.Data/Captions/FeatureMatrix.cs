namespace Dsd.Data;

/// <summary>The features in a file, one row per image.</summary>
/// <param name="Rows">The number of images.</param>
/// <param name="Columns">The length of a feature.</param>
/// <param name="Values">The concatenated rows; empty if only the sizes were read.</param>
internal sealed record FeatureMatrix(int Rows, int Columns, float[] Values);
