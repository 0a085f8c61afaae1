namespace Dsd.Plans;

/// <summary>The exception for a schedule or a study that cannot be carried out; it lists all issues.</summary>
[TypeFormatterSource]
public sealed class PlanException : DsdException
{
    /// <summary>Creates the exception for a schedule.</summary>
    /// <param name="issues">Every issue found, at least one.</param>
    public PlanException(ValueList<PlanIssue> issues)
        : this("The schedule does not fit the network", issues)
    {
    }

    /// <summary>Creates the exception with a sentence before the issues.</summary>
    /// <param name="problem">The sentence, without its full stop.</param>
    /// <param name="issues">Every issue found, at least one.</param>
    internal PlanException(string problem, ValueList<PlanIssue> issues)
        : base(PlanIssue.Tell(problem, issues)) => (Problem, Issues) = (problem, issues);

    /// <summary>The sentence before the issues, without its full stop: <c>"The schedule does not fit the network"</c>, or <c>"The study cannot be carried out"</c>.</summary>
    public string Problem { get; }

    /// <summary>All issues found.</summary>
    public ValueList<PlanIssue> Issues { get; }
}
