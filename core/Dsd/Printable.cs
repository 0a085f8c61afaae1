using System.Globalization;
using System.Text;

namespace Dsd;

/// <summary>Text from files, names and errors, made fit for a terminal: what would control it is written out.</summary>
internal static class Printable
{
    /// <summary>Writes control characters other than line breaks and tabs, and those that reverse the direction of text, as <c>\u001b</c>.</summary>
    /// <param name="text">Any text.</param>
    public static string Of(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text;
        }

        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            // Alone, a carriage return lets what follows overwrite the line.
            var c = text[i];
            _ = Controls(c) || (c == '\r' && (i + 1 == text.Length || text[i + 1] != '\n')) ? plain.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : plain.Append(c);
        }

        return plain.ToString();
    }

    private static bool Controls(char c) => (char.IsControl(c) && c is not ('\n' or '\t' or '\r')) || c is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') or '\u061c';
}
