using System.Diagnostics;
using System.Globalization;
using Dsd.Charts;
using Dsd.Plans;
using Dsd.Records;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Cli;

/// <summary>A run, shown as its report with how far it is.</summary>
internal sealed class WatchedRun(string folder, string name) : Watched(folder, name)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Queue<(TimeSpan Time, long Step)> _seen = [];

    protected override string Stamp() => !Directory.Exists(Folder) ? ""
        : $"{RunLock.IsHeld(Folder)} {string.Concat(RunFiles.Arms(Folder).Order(StringComparer.Ordinal).Select(arm => StampOf(Path.Combine(arm, RunReader.EventsFile))))}";

    protected override string Read()
    {
        var isHeld = RunLock.IsHeld(Folder);
        if (RunFiles.Arms(Folder).Count == 0)
        {
            return Live.Of(Name, isHeld ? "The run has not recorded anything yet." : "No run was recorded here.");
        }

        var comparison = Comparison.Load(Folder);
        var progress = new TextTable("arm", "phase", ">step", ">of", ">rate", ">loss", ">validation");
        var (metric, done, all) = (Metric.MainOf(comparison.Runs), 0L, 0L);
        foreach (var run in comparison.Runs.Where(r => r.Start is not null))
        {
            var (phase, sample) = (run.Phases.Count > 0 ? run.Phases[^1] : null, run.Phases.SelectMany(p => p.Samples).LastOrDefault());
            var (step, steps) = (StepOf(run), StepsOf(run.Start!));
            (done, all) = (done + step, all + (steps ?? step));
            progress.Row(
                run.Arm,
                run.End is { } end ? Json.Word(end.Outcome) : phase?.Start.Name ?? "–",
                step.ToString("N0", CultureInfo.InvariantCulture),
                steps?.ToString("N0", CultureInfo.InvariantCulture) ?? "–",
                sample is null ? "–" : sample.Rate.ToString("0.######", CultureInfo.InvariantCulture),
                sample is null ? "–" : sample.Loss.ToString("0.0000", CultureInfo.InvariantCulture),
                metric.In(run.Validation) is { } value ? metric.Show(value) : "–");
        }

        return Live.Of(comparison, RunFolder.CommandOf(Folder), isHeld, comparison.IsComplete ? "Complete." : isHeld ? Pace(done, all) : "Nothing is training here now.", progress);
    }

    /// <summary>The speed over what was seen of late, and the time left of the arms that have begun.</summary>
    private string Pace(long done, long all)
    {
        _seen.Enqueue((_clock.Elapsed, done));
        while (_seen.Count > 2 && _clock.Elapsed - _seen.Peek().Time > TimeSpan.FromSeconds(60))
        {
            _seen.Dequeue();
        }

        var (time, step) = _seen.Peek();
        var seconds = (_clock.Elapsed - time).TotalSeconds;
        return seconds <= 0 || done <= step ? "Training."
            : string.Create(CultureInfo.InvariantCulture, $"Training: {(done - step) / seconds:N0} steps a second, about {Summary.Time((all - done) * seconds / (done - step))} left for the arms that have begun.");
    }

    private static long StepOf(RunRecord run) => run.End?.Step ?? run.Phases.Select(p => Math.Max(
        Math.Max(p.Start.Step, p.End?.Step ?? 0),
        Math.Max(p.Samples.Count > 0 ? p.Samples[^1].Step + 1 : 0, p.Evaluations.Count > 0 ? p.Evaluations[^1].Step : 0))).DefaultIfEmpty().Max();

    private static long? StepsOf(RunStarted start)
    {
        try
        {
            return start.Plan().TotalSteps;
        }
        catch (PlanException)
        {
            // A mask method of a program's own.
            return null;
        }
    }
}
