using Dsd.Plans;

namespace Dsd.Studies;

/// <summary>A study cannot be carried out; all the reasons are listed.</summary>
[TypeFormatterSource]
public sealed class StudyException : DsdException
{
    /// <summary>Creates the error.</summary>
    /// <param name="issues">Every issue found, at least one.</param>
    public StudyException(ValueList<PlanIssue> issues)
        : base(PlanIssue.Tell("The study cannot be carried out", issues)) => Issues = issues;

    /// <summary>Every issue found.</summary>
    public ValueList<PlanIssue> Issues { get; }
}
