using System.CommandLine;
using Dsd.Data;
using Dsd.Records;
using Dsd.Schedules;

namespace Dsd.Cli;

/// <summary><c>dsd runs</c>: lists the runs and studies of a folder.</summary>
internal static class RunsCommand
{
    public static Command Create()
    {
        var folder = OptionOf.PathArgument("FOLDER", "The folder of runs, with their subfolders. Default: runs.");
        folder.Arity = ArgumentArity.ZeroOrOne;
        folder.DefaultValueFactory = _ => "runs";
        var network = Text("--model", "Only runs of this network.", "NAME");
        var data = Text("--data", "Only runs on this data set.", "NAME");
        var name = Text("--name", "Only runs whose name matches; * and ? are wildcards.", "GLOB");
        var state = new Option<RunState?>("--state")
        {
            Description = "Only runs in this state.",
            HelpName = string.Join('|', Json.Words<RunState>().Select(w => w.Word)),
            CustomParser = result =>
            {
                var word = result.Tokens[^1].Value;
                if (Json.Words<RunState>().Where(w => w.Word == word).Select(w => (RunState?)w.Value).FirstOrDefault() is { } one)
                {
                    return one;
                }

                result.AddError($"--state: there is no '{word}'; allowed are {string.Join(", ", Json.Words<RunState>().Select(w => w.Word))}.");
                return null;
            },
        };
        state.CompletionSources.Add([.. Json.Words<RunState>().Select(w => w.Word)]);
        var sort = OptionOf.Choice("--sort", "The order: age has the newest first, test and difference the highest first; runs without a value come last.", "age", "name", "model", "data", "state", "test", "difference");
        var reverse = new Option<bool>("--reverse") { Description = "Turn the order round." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object instead of a table." };
        var command = new Command("runs", "List the runs and studies of a folder: network, data, state, result, age.") { folder, network, data, name, state, sort, reverse, json }.WithHelp($"""
            Of a run, test has the first arm in the main metric, and difference the first arm less the last; of
            a study of one variant, the first arm's mean over the seeds, and the first arm less the second.

            {RunList.Fields}

            Examples:
              dsd runs
              dsd runs --model resnet-20 --sort difference
              dsd runs --state stopped          what can be continued, with dsd resume or dsd study run
              dsd runs archive --json

            """);
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(folder)!;
            var all = RunList.Read(path, new CatalogTrials(), parsed.GetValue(json));
            var shown = Sorted(
                all.Where(e => Is(e.Network, network) && Is(e.Data, data) && (parsed.GetValue(state) is not { } wanted || e.State == wanted) && (parsed.GetValue(name) is not { } glob || Glob.IsMatch(glob, e.Name))),
                parsed.GetValue(sort)!,
                parsed.GetValue(reverse)).ToList();
            if (parsed.GetValue(json))
            {
                Console.Out.Write(RunList.Json(path, shown) + "\n");
                return 0;
            }

            if (shown.Count > 0)
            {
                Console.Out.Write(RunList.Table(shown, DateTimeOffset.Now));
            }
            else
            {
                Say.Line(all.Count == 0 ? $"{path}: no runs here yet; 'dsd train' makes one." : $"{path}: none of its {all.Count} runs matches.");
            }

            shown.Where(e => e.Problem is not null).ToList().ForEach(e => Say.Line($"dsd: {e.Name}: {e.Problem}"));
            return 0;

            bool Is(string? value, Option<string?> option) => parsed.GetValue(option) is not { } wanted || value == wanted;
        });
        return command;
    }

    private static Option<string?> Text(string name, string description, string helpName) => OptionOf.Class(name, text => text, description, helpName);

    private static IEnumerable<RunListEntry> Sorted(IEnumerable<RunListEntry> entries, string key, bool isReversed)
    {
        var sorted = key switch
        {
            "name" => entries,
            "model" => entries.OrderBy(e => e.Network is null).ThenBy(e => e.Network, StringComparer.Ordinal),
            "data" => entries.OrderBy(e => e.Data is null).ThenBy(e => e.Data, StringComparer.Ordinal),
            "state" => entries.OrderBy(e => e.State),
            "test" => entries.OrderByDescending(e => e.Value ?? double.NegativeInfinity),
            "difference" => entries.OrderByDescending(e => e.Difference?.Value ?? double.NegativeInfinity),
            _ => entries.OrderByDescending(e => e.Started ?? DateTimeOffset.MinValue),
        };
        return isReversed ? sorted.Reverse() : sorted;
    }
}
