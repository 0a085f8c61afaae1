using System.Diagnostics;
using System.Globalization;

namespace Dsd.DeviceChecks;

/// <summary>All selected stages, one after the other, and the table at the end.</summary>
/// <param name="options">The choices.</param>
internal sealed class CheckRun(CheckOptions options)
{
    private const double UsualMinutes = 10;

    // A quick stage has little to do, but perhaps no processor to itself.
    private const int LeastQuickSeconds = 120;
    private const int LeastSeconds = 5;

    public int Run()
    {
        var (clock, total, results) = (Stopwatch.StartNew(), TimeSpan.FromMinutes(options.Minutes), new List<StageFile>());
        Console.WriteLine($"Dsd on {options.Device}{(options.Quick ? ", quick: times say nothing" : "")}; results in {options.Folder}");
        foreach (var stage in options.Stages)
        {
            Console.WriteLine($"\n{stage.Name}: {stage.Summary}");
            var limit = Smaller(Limit(stage), total - clock.Elapsed);
            var result = limit > TimeSpan.FromSeconds(1) ? StageProcess.Run(stage, options, limit) : Skipped(stage);
            results.Add(result);
            Console.WriteLine(Line(result));
        }

        var width = results.Max(r => r.Stage.Length);
        Console.WriteLine($"\n{"stage".PadRight(width)}  result   seconds");
        results.ForEach(r => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{r.Stage.PadRight(width)}  {Word(r.Status),-7} {r.Seconds,8:0.0}{(r.Reason is null ? "" : $"  {r.Reason.Split('\n')[0]}")}")));
        return results.Exists(r => r.Status == StageStatus.Failed) ? 1 : 0;
    }

    private static TimeSpan Smaller(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static string Line(StageFile result) => string.Create(CultureInfo.InvariantCulture, $"{result.Stage}: {Word(result.Status)} after {result.Seconds:0.0} s{(result.Reason is null ? "" : $": {result.Reason}")}");

    private static string Word(StageStatus status) => status.ToString().ToLowerInvariant();

    private TimeSpan Limit(IStage stage) => TimeSpan.FromSeconds(Math.Max(options.Quick ? LeastQuickSeconds : LeastSeconds, stage.LimitSeconds * options.Minutes / UsualMinutes));

    private StageFile Skipped(IStage stage)
    {
        var file = new StageFile(stage.Name, options.Device, options.Quick, StageStatus.Skipped, 0, string.Create(CultureInfo.InvariantCulture, $"no time was left of {options.Minutes} minutes"), []);
        file.Write(options.Folder);
        return file;
    }
}
