using System.Text;
using System.Text.Json;
using Dsd.Schedules;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Records;

/// <summary>The summary of a run: what it trains, its state, and its last measurements, read from both ends of its event logs alone.</summary>
/// <remarks>A log can have many megabytes; a list of thousands of runs reads some kilobytes of each.</remarks>
/// <param name="Path">The folder.</param>
/// <param name="State">The state.</param>
/// <param name="Arms">The arms in the order in which they started: each with its start, its end if it has one, and its last measurement on validation and on test, without phases.</param>
/// <param name="Step">The last step that the record of any arm names.</param>
/// <param name="Problem">The reason why it cannot be read; null if it can.</param>
internal sealed record RunSummary(string Path, RunState State, ValueList<RunRecord> Arms, long Step, string? Problem)
{
    private const int FirstWindow = 1 << 16;
    private const int LargestWindow = 1 << 24;

    /// <summary>The main metric.</summary>
    public Metric Metric => Metric.MainOf(Arms);

    /// <summary>The event at the start of the first arm; null before it started.</summary>
    public RunStarted? Start => Arms.Select(a => a.Start).FirstOrDefault(s => s is not null);

    /// <summary>The difference of the first arm from the last in the main metric on test, with its interval over examples; null if there is none.</summary>
    public ArmDifference? Difference() => Arms.Count > 1 ? ArmDifference.Of(Arms[0], Arms[^1], Metric) : null;

    /// <summary>Reads the summary of a run; null if the folder holds none.</summary>
    /// <param name="folder">The folder.</param>
    public static RunSummary? Read(string folder)
    {
        try
        {
            var arms = RunFiles.Arms(folder);
            if (arms.Count == 0)
            {
                return null;
            }

            var ends = arms.Select(arm => Ends(System.IO.Path.Combine(arm, RunReader.EventsFile)))
                .OrderBy(e => e.Record.Start?.Time ?? DateTimeOffset.MaxValue)
                .ToList();
            var begun = ends.Where(e => e.Record.Start is not null).Select(e => e.Record).ToValueList();
            var isComplete = ends.TrueForAll(e => e.Record.End?.Outcome == RunOutcome.Completed);
            var state = isComplete ? RunState.Complete
                : RunLock.IsHeld(folder) ? RunState.Running
                : ends.Exists(e => e.Record.End?.Outcome == RunOutcome.Failed) ? RunState.Failed
                : RunState.Stopped;
            return new(folder, state, begun, ends.Max(e => e.Step), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DsdException or JsonException or JsonFormatException)
        {
            return new(folder, RunState.Damaged, [], 0, e.Message.Split('\n')[0]);
        }
    }

    /// <summary>Reads the first event of a log, and from its end backwards the last ones up to a measurement on validation.</summary>
    private static (RunRecord Record, long Step) Ends(string log)
    {
        using var file = InputFile.Open(log);
        if (FirstLine(file) is not { } first)
        {
            return (RunRecord.Empty, 0);
        }

        var record = RunRecord.Empty.Apply(EventLog.FromLine(first) is RunStarted start ? start : throw new DsdException($"{log}: its first event is not the start of a run."));
        for (var window = FirstWindow; ; window *= 4)
        {
            var (last, isWhole) = Last(file, window);
            var measured = last.OfType<Evaluated>().ToList();
            if (isWhole || window >= LargestWindow || measured.Exists(e => e.Split == DataSplit.Validation))
            {
                var step = last.Select(StepOf).DefaultIfEmpty(0).Max();
                return (record with
                {
                    Evaluations = new[] { DataSplit.Validation, DataSplit.Test }.Select(split => measured.FindLast(e => e.Split == split)).OfType<Evaluated>().ToValueList(),
                    End = last.Count > 0 ? last[^1] as RunEnded : null,
                }, step);
            }
        }
    }

    private static long StepOf(TrainingEvent happened) => happened switch
    {
        StepSampled e => e.Step,
        Evaluated e => e.Step,
        PhaseStarted e => e.Step,
        RunEnded e => e.Step,
        _ => 0,
    };

    private static string? FirstLine(FileStream file)
    {
        var line = new MemoryStream();
        Span<byte> part = stackalloc byte[4096];
        file.Position = 0;
        for (int read; (read = file.Read(part)) > 0 && line.Length <= LargestWindow;)
        {
            var end = part[..read].IndexOf((byte)'\n');
            line.Write(end >= 0 ? part[..end] : part[..read]);
            if (end >= 0)
            {
                return Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length);
            }
        }

        return null;
    }

    /// <summary>Reads the complete events that start within the last bytes of a log, without masks and the ends of phases, which are long.</summary>
    private static (List<TrainingEvent> Events, bool IsWhole) Last(FileStream file, int bytes)
    {
        var from = Math.Max(0, file.Length - bytes);
        var text = new byte[file.Length - from];
        file.Position = from;
        var count = file.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
        var lines = Encoding.UTF8.GetString(text, 0, count).Split('\n');

        // The first line has lost its beginning, or is the start of the run; the last one is incomplete or empty.
        return ([.. lines.Skip(1).SkipLast(1).Where(IsShort).Select(EventLog.FromLine)], from == 0);

        static bool IsShort(string line) => !line.StartsWith("{\"event\":\"phaseEnded\"", StringComparison.Ordinal) && !line.StartsWith("{\"event\":\"maskComputed\"", StringComparison.Ordinal);
    }
}
