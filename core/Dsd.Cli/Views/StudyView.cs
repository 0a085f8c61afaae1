using System.Diagnostics;
using System.Globalization;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Studies;
using Spectre.Console;

namespace Dsd.Cli;

/// <summary>The progress display of a study on standard error: a live table in a terminal, occasional lines elsewhere.</summary>
internal sealed class StudyView
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_betweenLines = TimeSpan.FromSeconds(30);
    private readonly StudyPlan _plan;
    private readonly StudyFolder _folder;
    private readonly Dictionary<string, TrialResult> _known = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly long _before;
    private StudyResults _results;
    private IReadOnlyList<string> _said = [];
    private string _state = "";

    /// <summary>Opens the view of a study; trials are read once.</summary>
    public StudyView(StudyPlan plan, StudyFolder folder)
    {
        _plan = plan;
        _folder = folder;
        _results = StudyResults.Read(plan, folder, _known);
        _before = Steps(Running());
    }

    /// <summary>Waits for the workers and shows their progress.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; finished trials stay.</exception>
    /// <exception cref="DsdException">All workers ended before the study was complete.</exception>
    public static void Show(StudyPlan plan, StudyFolder folder, IWorkers crew, bool quiet, CancellationToken cancellation)
    {
        var view = new StudyView(plan, folder);
        if (quiet)
        {
            view.Wait(crew, () => { }, cancellation);
        }
        else if (Terminal.OnStandardError() is not { } console)
        {
            var last = Stopwatch.StartNew();
            Say.Line(view.Line());
            view.Wait(
                crew,
                () =>
                {
                    view.SayNew(crew);
                    if (last.Elapsed > s_betweenLines)
                    {
                        last.Restart();
                        Say.Line(view.Line());
                    }
                },
                cancellation);
            view.SayNew(crew);
            Say.Line(view.Line());
        }
        else
        {
            console.Live(view.Table()).Start(live => view.Wait(
                crew,
                () =>
                {
                    view._said = crew.Said;
                    live.UpdateTarget(view.Table());
                },
                cancellation));
        }
    }

    /// <summary>Writes what workers have said since the last call.</summary>
    private void SayNew(IWorkers crew)
    {
        var said = crew.Said;
        said.Skip(_said.Count).ToList().ForEach(Say.Line);
        _said = said;
    }

    private void Wait(IWorkers crew, Action show, CancellationToken cancellation)
    {
        while (!_folder.IsOver(_plan))
        {
            cancellation.ThrowIfCancellationRequested();
            if (!crew.IsWorking() && !_folder.IsOver(_plan))
            {
                throw crew.Ended();
            }

            cancellation.WaitHandle.WaitOne(s_pause);
            _state = crew.State;
            Read();
            show();
        }
    }

    /// <summary>Reads what is new.</summary>
    public StudyResults Read() => _results = StudyResults.Read(_plan, _folder, _known);

    /// <summary>How far the study is, in one line.</summary>
    public string Line()
    {
        var running = Running();
        var atWork = running.Count(r => r.IsHeld);
        var failed = _results.Failures.Count();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{_known.Count} of {_plan.Trials.Count()} trials done{(failed > 0 ? $", {failed} failed" : "")}, {(_known.Count == _plan.Trials.Count() ? Judging() : $"{atWork} block{(atWork == 1 ? "" : "s")} running{Left(running)}")}{(_state.Length > 0 && !_results.IsJudged ? $"; {_state}" : "")}");
    }

    /// <summary>How far the judgement is: the selected trials are measured on test one after another.</summary>
    private string Judging() => _results.IsJudged ? "judged"
        : string.Create(CultureInfo.InvariantCulture, $"judging{(_plan.Study.Judgement == Judgement.Validation ? "" : $": {_plan.Trials.Count(_folder.HasTest):N0} measured on test")}");

    private Table Table()
    {
        var running = Running();
        var table = new Table().Border(TableBorder.Rounded).Title(Markup.Escape(Printable.Of($"{_plan.Study.Name}: {Line()}")));
        if (_said.Count > 0)
        {
            table.Caption(Markup.Escape(Printable.Of(string.Join(' ', _said))));
        }

        table.AddColumns("arm", "done", Markup.Escape(Printable.Of($"mean {_results.Metric.Name}, validation")), "running");
        var busy = running.Where(r => r.IsHeld).Select(r => r.Name).ToList();
        foreach (var treatment in _plan.Trials.Select(t => t.Treatment).Distinct())
        {
            var results = _known.Values.Where(r => r.Trial.Treatment == treatment).ToList();
            var values = results.Where(r => r.IsComplete).Select(r => _results.Metric.In(r.Record.Validation)).OfType<double>().ToList();
            var now = busy.Count(b => b.StartsWith(treatment.Name + "-seed-", StringComparison.Ordinal));
            table.AddRow(
                Markup.Escape(Printable.Of(treatment.Name)),
                string.Create(CultureInfo.InvariantCulture, $"{results.Count} of {_plan.Study.Seeds.Count}"),
                values.Count > 0 ? _results.Metric.Show(values.Average()) : "–",
                now > 0 ? now.ToString(CultureInfo.InvariantCulture) : "");
        }

        return table;
    }

    private string Left(List<(string Name, long Done, bool IsHeld)> running)
    {
        var done = Steps(running) - _before;
        return done <= 0 ? "" : $", about {Summary.Time(_clock.Elapsed.TotalSeconds / done * (_plan.Steps - _before - done))} left";
    }

    /// <summary>The blocks that workers have begun, each with its completed steps, and whether its worker is still there.</summary>
    private List<(string Name, long Done, bool IsHeld)> Running() => Claim.All(_folder.Claims)
        .Select(claim => (Parts: Claim.ProgressIn(claim.Value).Split(' ', 3), IsHeld: Claim.IsHeld(claim.Key, claim.Value)))
        .Where(c => c.Parts.Length == 3 && long.TryParse(c.Parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out _))
        .Select(c => (c.Parts[2], long.Parse(c.Parts[0], CultureInfo.InvariantCulture), c.IsHeld))
        .ToList();

    /// <summary>Counts the completed steps of finished trials and of running blocks.</summary>
    private long Steps(List<(string Name, long Done, bool IsHeld)> running)
    {
        var total = 0L;
        foreach (var block in _plan.TrialBlocks)
        {
            var finished = block.Trials.Where(t => _known.ContainsKey(t.Name)).Sum(t => t.Treatment.Plan.TotalSteps - block.SharedSteps);
            var here = running.Where(r => r.Name == block.Name || block.Trials.Any(t => t.Name == r.Name)).Select(r => r.Done).DefaultIfEmpty(0).Max();
            total += Math.Max(here, finished > 0 ? finished + block.SharedSteps : 0);
        }

        return total;
    }
}
