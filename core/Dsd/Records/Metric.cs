namespace Dsd.Records;

/// <summary>One measured value with its name.</summary>
/// <param name="Name">The name in camelCase, e.g. <c>"accuracy"</c> or <c>"loss"</c>.</param>
/// <param name="Value">The value; accuracies are fractions in [0, 1], losses are means over examples in nats.</param>
public sealed record Metric(string Name, double Value);
