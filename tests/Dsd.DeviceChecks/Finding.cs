namespace Dsd.DeviceChecks;

/// <summary>One result of a stage.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Text">The result in words.</param>
/// <param name="Value">The result as a number; null if it is none.</param>
/// <param name="Unit">The unit of the number; null if it has none.</param>
/// <param name="Holds">False if it is an error; null if nothing was required.</param>
internal sealed record Finding(string Name, string Text, double? Value = null, string? Unit = null, bool? Holds = null);
