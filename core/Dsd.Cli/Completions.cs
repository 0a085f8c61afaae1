using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Invocation;
using Dsd.Data;
using Dsd.Models;

namespace Dsd.Cli;

/// <summary>Answers a shell that asks how a command line can go on: <c>dsd "[suggest:POSITION]" "LINE"</c>.</summary>
/// <remarks>Names come from the catalogues, which load no native library, so that an answer takes less than a tenth of a second.</remarks>
internal static class Completions
{
    // Help by other names: right to type, but no use in a list.
    private static readonly string[] s_notOffered = ["-?", "/?", "-h", "/h"];

    /// <summary>The names of all networks.</summary>
    public static IEnumerable<string> Models() => ModelCatalog.All.Select(m => m.Name);

    /// <summary>The names of all data sets.</summary>
    public static IEnumerable<string> Data() => DataCatalog.All.Select(d => d.Name);

    /// <summary>The layers of a network whose weights can be pruned, or none where there is no network of that name.</summary>
    public static IEnumerable<string> Layers(string? model) => ModelCatalog.All.FirstOrDefault(m => m.Name == model) is { } entry
        && DataCatalog.All.FirstOrDefault(d => d.Kind == entry.Kind) is { } data
        ? entry.Shape(data.Inputs, data.Classes).Parameters.Where(p => p is { IsBias: false, SharedWith: null, Kind: not Schedules.LayerKind.Norm }).Select(p => p.Layer).Distinct()
        : [];

    /// <summary>Makes a command answer.</summary>
    public static void Install(RootCommand root) => root.Directives.OfType<SuggestDirective>().Single().Action = new Suggest(root);

    /// <summary>How a line can go on, one candidate for the word at its end each.</summary>
    /// <param name="root">The command that the line calls.</param>
    /// <param name="line">The line up to the cursor.</param>
    internal static IEnumerable<string> Of(RootCommand root, string line)
    {
        // The library does not complete what follows '=': it is asked as if a space stood there.
        var word = line[(line.LastIndexOf(' ') + 1)..];
        var equals = word.StartsWith("--", StringComparison.Ordinal) ? word.IndexOf('=', StringComparison.Ordinal) : -1;
        var (prefix, asked) = equals < 0 ? ("", line) : (word[..(equals + 1)], $"{line[..(line.Length - word.Length + equals)]} {word[(equals + 1)..]}");
        var typed = word[prefix.Length..];
        return root.Parse(asked, new ParserConfiguration { ResponseFileTokenReplacer = null })
            .GetCompletions(asked.Length)
            .Select(c => c.InsertText ?? c.Label)
            .Where(c => c.StartsWith(typed, StringComparison.Ordinal) && !s_notOffered.Contains(c) && (prefix.Length == 0 || !c.StartsWith('-')))
            .Select(c => prefix + c)
            .Distinct();
    }

    private sealed class Suggest(RootCommand root) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var line = parseResult.Tokens.LastOrDefault(t => t.Type != System.CommandLine.Parsing.TokenType.Directive)?.Value ?? "";
            var asked = parseResult.GetResult(root.Directives.OfType<SuggestDirective>().Single())?.Values is [var first, ..] ? first : null;
            var end = int.TryParse(asked, out var position) ? Math.Clamp(position, 0, line.Length) : line.Length;
            foreach (var candidate in Of(root, line[..end]))
            {
                parseResult.InvocationConfiguration.Output.WriteLine(candidate);
            }

            return 0;
        }
    }
}
