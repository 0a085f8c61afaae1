namespace Dsd.Records;

/// <summary>The direction in which a metric is better.</summary>
public enum MetricGoal
{
    /// <summary>Higher is better, as of accuracies, BLEU, F1 or R².</summary>
    Higher,

    /// <summary>Lower is better, as of losses, errors and bits.</summary>
    Lower,

    /// <summary>Not known. Only records of versions that did not store the goal hold it; with it nothing is selected and nothing called better.</summary>
    Undeclared,
}
