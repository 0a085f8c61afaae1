using Dsd.Records;

namespace Dsd.Models;

/// <summary>A figure that was published for a network: what it was measured on, after which stage of training, and its value.</summary>
/// <param name="Metric">What was measured, with its unit, e.g. <c>"top-1 error, %"</c>.</param>
/// <param name="Stage">After what, e.g. <c>"baseline"</c>, <c>"sparse"</c> or <c>"DSD"</c>.</param>
/// <param name="Value">The value as printed.</param>
public sealed record PaperFigure(string Metric, string Stage, double Value);
