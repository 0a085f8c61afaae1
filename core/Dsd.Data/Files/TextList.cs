using System.Globalization;

namespace Dsd.Data;

/// <summary>The formatting of lists of names in messages.</summary>
internal static class TextList
{
    private const int Most = 5;

    /// <summary>Lists the first five names, and the number of further ones.</summary>
    /// <param name="names">The names, in the order in which they are listed.</param>
    /// <param name="separator">The separator. Default: a comma.</param>
    /// <param name="more">The word after the number of further names.</param>
    public static string FirstFew(IReadOnlyCollection<string> names, string separator = ", ", string more = "more") =>
        string.Join(separator, names.Take(Most))
        + (names.Count > Most ? string.Create(CultureInfo.InvariantCulture, $"{separator.TrimEnd(' ', ',')} and {names.Count - Most:N0} {more}") : "");
}
