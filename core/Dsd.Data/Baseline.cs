using Dsd.Records;

namespace Dsd.Data;

/// <summary>What a simple rule reaches on a part of some data, to stand beside what a network reaches.</summary>
/// <param name="Name">The rule, e.g. <c>"majority class"</c> or <c>"nearest neighbour"</c>.</param>
/// <param name="Metrics">What it reaches, under the names of the task's own metrics.</param>
public sealed record Baseline(string Name, ValueList<MetricValue> Metrics);
