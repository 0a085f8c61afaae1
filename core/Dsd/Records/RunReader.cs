using static Dsd.Records.TrainingEvent;

namespace Dsd.Records;

/// <summary>The reader of run folders, which hold <c>ARM/events.jsonl</c> for each arm.</summary>
internal static class RunReader
{
    /// <summary>The file name of an arm's event log.</summary>
    public const string EventsFile = "events.jsonl";

    private const int MostBins = 100_001;

    /// <summary>The largest number of examples that can be: sums of them over splits and kinds do not overflow.</summary>
    private const long MostExamples = 1L << 53;

    public static RunRecord Run(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var events = EventLog.Read(path);
        RunRecord record;
        try
        {
            record = RunRecord.Fold(events);
        }
        catch (InvalidOperationException e)
        {
            throw Damaged(path, "an event of a phase comes before the phase", e);
        }

        Check(path, record);
        return events.Count(e => e is RunStarted) <= 1 ? record : throw Damaged(path, "it starts twice", null);
    }

    public static Comparison Arms(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        if (!Directory.Exists(folder))
        {
            throw new DsdException($"{folder}: there is no such folder; give the folder of a run, such as runs/NAME.");
        }

        var logs = Directory.EnumerateDirectories(folder).Select(d => Path.Combine(d, EventsFile)).Where(File.Exists).ToList();
        if (logs.Count == 0)
        {
            throw new DsdException($"{folder}: the folder holds no run; each arm of a run has a folder there with its {EventsFile}.");
        }

        // One killed before its first event has no start.
        var runs = logs.Select(log => (Name: Path.GetFileName(Path.GetDirectoryName(log))!, Record: Run(log))).ToList();
        var begun = runs.Where(run => run.Record.Start is not null).ToList();
        return new Comparison(RunFiles.InOrder(begun.Count > 0 ? begun : runs, RunFiles.ArmNames(folder), run => run.Name, run => run.Record)
            .Select(run => run.Record)
            .ToValueList());
    }

    /// <summary>Checks that the events of a record are consistent.</summary>
    private static void Check(string path, RunRecord record)
    {
        if (record.Start is not { } start)
        {
            Require(record.Phases.Count == 0 && record.End is null && record.Evaluations.Count == 0, "its first event is not the start of a run");
            return;
        }

        Require(start.StepsPerEpoch >= 1, "an epoch has no step");
        Require(record.DataProblems.All(p => p.Count is >= 1 and <= MostExamples), "its data have a problem with no number of examples that can be");
        Require(record.Phases.Count <= start.Schedule.Phases.Count, "it has more phases than its schedule");
        var ends = record.Phases.Select(p => p.End).OfType<PhaseEnded>().ToList();
        foreach (var (phase, index) in record.Phases.Select((p, i) => (p, i)))
        {
            Require(phase.Start.Phase == index && phase.Start.Step >= 0 && phase.Start.Steps >= 1 && phase.Start.Steps <= long.MaxValue - phase.Start.Step, $"its phase '{phase.Start.Name}' is out of order");
            Require(phase.Start.Histograms.Concat(phase.End?.Histograms ?? []).All(IsWhole), $"a histogram of its phase '{phase.Start.Name}' is invalid");
            Require(phase.Masks.All(m => m.Unrecorded >= 0 && m.Layers.All(l => IsCount(l.Weights, m.Layers) && Within(l.Kept, l) && Within(l.NewlyPruned, l) && Within(l.Regrown, l))), $"a mask of its phase '{phase.Start.Name}' counts more weights than there are");
        }

        foreach (var end in ends)
        {
            Require(
                end.Layers.Select(l => l.Parameter).SequenceEqual(ends[0].Layers.Select(l => l.Parameter))
                && end.Layers.All(l => IsCount(l.Weights, end.Layers) && l.Kept >= 0 && l.Kept <= l.Weights && l.NonZero >= 0 && l.NonZero <= l.Weights)
                && end.Histograms.Select(h => h.Parameter).SequenceEqual(ends[0].Histograms.Select(h => h.Parameter)),
                "its phases end with layers that do not fit each other");
        }

        static bool Within(long count, LayerMask layer) => count >= 0 && count <= layer.Weights;

        void Require(bool holds, string problem)
        {
            if (!holds)
            {
                throw Damaged(path, problem, null);
            }
        }
    }

    /// <summary>True if a count of weights is valid and the sum over all layers does not overflow.</summary>
    private static bool IsCount<T>(long weights, ValueList<T> layers) => weights >= 0 && weights <= long.MaxValue / layers.Count;

    /// <summary>True if a histogram is valid: of 32-bit numbers, in bins around zero.</summary>
    private static bool IsWhole(WeightHistogram h) =>
        h.Range is 0 or (>= float.Epsilon and <= float.MaxValue) && h.Counts.Count is > 0 and <= MostBins && h.Counts.Count % 2 == 1
        && h.Counts.Append(h.Zeros).Append(h.NotFinite).All(c => c >= 0) && h.Counts.Append(h.Zeros).Append(h.NotFinite).Aggregate((Int128)0, (sum, c) => sum + c) <= long.MaxValue;

    private static DsdException Damaged(string path, string problem, Exception? inner) =>
        new($"{path}: not the record of a run: {problem}. The file is damaged or was changed by hand.", inner);
}
