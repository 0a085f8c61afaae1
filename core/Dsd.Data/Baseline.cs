using Dsd.Records;

namespace Dsd.Data;

/// <summary>The result of a simple rule on a split, for comparison with a network's result.</summary>
/// <param name="Name">The rule, e.g. <c>"majority class"</c> or <c>"nearest neighbour"</c>.</param>
/// <param name="Metrics">Its results, under the names of the task's own metrics.</param>
public sealed record Baseline(string Name, ValueList<MetricValue> Metrics);
