using System.Buffers;
using System.Text;
using System.Text.Json;
using Dsd.Schedules;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Records;

/// <summary>The summary of a run: what it trains, its state, and its last measurements, read from both ends of its event logs alone.</summary>
/// <remarks>A log can have many megabytes; a list of thousands of runs reads some kilobytes of each.</remarks>
/// <param name="Path">The folder.</param>
/// <param name="State">The state.</param>
/// <param name="Arms">The arms that have begun, in their order: each with its start, its end if it has one, and its last measurement on validation and on test, without phases.</param>
/// <param name="Step">The last step that the record of any arm names.</param>
/// <param name="First">The name of the first arm, whether it has begun or not; null if unknown.</param>
/// <param name="Problem">The reason why it cannot be read; null if it can.</param>
internal sealed record RunSummary(string Path, RunState State, ValueList<RunRecord> Arms, long Step, string? First, string? Problem)
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
    /// <param name="isWhole">False to leave out the measurement on validation and the outcomes of examples, and so intervals, which takes a fraction of the time. Default true.</param>
    public static RunSummary? Read(string folder, bool isWhole = true)
    {
        try
        {
            var arms = RunFiles.Arms(folder);
            var names = RunFiles.TryReadArmNames(folder, out var problem);

            // A name that is a path leads out of the folder.
            if (names.Where(n => n == System.IO.Path.GetFileName(n)).Select(n => RunFiles.Events(folder, n)).FirstOrDefault(log => File.Exists(log) && !RunFiles.BeginsRun(log)) is { } foreign)
            {
                problem = $"{foreign}: its first event is not the start of a run.";
            }

            if (arms.Count == 0 && (names.Count == 0 || problem is null))
            {
                return null;
            }

            if (problem is not null)
            {
                return new(folder, RunState.Damaged, [], 0, null, problem);
            }

            var ends = RunFiles.InOrder(arms.Select(arm => (Name: System.IO.Path.GetFileName(arm), End: Ends(System.IO.Path.Combine(arm, RunReader.EventsFile), isWhole))), names, a => a.Name, a => a.End.Record)
                .Select(a => a.End)
                .ToList();
            var begun = ends.Where(e => e.Record.Start is not null).Select(e => e.Record).ToValueList();
            var isComplete = ends.TrueForAll(e => e.Record.End?.Outcome == RunOutcome.Completed) && names.TrueForAll(n => begun.Any(r => r.Arm == n));
            var state = isComplete ? RunState.Complete
                : RunLock.IsHeld(folder) ? RunState.Running
                : ends.Exists(e => e.Record.End?.Outcome == RunOutcome.Failed) ? RunState.Failed
                : RunState.Stopped;
            return new(folder, state, begun, ends.Max(e => e.Step), names.Count > 0 ? names[0] : begun.Count > 0 ? begun[0].Arm : null, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DsdException or JsonException or JsonFormatException)
        {
            return new(folder, RunState.Damaged, [], 0, null, e.Message.Split('\n')[0]);
        }
    }

    /// <summary>Reads the first event of a log, and from its end backwards the last step, and the last measurements on test and, if wanted, on validation.</summary>
    private static (RunRecord Record, long Step) Ends(string log, bool isWhole)
    {
        using var file = InputFile.Open(log);
        if (FirstLine(file) is not { } first)
        {
            return (RunRecord.Empty, 0);
        }

        var record = RunRecord.Empty.Apply(EventLog.FromLine(first) is RunStarted start ? start : throw new DsdException($"{log}: its first event is not the start of a run."));
        for (long window = FirstWindow; ; window *= 4)
        {
            // The log may grow, or be cut back, while it is read.
            var length = file.Length;
            var from = Math.Max(0, length - window);
            var count = (int)(length - from);
            var text = ArrayPool<byte>.Shared.Rent(count);
            try
            {
                if (Last(text.AsSpan(0, RandomAccess.Read(file.SafeFileHandle, text.AsSpan(0, count), from)), isWhole, out var measured, out var end, out var step) || from == 0 || window >= LargestWindow)
                {
                    return (record with { Evaluations = measured.OrderBy(e => e.Split).ToValueList(), End = end }, step);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(text);
            }
        }
    }

    /// <summary>Goes backwards through the complete lines within the last bytes of a log, of which the first one may be half a line.</summary>
    /// <returns>True if all that is looked for was found.</returns>
    private static bool Last(ReadOnlySpan<byte> text, bool isWhole, out List<Evaluated> measured, out RunEnded? end, out long step)
    {
        (measured, end, step) = ([], null, 0);
        var (isLast, knowsStep) = (true, false);
        for (text = text[..(text.LastIndexOf((byte)'\n') + 1)]; text.Length > 0;)
        {
            var begin = text[..^1].LastIndexOf((byte)'\n') + 1;
            if (begin == 0)
            {
                return false;
            }

            var line = text[begin..^1];
            text = text[..begin];
            if (line.StartsWith("{\"event\":\"evaluated\""u8))
            {
                var evaluated = (Evaluated)EventLog.FromLine(line, isWhole);
                (step, knowsStep) = (Math.Max(step, evaluated.Step), true);
                if (evaluated.Split != DataSplit.Train && !measured.Exists(m => m.Split == evaluated.Split))
                {
                    measured.Add(evaluated);
                }

                if (evaluated.Split == DataSplit.Validation)
                {
                    return true;
                }
            }
            else if (IsShort(line))
            {
                if (!knowsStep)
                {
                    var happened = EventLog.FromLine(line, withOutcomes: false);
                    (step, end) = (Math.Max(step, StepOf(happened)), isLast ? happened as RunEnded : end);
                    knowsStep = happened is StepSampled or PhaseStarted;
                }

                // The test split is read at the very end.
                if (!isWhole && knowsStep && !line.StartsWith("{\"event\":\"runEnded\""u8))
                {
                    return true;
                }
            }

            isLast = false;
        }

        return false;

        // Masks and the ends of phases are long.
        static bool IsShort(ReadOnlySpan<byte> line) => !line.StartsWith("{\"event\":\"phaseEnded\""u8) && !line.StartsWith("{\"event\":\"maskComputed\""u8);
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
}
