using System.Text.Json.Serialization;

namespace Dsd.Records;

/// <summary>The model was measured on a split.</summary>
/// <param name="Step">How many steps of the run were done.</param>
/// <param name="Split">The split.</param>
/// <param name="Metrics">The metrics, the main one first.</param>
/// <param name="LeftOut">What of the split could not be measured. Default null: nothing beyond what was known when the run began.</param>
/// <param name="ComputedOtherwise">Layers that were found since the last event to be computed otherwise than <see cref="RunStarted.Computation"/> says, each with the reason. Default null: none.</param>
public sealed record Evaluated(
    long Step,
    DataSplit Split,
    ValueList<MetricValue> Metrics,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ValueList<DataProblem>? LeftOut = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ValueList<string>? ComputedOtherwise = null) : TrainingEvent
{
    /// <summary>The value of a metric, or null where it was not measured.</summary>
    /// <param name="name">Its name, e.g. <c>"accuracy"</c>.</param>
    public double? Value(string name) => Metrics.FirstOrDefault(m => m.Name == name)?.Value;

    /// <summary>What was measured of a metric, or null where it was not.</summary>
    internal MetricValue? ValueOf(Metric metric) => Metrics.FirstOrDefault(m => m.Name == metric.Name);
}
