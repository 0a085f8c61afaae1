namespace Dsd.Schedules;

/// <summary>A norm that ranks units of several weights, such as blocks, rows or channels, by the scores of their weights.</summary>
/// <remarks>Scores below 0 count with their sign, so that a higher score never lowers the rank of its unit; for magnitudes these are the norms themselves.</remarks>
public enum UnitNorm
{
    /// <summary>The sum of the scores.</summary>
    L1,

    /// <summary>The square root of the sum of the squared scores.</summary>
    L2,

    /// <summary>The highest score.</summary>
    LInfinity,
}
