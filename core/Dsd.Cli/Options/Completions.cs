using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Invocation;
using Dsd.Data;
using Dsd.Models;

namespace Dsd.Cli;

/// <summary>Completes a command line for a shell: <c>dsd "[suggest:POSITION]" "LINE"</c>.</summary>
/// <remarks>Names come from the catalogues, which load no native library, so that an answer takes less than 100 ms.</remarks>
internal static class Completions
{
    // Aliases of --help: valid, but not worth listing.
    private static readonly string[] s_notOffered = ["-?", "/?", "-h", "/h"];

    /// <summary>The names of all networks.</summary>
    public static IEnumerable<string> Models() => ModelCatalog.All.Select(m => m.Name);

    /// <summary>The names of all data sets.</summary>
    public static IEnumerable<string> Data() => DataCatalog.All.Select(d => d.Name);

    /// <summary>Lists the layers of a network whose weights can be pruned; none if there is no network of that name.</summary>
    public static IEnumerable<string> Layers(string? model) => ModelCatalog.All.FirstOrDefault(m => m.Name == model) is { } entry
        && DataCatalog.All.FirstOrDefault(d => d.Kind == entry.Kind) is { } data
        ? entry.Shape(data.Inputs, data.Classes).Parameters.Where(p => p is { IsBias: false, SharedWith: null, Kind: not Schedules.LayerKind.Norm }).Select(p => p.Layer).Distinct()
        : [];

    /// <summary>Installs the completion on a command.</summary>
    public static void Install(RootCommand root) => root.Directives.OfType<SuggestDirective>().Single().Action = new Suggest(root);

    /// <summary>Lists the candidates for the word at the end of a line.</summary>
    /// <remarks>
    /// System.CommandLine's own completion reads a second word after a repeatable option as another value of it, and fails on a value after
    /// '='. Here only the word that follows an option is its value; everything else belongs to the command.
    /// </remarks>
    /// <param name="root">The command that the line calls.</param>
    /// <param name="line">The line up to the cursor.</param>
    internal static IEnumerable<string> Of(RootCommand root, string line)
    {
        var word = line[(line.LastIndexOf(' ') + 1)..];
        if (word.Length == line.Length)
        {
            // The name of the program itself.
            return [];
        }

        var before = line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..^word.Length];
        var parsed = root.Parse(before, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var command = parsed.CommandResult.Command;
        if (command.Subcommands.Count > 0 && parsed.UnmatchedTokens.Count > 0)
        {
            // An unknown command.
            return [];
        }

        var equals = word.StartsWith("--", StringComparison.Ordinal) ? word.IndexOf('=', StringComparison.Ordinal) : -1;
        var prefix = word[..(equals + 1)];
        var typed = word[prefix.Length..];
        var asked = equals < 0 ? before.TrimEnd()[(before.TrimEnd().LastIndexOf(' ') + 1)..] : word[..equals];
        var option = command.Options.FirstOrDefault(o => o.Name == asked && o.ValueType != typeof(bool) && o.ValueType != typeof(bool?));
        IEnumerable<CompletionItem> items = option is not null ? option.GetCompletions(parsed.GetCompletionContext())
            : equals < 0 ? command.GetCompletions(parsed.GetCompletionContext())
            : [];

        // Where an argument is possible, such as a path, options are offered once a hyphen is typed.
        var hidesOptions = option is null && command.Arguments.Count > 0 && !typed.StartsWith('-');
        return items
            .Select(c => c.InsertText ?? c.Label)
            .Where(c => c.StartsWith(typed, StringComparison.Ordinal) && !s_notOffered.Contains(c) && !(hidesOptions && c.StartsWith('-')))
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
