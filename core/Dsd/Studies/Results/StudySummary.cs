using System.Text.Json;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Statistics;

namespace Dsd.Studies;

/// <summary>The summary of a study for a list: its state, its finished trials and, of one variant, its main difference, without the records of its trials.</summary>
/// <param name="Path">The folder.</param>
/// <param name="State">The state.</param>
/// <param name="Study">The study; null if it cannot be read.</param>
/// <param name="Time">The time at which the folder was last begun or judged.</param>
/// <param name="Done">The number of finished trials.</param>
/// <param name="Trials">The number of planned trials; null if it cannot be planned here.</param>
/// <param name="Problem">The reason why it cannot be read; null if it can.</param>
internal sealed record StudySummary(string Path, RunState State, Study? Study, DateTimeOffset Time, int Done, int? Trials, string? Problem)
{
    /// <summary>The main metric; null before the judgement, and of several variants.</summary>
    public Metric? Metric { get; private init; }

    /// <summary>The mean of the first arm over the seeds on test; null before the judgement, and of several variants.</summary>
    public double? Mean { get; private init; }

    /// <summary>The first arm less the second on test, seed by seed; null before the judgement, and of several variants.</summary>
    public PairedDifference? Difference { get; private init; }

    /// <summary>Reads the summary of a study; null if the folder holds none.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="source">The source of networks and data, to count the planned trials of a study that is not complete.</param>
    public static StudySummary? Read(string folder, IStudySource source)
    {
        if (!StudyFolder.IsThere(folder))
        {
            return null;
        }

        try
        {
            var opened = StudyFolder.Open(folder);
            var done = opened.CountDone();
            var trials = opened.IsJudged ? done : Planned(opened, source);
            var state = opened.IsJudged ? RunState.Complete : opened.IsAtWork() ? RunState.Running : RunState.Stopped;
            return new StudySummary(folder, state, opened.Study, opened.LastChange(), done, trials, null).WithDifference(opened);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DsdException or JsonException or JsonFormatException or InvalidOperationException or KeyNotFoundException)
        {
            return new(folder, RunState.Damaged, null, File.GetLastWriteTime(folder), 0, null, e.Message.Split('\n')[0]);
        }
    }

    private static int? Planned(StudyFolder folder, IStudySource source)
    {
        try
        {
            return StudyPlan.OfRecord(folder.Study, new RecordedTrials(folder, source)).Trials.Count();
        }
        catch (DsdException)
        {
            // A network or data set of a program's own.
            return null;
        }
    }

    private StudySummary WithDifference(StudyFolder folder)
    {
        if (folder.Selected() is not { } selected || selected.Select(s => s.Group).Distinct().Count() != 1)
        {
            return this;
        }

        var arms = Study!.Arms.Take(2).Select(a => selected.First(s => s.Arm == a.Name).Treatment).ToList();
        var values = arms.Select(treatment => Study.Seeds
            .Select(seed => (Seed: seed, Test: treatment is null ? null : folder.LastTest(treatment, seed)))
            .Where(t => t.Test is not null)
            .ToDictionary(t => t.Seed, t => t.Test!.Metrics[0])).ToList();
        if (values[0].Count == 0)
        {
            return this;
        }

        var pairs = values.Count < 2 ? [] : values[0].Where(v => values[1].ContainsKey(v.Key)).Select(v => (v.Value.Value, values[1][v.Key].Value)).Where(p => double.IsFinite(p.Item1 - p.Item2)).ToList();
        return this with
        {
            Metric = values[0].Values.First().Metric,
            Mean = values[0].Values.Average(v => v.Value),
            Difference = pairs.Count > 0 ? PairedDifference.Between(pairs) : null,
        };
    }
}
