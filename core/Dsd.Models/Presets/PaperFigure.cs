using Dsd.Records;

namespace Dsd.Models;

/// <summary>A result published for a network.</summary>
/// <param name="Metric">The metric with its unit, e.g. <c>"top-1 error, %"</c>.</param>
/// <param name="Stage">The stage of training it was measured after, e.g. <c>"baseline"</c>, <c>"sparse"</c> or <c>"DSD"</c>.</param>
/// <param name="Value">The value as printed.</param>
public sealed record PaperFigure(string Metric, string Stage, double Value);
