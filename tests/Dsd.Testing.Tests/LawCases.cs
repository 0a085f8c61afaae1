namespace Dsd.Testing.Tests;

/// <summary>The number of cases of laws in these tests: few, or as many as the variable DSD_LAW_CASES says.</summary>
internal static class LawCases
{
    public static LawOptions Options(int usual, long seed = 1) =>
        new(int.TryParse(Environment.GetEnvironmentVariable("DSD_LAW_CASES"), out var cases) ? cases : usual, seed);
}
