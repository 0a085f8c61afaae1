using System.Diagnostics;
using System.Globalization;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Spectre.Console;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Cli;

/// <summary>The progress display of a run on standard error: a bar in a terminal, one line per epoch elsewhere.</summary>
internal sealed class TrainView
{
    private readonly Experiment _experiment;
    private readonly long _shared;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Dictionary<string, string> _phases = [];
    private ProgressTask? _bar;
    private long _before;
    private double? _loss;
    private string? _validation;

    public TrainView(Experiment experiment)
    {
        _experiment = experiment;
        _shared = SharedPrefix.Steps([.. experiment.Arms.Select(a => a.Plan)]);
    }

    /// <summary>The total number of steps, shared ones counted once.</summary>
    public long TotalSteps => Position(_experiment.Arms.Count - 1, _experiment.Arms[^1].Plan.TotalSteps);

    /// <summary>The number of completed steps.</summary>
    public long Done { get; private set; }

    /// <summary>The number of steps that were made here: without those before the run was continued.</summary>
    public long DoneHere => Done - _before;

    /// <summary>Runs a function that reports events, and shows its progress unless quiet.</summary>
    public void Show(bool quiet, Action<Action<Arm, TrainingEvent>> run)
    {
        var console = quiet ? null : AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (console is null || Console.IsErrorRedirected || !console.Profile.Capabilities.Interactive)
        {
            run(quiet ? Count : Line);
            return;
        }

        console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                _bar = context.AddTask("starting", maxValue: TotalSteps);
                run(Bar);
            });
    }

    private void Count(Arm arm, TrainingEvent happened)
    {
        if (happened is PhaseStarted phase)
        {
            _phases[arm.Name] = phase.Name;
            _validation = null;
        }

        if (happened is StepSampled sample)
        {
            _loss = sample.Loss;
        }

        if (happened is Evaluated { Split: DataSplit.Validation } measured)
        {
            _validation = Validation(measured);
        }

        var step = happened switch
        {
            StepSampled e => e.Step,
            Evaluated e => e.Step,
            PhaseEnded e => e.Step,
            RunEnded e => e.Step,
            RunResumed e => e.Step,
            _ => 0,
        };
        Done = Math.Max(Done, Position(IndexOf(arm), step));
        if (happened is RunResumed)
        {
            _before = Done;
        }
    }

    private void Bar(Arm arm, TrainingEvent happened)
    {
        Count(arm, happened);
        _bar!.Value = Done;
        if (happened is StepSampled or Evaluated)
        {
            _bar.Description = Markup.Escape(Printable.Of($"{Who(arm)}: {_phases[arm.Name]}{Loss()}{_validation}"));
        }
    }

    private void Line(Arm arm, TrainingEvent happened)
    {
        var before = Done;
        Count(arm, happened);
        if (happened is not Evaluated { Split: DataSplit.Validation } e || Validation(e) is not { } validation || Done == before)
        {
            return;
        }

        var left = _clock.Elapsed.TotalSeconds / DoneHere * (TotalSteps - Done);
        Say.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{Who(arm)}: {_phases[arm.Name]}, step {e.Step} of {_experiment.PlanOf(arm).TotalSteps}{Loss()}{validation}, {Summary.Time(left)} left"));
    }

    /// <summary>The main metric, e.g. <c>", validation 91.75 %"</c> of accuracy, <c>", validation 41.02 % CER"</c> of another; null if nothing was measured.</summary>
    private static string? Validation(Evaluated measured)
    {
        if (measured.Metrics.Count == 0)
        {
            return null;
        }

        var main = measured.Metrics[0];
        return $", validation {main.Metric.Show(main.Value)}{(main.Metric == Metric.Accuracy ? "" : $" {main.Name}")}";
    }

    private string Loss() => _loss is { } loss ? string.Create(CultureInfo.InvariantCulture, $", loss {loss:0.000}") : "";

    private string Who(Arm arm) => Done > _shared || _experiment.Arms.Count == 1 ? arm.Name : string.Join(" + ", _experiment.Arms.Select(a => a.Name));

    private int IndexOf(Arm arm) => _experiment.Arms.Select((a, i) => (a, i)).First(x => x.a.Name == arm.Name).i;

    /// <summary>Computes the position in the whole work after a step of an arm, given that arms run one after another.</summary>
    private long Position(int arm, long step) => step <= _shared
        ? step
        : step + _experiment.Arms.Take(arm).Sum(a => a.Plan.TotalSteps - _shared);
}
