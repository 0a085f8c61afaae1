namespace Dsd.Studies;

/// <summary>The result of one of a study's gates in one group.</summary>
/// <param name="Group">The group's name.</param>
/// <param name="Gate">The gate: <c>"converged"</c>, <c>"recovered"</c> or <c>"train"</c>.</param>
/// <param name="Measured">The measured value in units of the main metric: a mean over seeds, of differences on validation or of values on the train split; null if it is not known.</param>
/// <param name="Interval">The 95 % interval of a mean difference; null if there is none.</param>
/// <param name="Limit">The value with which it is compared: the smallest detectable difference, of the group's main comparison or of this one if that is larger, or the value to reach; null if it is not known.</param>
/// <param name="IsMet">True if the condition holds; null if values are missing, or there are fewer than six pairs.</param>
public sealed record GateResult(string Group, string Gate, double? Measured, (double Low, double High)? Interval, double? Limit, bool? IsMet);
