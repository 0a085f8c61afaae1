using System.Globalization;

namespace Dsd.Tests;

/// <summary>Runs code under another culture, such as one with a decimal comma.</summary>
internal static class Cultures
{
    /// <summary>Numbers are written 1.234,5 there.</summary>
    public const string Comma = "de-DE";

    public static T In<T>(string culture, Func<T> action)
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
            Assert.True(culture != Comma || 1.5.ToString(CultureInfo.CurrentCulture) == "1,5", "The culture de-DE is not installed; the test would prove nothing.");
            return action();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
