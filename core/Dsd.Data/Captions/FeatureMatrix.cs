namespace Dsd.Data;

/// <summary>Features of images as they lie in a file: a row an image.</summary>
/// <param name="Rows">How many images.</param>
/// <param name="Columns">Numbers in a feature.</param>
/// <param name="Values">The rows one after the other; empty where only the sizes were asked for.</param>
internal sealed record FeatureMatrix(int Rows, int Columns, float[] Values);
