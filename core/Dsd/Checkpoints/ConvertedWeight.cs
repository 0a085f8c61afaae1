namespace Dsd.Checkpoints;

/// <summary>A tensor of a weight file that has another number format than the model's.</summary>
/// <param name="Name">The model's name of it.</param>
/// <param name="From">The format in the file, e.g. <c>"F16"</c>.</param>
/// <param name="To">The format in the model, e.g. <c>"F32"</c>.</param>
public sealed record ConvertedWeight(string Name, string From, string To);
