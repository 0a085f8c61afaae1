using Dsd.Plans;

namespace Dsd.Studies;

/// <summary>The exception for a study that cannot be carried out; it lists all issues.</summary>
[TypeFormatterSource]
public sealed class StudyException : DsdException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="issues">Every issue found, at least one.</param>
    public StudyException(ValueList<PlanIssue> issues)
        : base(PlanIssue.Tell("The study cannot be carried out", issues)) => Issues = issues;

    /// <summary>All issues found.</summary>
    public ValueList<PlanIssue> Issues { get; }
}
