namespace Dsd.Plans;

/// <summary>A schedule cannot be carried out on a network; all the reasons are listed.</summary>
[TypeFormatterSource]
public sealed class PlanException : DsdException
{
    /// <summary>Creates the error.</summary>
    /// <param name="issues">Every issue found, at least one.</param>
    public PlanException(ValueList<PlanIssue> issues)
        : base(PlanIssue.Tell("The schedule does not fit the network", issues)) => Issues = issues;

    /// <summary>Every issue found.</summary>
    public ValueList<PlanIssue> Issues { get; }
}
