using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Dsd.Cli;

/// <summary>A command line as text that a POSIX shell reads as the same words again.</summary>
internal static partial class CommandText
{
    /// <summary>The words of a command that runs the same again: without where the last run was put.</summary>
    /// <param name="parsed">The command as it was given.</param>
    public static string Again(ParseResult parsed)
    {
        var words = new List<string> { "dsd" };
        var skipping = false;
        foreach (var token in parsed.Tokens)
        {
            if (token.Type == TokenType.Option)
            {
                skipping = token.Value is "--out" or "--force";
            }

            if (skipping)
            {
                continue;
            }

            var word = Plain().IsMatch(token.Value) ? token.Value : $"'{token.Value.Replace("'", "'\\''", StringComparison.Ordinal)}'";
            if (token.Type == TokenType.Argument && token.Value.StartsWith('-'))
            {
                // Alone it would be read as an option of its own.
                words[^1] += $"={word}";
            }
            else
            {
                words.Add(word);
            }
        }

        return string.Join(' ', words);
    }

    [GeneratedRegex("^[A-Za-z0-9_./:=,@%+-]+$")]
    private static partial Regex Plain();
}
