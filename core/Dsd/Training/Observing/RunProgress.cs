using System.Globalization;
using Dsd.Plans;
using Dsd.Records;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Training;

/// <summary>Follows the events of a run or a comparison and describes its progress.</summary>
internal sealed class RunProgress(ProgressShow show)
{
    private readonly List<Arm> _arms = [];
    private readonly List<string> _now = [];
    private PhaseStarted? _phase;
    private PhaseEnded? _ended;
    private long _shared;
    private int _open;
    private long _step;
    private long _done;
    private long _before;
    private StepSampled? _sample;
    private Evaluated? _validation;

    /// <summary>Handles an event of an arm; null names the only one.</summary>
    public void Observe(string? name, TrainingEvent happened)
    {
        switch (happened)
        {
            case RunStarted started:
                Begin(started);
                return;
            case RunEnded ended:
                End(name, ended);
                return;
            default:
                show.Change(() => Take(name, happened));
                return;
        }
    }

    private void Begin(RunStarted started)
    {
        if (_open++ == 0)
        {
            _arms.Clear();
            _now.Clear();
            (_phase, _ended, _sample, _validation, _step, _done, _before, _shared) = (null, null, null, null, 0, 0, 0, 0);
            show.Begin(Status);
        }

        show.Change(() =>
        {
            var plan = Plan.Outline(started.Schedule, started.Shape, started.StepsPerEpoch);
            _arms.Add(new(started.Arm, plan.Phases.Count, plan.TotalSteps, plan));

            // Phases that are equal by their schedules are so with any custom methods, which the events do not hold.
            _shared = _arms.Count == 1 ? _arms[0].Steps : SharedPrefix.Steps([.. _arms.Select(a => a.Plan)]);
            return null;
        });
    }

    private void End(string? name, RunEnded ended)
    {
        _open = Math.Max(0, _open - 1);
        var words = $"{name ?? Who()}: {ended.Outcome.ToString().ToLowerInvariant()}{(ended.Message is { } why ? $": {why.Split('\n')[0]}" : "")}, {Words.Time(ended.ElapsedSeconds)}";
        if (_open == 0)
        {
            show.End(words);
        }
        else
        {
            show.Change(() => words);
        }
    }

    private string? Take(string? name, TrainingEvent happened)
    {
        name ??= _arms.Count > 0 ? _arms[^1].Name : "";
        switch (happened)
        {
            case PhaseStarted started:
                return Start(name, started);
            case StepSampled sample:
                _sample = sample;
                Reach(name, sample.Step + 1);
                return null;
            case Evaluated { Split: DataSplit.Validation } measured:
                _validation = measured;
                Reach(name, measured.Step);
                return null;
            case Evaluated measured:
                Reach(name, measured.Step);
                return null;
            case RunResumed resumed:
                Reach(name, resumed.Step);
                _before = _done;
                return string.Create(CultureInfo.InvariantCulture, $"{name}: continues after step {resumed.Step:N0}");
            case RolledBack back:
                return string.Create(CultureInfo.InvariantCulture, $"{name}: back to step {back.To:N0} at {back.RateFactor:0.####} of the rate: {back.Reason.Split('\n')[0]}");
            case PhaseEnded ended when !ReferenceEquals(ended, _ended) && ended.Phase == _phase?.Phase && _now.Contains(name):
                _ended = ended;
                Reach(name, ended.Step);
                return $"{Status(withTime: false)}, done in {Words.Time(ended.ElapsedSeconds)}";
            default:
                return null;
        }
    }

    private string? Start(string name, PhaseStarted started)
    {
        // Events of shared phases are repeated for each arm; an arm that continues from them closes the last one again.
        var isAnother = !ReferenceEquals(started, _phase);
        if (isAnother)
        {
            _validation = _now.Contains(name) ? _validation : null;
            _now.Clear();
            (_phase, _sample) = (started, null);
        }

        _now.Add(name);
        Reach(name, started.Step);
        return isAnother ? Status() : null;
    }

    private void Reach(string name, long step)
    {
        var arm = Math.Max(0, _arms.FindIndex(a => a.Name == name));
        _step = step;
        _done = Math.Max(_done, step <= _shared ? step : step + _arms.Take(arm).Sum(a => a.Steps - _shared));
    }

    private string Status() => Status(withTime: true);

    private string Status(bool withTime)
    {
        if (_phase is not { } phase || _arms.Count == 0)
        {
            return _arms.Count == 0 ? "" : $"{string.Join(" + ", _arms.Select(a => a.Name))}: preparing";
        }

        var arm = _arms.Find(a => a.Name == _now[0]) ?? _arms[^1];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Who()}: {phase.Name} ({phase.Phase + 1} of {arm.Phases}), step {_step:N0} of {arm.Steps:N0}{Sample()}{Validation()}{(withTime ? Left() : "")}");
    }

    /// <summary>Returns the arm in training; in a shared phase all its arms, whose events arrive one arm after the other.</summary>
    private string Who() => string.Join(" + ", _now.Count > 0 && (_phase is null || _phase.Step >= _shared) ? _now : _arms.Select(a => a.Name));

    private string Sample() => _sample is { } s ? string.Create(CultureInfo.InvariantCulture, $", loss {s.Loss:G4}, rate {s.Rate:G3}") : "";

    private string Validation() => _validation is { Metrics: [var main, ..] } ? $", validation {main}" : "";

    private string Left()
    {
        var total = _shared + _arms.Sum(a => a.Steps - _shared);
        return _done == _before || _done >= total ? "" : $", {Words.Time(show.Elapsed.TotalSeconds / (_done - _before) * (total - _done))} left";
    }

    private sealed record Arm(string Name, int Phases, long Steps, Plan Plan);
}
