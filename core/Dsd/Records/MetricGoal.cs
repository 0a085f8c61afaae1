namespace Dsd.Records;

/// <summary>The direction in which a metric is better.</summary>
public enum MetricGoal
{
    /// <summary>Higher is better, as for accuracies, BLEU, F1 or R².</summary>
    Higher,

    /// <summary>Lower is better, as for losses, errors and bits.</summary>
    Lower,

    /// <summary>Unknown, as in records of versions that did not store the goal; nothing is then selected or called better.</summary>
    Undeclared,
}
