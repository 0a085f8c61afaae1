using System.CommandLine;
using Dsd.Charts;
using Dsd.Records;

namespace Dsd.Cli;

/// <summary><c>dsd report</c>: writes a run as one page, from its folder alone.</summary>
internal static class ReportCommand
{
    /// <summary>The endings of what runs and studies keep, which no report replaces.</summary>
    private static readonly string[] s_records = [".json", ".jsonl", ".safetensors", ".gz", ".csv"];

    public static Command Create()
    {
        var run = OptionOf.PathArgument("RUN", "The folder of a run, such as runs/NAME; an incomplete run is reported as far as it got.");
        var markdown = new Option<bool>("--markdown") { Description = "Write Markdown, for a paper's appendix: the same tables without charts." };
        var output = OptionOf.Path("--out", "The file to write; an existing one is replaced. Default: report.html or report.md in RUN.", "FILE");
        var pictures = ReportPictures.Create();
        var json = new Option<bool>("--json") { Description = "Write no page; print one JSON object." };
        var command = new Command("report", "Write a run as one page that works offline: results, plan, curves, weights, settings.") { run, markdown, output, pictures, json }.WithHelp($$"""
            The page holds its charts and the library that draws them (4 MB); no network is needed. The
            path of each written file is printed.

            {{ReportPictures.Help}}

            --json prints {"name", "folder", "version", "settings", "metric", "complete", "arms": [{name, outcome,
            message, validation, test}], "differences"}, of runs of every version, with intervals over examples.

            Examples:
              dsd report runs/lenet-5-fashion-mnist-20261124-101500
              dsd report runs/half --out half.html
              dsd report runs/half --markdown
              dsd report runs/half --pictures svg
              dsd report runs/half --json

            """);
        command.SetAction(parsed =>
        {
            var folder = parsed.GetValue(run)!;
            StudyCommand.CheckIsRun(folder, "report");
            var comparison = Comparison.Load(folder);
            if (parsed.GetValue(json) && parsed.IsGiven(pictures))
            {
                throw new DsdException("--json writes no files, so it cannot be given with --pictures; leave one of them out.");
            }

            if (parsed.GetValue(json))
            {
                Console.Out.Write(ResultJson.OfRun(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))), folder, comparison).ToJsonString(Json.Indented) + "\n");
                return 0;
            }

            var asMarkdown = parsed.GetValue(markdown);
            var path = parsed.GetValue(output) ?? Path.Combine(folder, asMarkdown ? "report.md" : "report.html");
            var made = RunFolder.CommandOf(folder);
            var text = asMarkdown ? Report.Markdown(comparison, made) : Report.Html(comparison, made);
            var drawn = ReportPictures.Write(parsed.GetValue(pictures), Path.GetDirectoryName(path) ?? "", (to, format) => Picture.SaveAll(Report.Pictures(comparison), to, format));
            Write(path, text);
            foreach (var written in drawn.Prepend(path))
            {
                Console.Out.WriteLine(written);
            }

            return 0;
        });
        return command;
    }

    /// <summary>Writes a page or text to a file that a user named.</summary>
    /// <exception cref="DsdException">It is a folder, or cannot be written.</exception>
    public static void Write(string path, string text)
    {
        if (Directory.Exists(path))
        {
            throw new DsdException($"--out {path}: this is a folder; give the name of a file.");
        }

        var target = Export.target(path);
        if (File.Exists(target) && s_records.Contains(Path.GetExtension(target)))
        {
            throw new DsdException($"--out {path}: this file exists and is no report, by its name; a report does not replace it. Give another name, such as report.html.");
        }

        try
        {
            AtomicFile.WriteText(target, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))) ? e.Message.TrimEnd('.') : "there is no such folder";
            throw new DsdException($"{path}: the report cannot be written there ({reason}). Name another place with --out.", e);
        }
    }
}
