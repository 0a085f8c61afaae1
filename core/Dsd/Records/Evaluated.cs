using System.Text.Json.Serialization;

namespace Dsd.Records;

public abstract partial record TrainingEvent
{
    /// <summary>The event of a measurement of the model on a split.</summary>
    /// <param name="Step">The number of completed steps of the run.</param>
    /// <param name="Split">The split.</param>
    /// <param name="Metrics">The metrics, the main one first.</param>
    /// <param name="LeftOut">The examples that could not be measured. Default null: none beyond those known when the run started.</param>
    /// <param name="ComputedOtherwise">Layers found since the last event to be computed other than <see cref="RunStarted.Computation"/> says, each with the reason. Default null: none.</param>
    public sealed record Evaluated(
        long Step,
        DataSplit Split,
        ValueList<MetricValue> Metrics,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ValueList<DataProblem>? LeftOut = null,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ValueList<string>? ComputedOtherwise = null) : TrainingEvent
    {
        /// <summary>Gets the value of a metric; null if it was not measured.</summary>
        /// <param name="name">Its name, e.g. <c>"accuracy"</c>.</param>
        public double? Value(string name) => Metrics.FirstOrDefault(m => m.Name == name)?.Value;

        /// <summary>Gets the measurement of a metric; null if it was not measured.</summary>
        internal MetricValue? ValueOf(Metric metric) => Metrics.FirstOrDefault(m => m.Name == metric.Name);
    }
}
