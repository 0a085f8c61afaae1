using System.Diagnostics;
using System.Globalization;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Spectre.Console;
using Spectre.Console.Rendering;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Cli;

/// <summary>The progress display of a run on standard error: a bar in a terminal, one line per epoch elsewhere.</summary>
internal sealed class TrainView
{
    private const int WideTerminal = 100;
    private const int NarrowBar = 8;
    private const int WideBar = 24;
    private readonly Experiment _experiment;
    private readonly long _shared;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Dictionary<string, string> _phases = [];
    private ProgressTask? _bar;
    private long _before;
    private double? _loss;
    private double? _rate;
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
        if (quiet || Terminal.OnStandardError() is not { } console)
        {
            run(quiet ? Count : Line);
            return;
        }

        console.Progress()
            .Columns(new StatusColumn(), new ProgressBarColumn { Width = console.Profile.Width < WideTerminal ? NarrowBar : WideBar }, new PercentageColumn(), new RemainingTimeColumn())
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
            _rate = sample.Rate;
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
            var step = happened is StepSampled sample ? sample.Step : ((Evaluated)happened).Step;
            _bar.Description = Printable.Of($"{Who(arm)}: {_phases[arm.Name]}{At(_experiment.PlanOf(arm), step)}{Rate()}{Loss()}{_validation}");
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

    /// <summary>The place in the run, e.g. <c>", epoch 2.4 of 12, step 480"</c>.</summary>
    private static string At(Plan plan, long step) => string.Create(
        CultureInfo.InvariantCulture,
        $", epoch {(double)step / plan.StepsPerEpoch:0.0} of {(double)plan.TotalSteps / plan.StepsPerEpoch:0.#}, step {step:N0}");

    private string Rate() => _rate is { } rate ? string.Create(CultureInfo.InvariantCulture, $", rate {rate:G3}") : "";

    private string Loss() => _loss is { } loss ? string.Create(CultureInfo.InvariantCulture, $", loss {loss:0.000}") : "";

    private string Who(Arm arm) => Done > _shared || _experiment.Arms.Count == 1 ? arm.Name : string.Join(" + ", _experiment.Arms.Select(a => a.Name));

    private int IndexOf(Arm arm) => _experiment.Arms.Select((a, i) => (a, i)).First(x => x.a.Name == arm.Name).i;

    /// <summary>Computes the position in the whole work after a step of an arm, given that arms run one after another.</summary>
    private long Position(int arm, long step) => step <= _shared
        ? step
        : step + _experiment.Arms.Take(arm).Sum(a => a.Plan.TotalSteps - _shared);

    /// <summary>The description of a task, over several lines where the terminal is narrow.</summary>
    private sealed class StatusColumn : ProgressColumn
    {
        // The bar, the percentage, the time left, and the spaces between them.
        private const int Others = 8 + 4 + 8 + 4;

        protected override bool NoWrap => false;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(task.Description);

        public override int? GetColumnWidth(RenderOptions options) =>
            Math.Max(16, options.ConsoleSize.Width - Others - (options.ConsoleSize.Width < WideTerminal ? 0 : WideBar - NarrowBar));
    }
}
