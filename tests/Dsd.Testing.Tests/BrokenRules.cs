namespace Dsd.Testing.Tests;

internal static class BrokenRules
{
    public static string Table() => "";
}
