namespace Dsd.Tests.Shared;

/// <summary>The number of cases on which tests check laws: few, or as many as the variable DSD_LAW_CASES says.</summary>
public static class LawCases
{
    /// <summary>Returns the number.</summary>
    /// <param name="usual">The number without the variable.</param>
    public static int Count(int usual) => int.TryParse(Environment.GetEnvironmentVariable("DSD_LAW_CASES"), out var cases) ? cases : usual;
}
