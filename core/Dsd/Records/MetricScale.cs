namespace Dsd.Records;

/// <summary>The way in which values of a metric are shown.</summary>
public enum MetricScale
{
    /// <summary>The number itself, with the metric's unit where it has one.</summary>
    Number,

    /// <summary>A fraction of 1, shown in percent; its differences are shown in points.</summary>
    Percent,
}
