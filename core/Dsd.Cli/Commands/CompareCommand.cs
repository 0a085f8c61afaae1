using System.CommandLine;
using System.Text.Json.Nodes;
using Dsd.Charts;
using Dsd.Data;
using Dsd.Records;
using Dsd.Studies;

namespace Dsd.Cli;

/// <summary><c>dsd compare</c>: shows several runs, or two studies, side by side.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var runs = OptionOf.PathArguments("RUN", "The folders of two runs or more, such as runs/A runs/B; or of two studies.");
        var output = OptionOf.Path("--out", "Write a page with the tables and the learning curves over each other to this file; an existing one is replaced.", "FILE");
        var json = new Option<bool>("--json") { Description = "Print one JSON object instead of text." };
        var command = new Command("compare", "Compare runs: the settings in which they differ, results, differences, curves.") { runs, output, json }.WithHelp("""
            Differences are of arms of the same name. Runs of the same settings but for the seed are repetitions:
            if two settings were run with the same seeds, they are compared seed by seed, with intervals over
            seeds; otherwise each run is compared with the first, with intervals over test examples.

            --json prints {"metric", "runs" (each as 'dsd report --json' prints it), "differing" (settings),
            "differences": [{first, other, value, low, high, intervalOver: seeds or examples, seeds, verdict}]}.

            Examples:
              dsd compare runs/half runs/most
              dsd compare runs/half runs/most --out compared.html
              dsd compare runs/half-*  runs/most-*        with seeds: paired
              dsd compare runs/plain-study runs/augmented-study

            """);
        command.SetAction(parsed =>
        {
            var folders = parsed.GetValue(runs)!.ToList();
            var studies = folders.Where(StudyFolder.IsThere).ToList();
            if (studies.Count > 0)
            {
                return OfStudies(folders, studies, parsed.IsGiven(output) || parsed.GetValue(json));
            }

            var set = RunSet.Load(folders);
            if (parsed.GetValue(output) is { } page)
            {
                ReportCommand.Write(page, Report.Html(set));
            }

            Console.Out.Write(parsed.GetValue(json) ? AsJson(set, folders) + "\n" : set.Describe());
            if (parsed.GetValue(output) is { } written)
            {
                Say.Line($"Page: {written}");
            }

            return 0;
        });
        return command;
    }

    private static int OfStudies(List<string> folders, List<string> studies, bool hasOptions)
    {
        if (folders.Count != 2 || studies.Count != 2)
        {
            throw new DsdException($"{string.Join(", ", studies)}: {(studies.Count == 1 ? "this is a study" : "these are studies")}; studies are compared two at a time, and not with runs.");
        }

        if (hasOptions)
        {
            throw new DsdException("--out and --json are for runs; of a study, 'dsd study report' writes the page and 'dsd study status --json' the numbers.");
        }

        Console.Out.Write(StudyResults.Read(studies[0], new CatalogTrials()).CompareWith(StudyResults.Read(studies[1], new CatalogTrials())));
        return 0;
    }

    private static string AsJson(RunSet set, List<string> folders)
    {
        var settings = set.Settings();
        return new JsonObject
        {
            ["metric"] = ResultJson.Declaration(set.Metric),
            ["runs"] = new JsonArray([.. set.Runs.Zip(folders).Select(r => ResultJson.OfRun(r.First.Name, r.Second, r.First.Run))]),
            ["differing"] = new JsonArray([.. settings.Rows.Select(row => JsonValue.Create(row[0]))]),
            ["differences"] = new JsonArray([.. set.Differences().Select(d => new JsonObject
            {
                ["first"] = d.First,
                ["other"] = d.Other,
                ["value"] = d.Value,
                ["low"] = d.Interval?.Low,
                ["high"] = d.Interval?.High,
                ["intervalOver"] = d.Interval is null ? null : d.IsOverSeeds ? "seeds" : "examples",
                ["seeds"] = d.Seeds,
                ["verdict"] = d.AllowsVerdict,
            })]),
        }.ToJsonString(Json.Indented);
    }
}
