namespace Dsd.Plans;

/// <summary>An issue that prevents a schedule from being carried out on a network.</summary>
/// <param name="Code">A stable code, e.g. <c>"DSD002"</c>.</param>
/// <param name="Where">The phase, e.g. <c>"phase 2 'sparse'"</c>.</param>
/// <param name="Problem">The problem, what is allowed, and how to fix it.</param>
public sealed record PlanIssue(string Code, string Where, string Problem)
{
    internal const string UnknownDistribution = "DSD009";
    internal const string UnknownPattern = "DSD010";
    internal const string UnknownMasks = "DSD015";
    internal const string GivenMask = "DSD016";
    internal const string UnknownSnapshot = "DSD017";

    /// <summary>True if the schedule names a custom distribution, pattern or masks that was not passed to the plan.</summary>
    public bool IsUnknownMethod => Code is UnknownDistribution or UnknownPattern or UnknownMasks;

    /// <summary>Formats the issue in one line.</summary>
    public override string ToString() => $"{Code}: {Where}: {Problem}";

    /// <summary>Formats all issues after a sentence that states the problem.</summary>
    internal static string Tell(string problem, ValueList<PlanIssue> issues) => issues.Count == 1
        ? $"{problem}. {issues[0]}"
        : $"{problem}, for {FormattableString.Invariant($"{issues.Count}")} reasons:\n{string.Join('\n', issues.Select(i => $"  {i}"))}";
}
