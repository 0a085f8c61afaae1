namespace Dsd.Cli;

/// <summary>A value for a parameter of the chosen methods.</summary>
/// <param name="Source">The option and its text as messages name them, e.g. <c>"--with fraction=0.2"</c>.</param>
/// <param name="Method">The only method that takes it; null for all.</param>
/// <param name="Parameter">The parameter.</param>
/// <param name="Text">The value as text; null if it is given as <paramref name="Value"/>.</param>
/// <param name="Value">The value; of a rate, the number at its start.</param>
internal sealed record MethodSetting(string Source, string? Method, string Parameter, string? Text, object? Value = null);
