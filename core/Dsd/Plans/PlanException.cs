namespace Dsd.Plans;

/// <summary>The exception for a schedule that cannot be carried out on a network; it lists all issues.</summary>
[TypeFormatterSource]
public sealed class PlanException : DsdException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="issues">Every issue found, at least one.</param>
    public PlanException(ValueList<PlanIssue> issues)
        : base(PlanIssue.Tell("The schedule does not fit the network", issues)) => Issues = issues;

    /// <summary>All issues found.</summary>
    public ValueList<PlanIssue> Issues { get; }
}
