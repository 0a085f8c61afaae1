namespace Dsd.Plans;

/// <summary>One reason why a schedule cannot be carried out on a network.</summary>
/// <param name="Code">A stable short name, e.g. <c>"DSD002"</c>.</param>
/// <param name="Where">The phase, e.g. <c>"phase 2 'sparse'"</c>.</param>
/// <param name="Problem">What is wrong, what is allowed, and how to mend it.</param>
public sealed record PlanIssue(string Code, string Where, string Problem)
{
    internal const string UnknownDistribution = "DSD009";
    internal const string UnknownPattern = "DSD010";

    /// <summary>The issue in one line.</summary>
    public override string ToString() => $"{Code}: {Where}: {Problem}";

    /// <summary>All issues under one sentence that says what they stand against.</summary>
    internal static string Tell(string problem, ValueList<PlanIssue> issues) => issues.Count == 1
        ? $"{problem}. {issues[0]}"
        : $"{problem}, for {FormattableString.Invariant($"{issues.Count}")} reasons:\n{string.Join('\n', issues.Select(i => $"  {i}"))}";
}
