using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Dsd.Cli;

/// <summary>The formatting of a command line for a POSIX shell.</summary>
internal static partial class CommandText
{
    /// <summary>Formats a command that repeats a run, without its output folder and page.</summary>
    /// <param name="parsed">The parsed command line.</param>
    public static string Again(ParseResult parsed)
    {
        var words = new List<string> { "dsd" };
        var skipping = false;
        foreach (var token in parsed.Tokens)
        {
            if (token.Type == TokenType.Option)
            {
                skipping = token.Value is "--out" or "--force" or "--watch";
            }

            if (skipping)
            {
                continue;
            }

            var word = Word(token.Value);
            if (token.Type == TokenType.Argument && token.Value.StartsWith('-'))
            {
                // As a separate word it would be read as an option.
                words[^1] += $"={word}";
            }
            else
            {
                words.Add(word);
            }
        }

        return string.Join(' ', words);
    }

    /// <summary>Formats a word, quoted where the shell would read it otherwise.</summary>
    public static string Word(string word) => Plain().IsMatch(word) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    [GeneratedRegex("^[A-Za-z0-9_./:=,@%+-]+$")]
    private static partial Regex Plain();
}
