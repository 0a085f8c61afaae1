using System.CommandLine;
using System.Globalization;
using Dsd.Charts;
using Dsd.Data;
using Dsd.Statistics;
using Dsd.Studies;

namespace Dsd.Cli;

/// <summary><c>dsd study</c>: plans, runs and reports many trials with seeds and controls.</summary>
internal static class StudyCommand
{
    private const long Automatic = -1;

    public static Command Create() => new Command("study", "Compare schedules over many seeds with fair controls: plan, run, report.")
    {
        StudyPlanCommand.Create(),
        StudyRunCommand.Create(),
        StudyWorkCommand.Create(),
        CreateStatus(),
        CreateReport(),
        CreateCompare(),
    }.WithHelp("""
        A study is a file in JSON: variants × arms × seeds. See 'dsd study plan --help' for an example.

        Examples:
          dsd study plan sparsity.json          what it will train, its cost and its power
          dsd study run sparsity.json           trains, in runs/NAME; run it again to resume
          dsd study report runs/NAME            tables, pictures, statistics, CSV
          dsd study compare runs/A runs/B       two studies side by side

        """);

    public static Argument<string> StudyArgument() => OptionOf.PathArgument("STUDY", StudyInput.Explanation);

    private static Command CreateStatus()
    {
        var input = OptionOf.PathArgument("DIR", "The folder of a study.");
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("status", "Show the progress of a study and its results so far.") { input, json }.WithHelp("""
            Examples:
              dsd study status runs/sparsity

            """);
        command.SetAction(parsed =>
        {
            var results = Read(parsed.GetValue(input)!);
            Console.Out.Write(parsed.GetValue(json) ? StudyPreview.OfResults(results, parsed.GetValue(input)!) + "\n" : results.Describe());
            return 0;
        });
        return command;
    }

    private static Command CreateReport()
    {
        var input = OptionOf.PathArgument("DIR", "The folder of a study; an incomplete study is reported as far as it got.");
        var output = OptionOf.Path("--out", "The folder to write to. Default: the study's.", "DIR");
        var pictures = ReportPictures.Create();
        var command = new Command("report", "Write a study as an offline page, as Markdown, and as CSV.") { input, output, pictures }.WithHelp($"""
            Writes report.html, report.md and trials.csv, and prints their paths. The page holds its charts
            and the library that draws them (4 MB); no network is needed.

            {ReportPictures.Help}

            Examples:
              dsd study report runs/sparsity
              dsd study report runs/sparsity --pictures svg

            """);
        command.SetAction(parsed =>
        {
            var folder = parsed.GetValue(input)!;
            var results = Read(folder);
            var target = parsed.GetValue(output) ?? folder;
            var drawn = ReportPictures.Write(parsed.GetValue(pictures), target, (to, format) => Picture.SaveAll(StudyReport.Pictures(results), to, format));
            try
            {
                Directory.CreateDirectory(target);
                foreach (var (name, text) in new[] { ("report.html", StudyReport.Html(results)), ("report.md", StudyReport.Markdown(results)), ("trials.csv", results.ToCsv()) })
                {
                    var path = Path.Combine(target, name);
                    AtomicFile.WriteText(path, text);
                    Console.Out.WriteLine(path);
                }

                foreach (var path in drawn)
                {
                    Console.Out.WriteLine(path);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new DsdException($"{target}: the report cannot be written there ({e.Message.TrimEnd('.')}). Name another folder with --out.", e);
            }

            return 0;
        });
        return command;
    }

    private static Command CreateCompare()
    {
        var first = OptionOf.PathArgument("A", "The folder of a study.");
        var second = OptionOf.PathArgument("B", "The folder of another study.");
        var command = new Command("compare", "Compare two studies side by side: the same differences in both.") { first, second }.WithHelp("""
            Examples:
              dsd study compare runs/plain runs/augmented

            """);
        command.SetAction(parsed =>
        {
            var (one, other) = (parsed.GetValue(first)!, parsed.GetValue(second)!);
            var results = Read(one);
            if (Path.GetFullPath(one) == Path.GetFullPath(other))
            {
                throw new DsdException($"{one}: this is the same study twice; give two.");
            }

            Console.Out.Write(results.CompareWith(Read(other)));
            return 0;
        });
        return command;
    }

    /// <summary>Rejects a study where a run is wanted, and names the command that is for studies.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="command">The subcommand of 'dsd study'.</param>
    /// <exception cref="DsdException">It is a study.</exception>
    public static void CheckIsRun(string folder, string command)
    {
        if (StudyFolder.IsThere(folder))
        {
            throw new DsdException($"{folder}: this is a study, and a run is wanted here. Of a study: dsd study {command} {CommandText.Word(folder)}");
        }
    }

    private static StudyResults Read(string path) => StudyResults.Read(path, new CatalogTrials());

    public static Option<long?> WorkersOption() => OptionOf.Whole("--workers", "Worker processes, at most one for each block of trials. Default: the number of cores divided by the threads of a trial; on GPUs one for each.", 1, 10_000);

    public static Option<long?> SeedsAtOnceOption()
    {
        var option = OptionOf.Struct<long>("--seeds-at-once", Parse, "Seeds of one network that a worker trains at once; 0 and 1: one after another. Default: auto, which is as many as fit on a GPU, and one after another on the CPU.", "auto|N");
        option.CompletionSources.Add("auto");
        return option;

        static long Parse(string text) => text == "auto" ? Automatic
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= Study.MaxSeeds ? value
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"'{text}' cannot be used: give auto, or a whole number from 0 to {Study.MaxSeeds}."));
    }

    /// <summary>Gets the number of seeds to train at once; null for auto.</summary>
    public static int? SeedsAtOnce(ParseResult parsed, Option<long?> option) => parsed.GetValue(option) is { } value and not Automatic ? (int)value : null;

    public static Option<string> DeviceOption() => OptionOf.Device("as in the study, else cpu", "Device to compute on; auto uses GPUs if there are any.");
}
