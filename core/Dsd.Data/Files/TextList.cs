using System.Globalization;

namespace Dsd.Data;

/// <summary>Lists of names in messages.</summary>
internal static class TextList
{
    private const int Most = 5;

    /// <summary>The first five of some names, and how many more there are.</summary>
    /// <param name="names">The names, in the order in which they are listed.</param>
    /// <param name="separator">Stands between them. Default a comma.</param>
    /// <param name="more">The word behind the number of the others.</param>
    public static string FirstFew(IReadOnlyCollection<string> names, string separator = ", ", string more = "more") =>
        string.Join(separator, names.Take(Most))
        + (names.Count > Most ? string.Create(CultureInfo.InvariantCulture, $"{separator.TrimEnd(' ', ',')} and {names.Count - Most:N0} {more}") : "");
}
