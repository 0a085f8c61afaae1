using Dsd.Checkpoints;
using Dsd.Execution;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Studies;

/// <summary>Trains the unfinished trials of a block into the study's folder: the shared phases once, then each trial from a copy of that checkpoint.</summary>
/// <remarks>
/// A worker that is cancelled leaves a checkpoint, and one that is killed that of every ten minutes; the next worker continues from it if it computes in the same way,
/// alone or at once with other seeds, so that results do not depend on it beyond rounding. Otherwise it trains the unfinished trials from the start.
/// </remarks>
/// <param name="folder">The study's folder.</param>
/// <param name="block">The block.</param>
/// <param name="source">The source of networks and data.</param>
/// <param name="data">The study's data.</param>
/// <param name="claim">The claim on the block, which is released when this is disposed of.</param>
/// <param name="progress">Called after each step with the name of what is trained, and the block's steps done and in total.</param>
/// <param name="cancellation">Cancels training after the step in progress.</param>
internal sealed class BlockRun(StudyFolder folder, TrialBlock block, ITrialSource source, StudyData data, Claim claim, Action<string, long, long> progress, CancellationToken cancellation) : IArmListener, IDisposable
{
    private readonly Dictionary<Trial, (string Workplace, EventLog Log)> _open = [];
    private readonly CheckpointFolder _files = new(folder.CheckpointsOf(block), [.. block.Trials.Select(t => t.Treatment.Name)]);
    private Dictionary<string, Trial> _trials = [];
    private nn.Module? _model;
    private ITrainingTask? _task;
    private TrainerSettings? _settings;
    private ArmCheckpoints? _checkpoints;
    private string? _fork;
    private long _done;

    /// <summary>The block.</summary>
    public TrialBlock Block => block;

    /// <summary>The network.</summary>
    public nn.Module Model => _model!;

    /// <summary>The task.</summary>
    public ITrainingTask Task => _task!;

    /// <summary>The settings of training.</summary>
    public TrainerSettings Settings => _settings!;

    /// <summary>The checkpoints.</summary>
    public ArmCheckpoints Checkpoints => _checkpoints!;

    /// <summary>The arms of the unfinished trials, in order.</summary>
    public IReadOnlyList<PlannedArm> Arms { get; private set; } = [];

    /// <summary>The plan of the shared phases and their number of steps; null if nothing is shared.</summary>
    public (Plan Plan, long Steps)? Lead { get; private set; }

    /// <summary>The checkpoint to continue from; null at the start.</summary>
    public Checkpoint? From { get; private set; }

    /// <summary>The checkpoint at the end of the shared phases, if <see cref="From"/> is of an arm.</summary>
    public Checkpoint? Fork { get; private set; }

    /// <summary>The place from which training goes on; blocks of the same treatments at the same place can be trained at once.</summary>
    public string Place => FormattableString.Invariant($"{string.Join(' ', Arms.Select(a => a.Name))} from step {From?.Step ?? 0} of {(From is null ? "all" : From.Arm ?? "the shared phases")}");

    /// <summary>Returns the trainer settings of a trial; the test split is left to the judge.</summary>
    public static TrainerSettings SettingsOf(Study study, Trial trial, ITrialSource source) => new(
        trial.Seed,
        trial.Treatment.Config.Optimizer,
        gradientClip: trial.Treatment.Config.GradientClip,
        readTest: false,
        methods: source.Methods,
        evaluateEvery: study.EvaluateEvery,
        evaluateTrain: study.MeasuresTrain);

    /// <summary>Opens the network and the last checkpoint.</summary>
    /// <returns>False if all trials are finished.</returns>
    public bool Open()
    {
        var pending = block.Trials.Where(t => !folder.IsDone(t)).ToList();
        if (pending.Count == 0)
        {
            _files.Clear();
            return false;
        }

        data.Check(pending[0].Treatment.Config.Data);
        (_model, _task) = RunSeed.Open(source.Open, pending[0].Treatment.Config, pending[0].Seed);
        var model = _model;
        StudyDevice.Check(folder.Study, model);

        // The trials of a pair must be computed alike; without a common fork nothing else would tell.
        var elsewhere = block.Trials.Where(t => !pending.Contains(t) && folder.StartOf(t.Name) is { } start && !StudyDevice.IsThatOf(model, start)).ToList();
        elsewhere.ForEach(folder.SetAside);
        pending = [.. block.Trials.Where(t => pending.Contains(t) || elsewhere.Contains(t))];
        pending.ForEach(folder.ClearWork);
        _trials = pending.ToDictionary(t => t.Treatment.Name);

        // The block's first trial leads, whichever trials remain: it determines how often the loss is sampled.
        Lead = block.SharedSteps > 0 ? (block.Trials[0].Plan, block.SharedSteps) : null;
        var arms = pending.ConvertAll(t => new PlannedArm(t.Treatment.Name, t.Plan));
        Arms = arms;
        _settings = SettingsOf(folder.Study, pending[0], source);
        _checkpoints = new ArmCheckpoints(_files, _settings.CheckpointEvery, arms, EventsOf, _ => { }, phaseEnds: false);
        _files.ClearTemporary();
        (From, Fork) = _checkpoints.Resume(Lead?.Steps, (last, shared) => last.State.Model.Keys.ToHashSet().SetEquals(model.state_dict().Keys)
            && arms.TrueForAll(arm => IsOfThis(arm, EventsIn(last, shared, arm))));
        return true;
    }

    /// <summary>Trains this block alone; returns early if the claim is lost.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Train()
    {
        OpenLogs();
        new ArmRunner(Model, Task, Settings, FailureRule.GoOn, this, cancellation, Checkpoints).Run(Arms, Lead, From, Fork, From is null ? null : SeedsAtOnce.Resumed(Begun, 0));
        Clear();
    }

    /// <summary>Opens the logs of trials that go on from a checkpoint; those of others are opened at their first event.</summary>
    public void OpenLogs()
    {
        if (From is { } from)
        {
            Arms.ToList().ForEach(arm => Open(_trials[arm.Name], EventsIn(from, Fork, arm)[arm.Name]));
        }
    }

    /// <summary>Deletes the checkpoints if all trials are finished.</summary>
    public void Clear()
    {
        if (!claim.IsLost && block.Trials.All(folder.IsDone))
        {
            _files.Clear();
        }
    }

    /// <summary>True if an error only says that another worker has the block now, and has removed what this one had started.</summary>
    public bool IsLostBy(Exception e) => e is ClaimLostException || (e is IOException && StudyFolder.IsThere(folder.Path) && claim.CheckLost());

    /// <summary>The computation with which the trials of a checkpoint were begun.</summary>
    public string Begun => EventLog.Parse(EventsIn(From!, Fork, Arms[0])[Arms[0].Name]) is [TrainingEvent.RunStarted start, ..] ? start.Computation : "";

    /// <summary>Describes the start of a trial.</summary>
    /// <param name="arm">The arm of the trial.</param>
    /// <param name="others">The number of seeds that are trained at once with this one.</param>
    public TrainingEvent.RunStarted StartOf(PlannedArm arm, int others) =>
        TrainingRun.Describe(arm.Name, arm.Plan, Model, Task, Settings, SeedsAtOnce.Described(Computation.Describe(Model, Settings.Precision, Settings.Layout), others));

    private static IReadOnlyDictionary<string, byte[]> EventsIn(Checkpoint last, Checkpoint? shared, PlannedArm arm) => (last.Arm is null || last.Arm == arm.Name ? last : shared!).Events;

    /// <summary>True if a checkpoint is of this trial as it would be trained here, with the same bits but for seeds that are trained at once.</summary>
    private bool IsOfThis(PlannedArm arm, IReadOnlyDictionary<string, byte[]> events)
    {
        if (!events.TryGetValue(arm.Name, out var log) || EventLog.Parse(log) is not [TrainingEvent.RunStarted start, ..])
        {
            return false;
        }

        var (was, now) = (start with { Computation = SeedsAtOnce.Alone(start.Computation) }, StartOf(arm, 0));
        return SameRun.Differences(was, now).Count == 0 && !SameRun.Surroundings(was, now).Any();
    }

    private byte[] EventsOf(string arm) => claim.CheckLost() ? throw new ClaimLostException() : _open[_trials[arm]].Log.Content();

    private void Open(Trial trial, byte[]? events = null)
    {
        var workplace = folder.Workplace(trial);
        var path = Path.Combine(workplace, RunReader.EventsFile);
        if (events is not null)
        {
            AtomicFile.Write(path, file => file.Write(events));
        }

        _open[trial] = (workplace, events is null ? new EventLog(path) : EventLog.Continue(path));
    }

    void IArmListener.Happened(PlannedArm arm, TrainingEvent happened)
    {
        var trial = _trials[arm.Name];
        if (!_open.ContainsKey(trial))
        {
            Open(trial);
        }

        _open[trial].Log.Write(happened);
    }

    void IArmListener.StepDone(PlannedArm? arm, long steps)
    {
        progress(arm is null ? block.Name : _trials[arm.Name].Name, _done + steps - (arm is null ? 0 : block.SharedSteps), block.Steps);
        if (claim.IsLost)
        {
            throw new ClaimLostException();
        }
    }

    bool IArmListener.MayFork(TrainingState state)
    {
        _done = block.SharedSteps;
        _fork = state.Hash;

        // The trials of a pair must match: one forked from another checkpoint, e.g. on another kind of processor, is trained again with the remaining ones.
        var strangers = block.Trials.Where(t => folder.IsDone(t) && folder.ForkOf(t) != _fork).ToList();
        strangers.ForEach(folder.SetAside);
        return strangers.Count == 0;
    }

    bool IArmListener.MayBegin(PlannedArm arm) => !claim.IsLost;

    void IArmListener.Completed(PlannedArm arm, IReadOnlyDictionary<string, BitMask> masks)
    {
        if (folder.Study.Judgement != Judgement.Validation)
        {
            WeightFile.Save(_model!, StudyFolder.WeightsIn(_open[_trials[arm.Name]].Workplace), masks);
        }
    }

    void IArmListener.PhaseDone(PlannedArm? arm, long steps, IReadOnlyDictionary<string, BitMask> masks)
    {
        IEnumerable<Trial> trials = arm is null ? _trials.Values : [_trials[arm.Name]];
        if (trials.Any(t => t.StepsOfTests(folder.Study).Contains(steps)))
        {
            if (claim.CheckLost())
            {
                throw new ClaimLostException();
            }

            WeightFile.Save(_model!, arm is null ? folder.SharedWeights(block, steps) : folder.PhaseWeights(_trials[arm.Name], steps), masks);
        }
    }

    void IArmListener.Over(PlannedArm arm, Exception? failure)
    {
        _done += arm.Plan.TotalSteps - block.SharedSteps;

        // If the data changed while they were read, the trial is not valid.
        var trial = _trials[arm.Name];
        var trainedOn = data.Check(trial.Treatment.Config.Data);
        var (workplace, log) = _open[trial];
        log.Dispose();
        _open.Remove(trial);
        folder.Finish(trial, workplace, _fork, trainedOn, failure is DivergedException);
    }

    public void Dispose()
    {
        foreach (var (workplace, log) in _open.Values)
        {
            log.Dispose();
            try
            {
                if (Directory.Exists(workplace))
                {
                    Directory.Delete(workplace, recursive: true);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The caller needs the original error; the next worker at this block deletes it.
            }
        }

        _open.Clear();
        From?.Dispose();
        Fork?.Dispose();
        _model?.Dispose();
        claim.Dispose();
    }
}
