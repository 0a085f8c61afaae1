namespace Dsd.Records;

/// <summary>The format of a metric's values.</summary>
public enum MetricScale
{
    /// <summary>The number itself, with the metric's unit if it has one.</summary>
    Number,

    /// <summary>A fraction in [0, 1], shown in percent; differences are shown in percentage points.</summary>
    Percent,
}
