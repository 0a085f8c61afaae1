namespace Dsd.Schedules;

/// <summary>A parameter of a method.</summary>
/// <param name="Name">The name, as in C#, F#, JSON and on the command line, e.g. <c>"sparsity"</c>.</param>
/// <param name="Description">What it is, with its range and its default where that depends on the method.</param>
/// <param name="Default">The default as text; null if it must be given, or if the description says it.</param>
/// <param name="IsRequired">True if it must be given.</param>
public sealed record MethodParameter(string Name, string Description, string? Default, bool IsRequired)
{
    /// <summary>The type of its values.</summary>
    internal Type Type { get; init; } = typeof(object);
}
