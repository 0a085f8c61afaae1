using Dsd.Checkpoints;
using Dsd.Execution;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Studies;

/// <summary>Trains the unfinished trials of a block into the study's folder: the shared phases once, then each trial from a copy of that checkpoint.</summary>
internal sealed class BlockRun(StudyFolder folder, TrialBlock block, ITrialSource source, StudyData data, Claim claim, Action<string, long, long> progress, CancellationToken cancellation) : IArmListener, IDisposable
{
    private readonly Dictionary<Trial, (string Workplace, EventLog Log)> _open = [];
    private Dictionary<string, Trial> _trials = [];
    private nn.Module? _model;
    private string? _fork;
    private long _done;

    /// <summary>Returns the trainer settings of a trial; the test split is left to the judge.</summary>
    public static TrainerSettings SettingsOf(Trial trial, ITrialSource source) => new(
        trial.Seed,
        trial.Treatment.Config.Optimizer,
        gradientClip: trial.Treatment.Config.GradientClip,
        readTest: false,
        methods: source.Methods);

    /// <summary>Trains; returns early if the claim is lost.</summary>
    /// <remarks>
    /// A worker that is cancelled leaves a checkpoint, and one that is killed that of every ten minutes; the next worker continues from it if it computes in the same way,
    /// so that results do not depend on it. Otherwise it trains the unfinished trials from the start.
    /// </remarks>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Run()
    {
        var pending = block.Trials.Where(t => !folder.IsDone(t)).ToList();
        if (pending.Count == 0)
        {
            new CheckpointFolder(folder.CheckpointsOf(block), []).Clear();
            return;
        }

        data.Check(pending[0].Treatment.Config.Data);
        var (model, task) = RunSeed.Open(source.Open, pending[0].Treatment.Config, pending[0].Seed);
        using var network = model;
        _model = model;
        StudyDevice.Check(folder.Study, model);

        // The trials of a pair must be computed alike; without a common fork nothing else would tell.
        var elsewhere = block.Trials.Where(t => !pending.Contains(t) && folder.StartOf(t.Name) is { } start && !StudyDevice.IsThatOf(model, start)).ToList();
        elsewhere.ForEach(folder.SetAside);
        pending = [.. block.Trials.Where(t => pending.Contains(t) || elsewhere.Contains(t))];
        pending.ForEach(folder.ClearWork);
        _trials = pending.ToDictionary(t => t.Treatment.Name);

        // The block's first trial leads, whichever trials remain: it determines how often the loss is sampled.
        (Plan Plan, long Steps)? lead = block.SharedSteps > 0 ? (block.Trials[0].Plan, block.SharedSteps) : null;
        var arms = pending.ConvertAll(t => new PlannedArm(t.Treatment.Name, t.Plan));
        var settings = SettingsOf(pending[0], source);
        var files = new CheckpointFolder(folder.CheckpointsOf(block), [.. block.Trials.Select(t => t.Treatment.Name)]);
        var checkpoints = new ArmCheckpoints(files, settings.CheckpointEvery, arms, EventsOf, _ => { }, phaseEnds: false);
        files.ClearTemporary();
        var (from, fork) = checkpoints.Resume(lead?.Steps, (last, shared) => last.State.Model.Keys.ToHashSet().SetEquals(model.state_dict().Keys)
            && arms.TrueForAll(arm => IsOfThis(arm, (last.Arm is null || last.Arm == arm.Name ? last : shared!).Events, model, task, settings)));
        using (from)
        using (fork)
        {
            if (from is not null)
            {
                arms.ForEach(arm => Open(_trials[arm.Name], (from.Arm is null || from.Arm == arm.Name ? from : fork!).Events[arm.Name]));
            }

            new ArmRunner(model, task, settings, FailureRule.GoOn, this, cancellation, checkpoints).Run(arms, lead, from, fork);
        }

        if (!claim.IsLost && block.Trials.All(folder.IsDone))
        {
            files.Clear();
        }
    }

    /// <summary>True if a checkpoint is of this trial as it would be trained here, with the same bits.</summary>
    private static bool IsOfThis(PlannedArm arm, IReadOnlyDictionary<string, byte[]> events, nn.Module model, ITrainingTask task, TrainerSettings settings)
    {
        if (!events.TryGetValue(arm.Name, out var log) || EventLog.Parse(log) is not [TrainingEvent.RunStarted was, ..])
        {
            return false;
        }

        var now = TrainingRun.Describe(arm.Name, arm.Plan, model, task, settings, Computation.Describe(model, settings.Precision, settings.Layout));
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
    }
}
