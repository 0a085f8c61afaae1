using Dsd.Checkpoints;
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
    /// <exception cref="OperationCanceledException">Cancelled; unfinished trials leave nothing behind.</exception>
    public void Run()
    {
        var pending = block.Trials.Where(t => !folder.IsDone(t)).ToList();
        if (pending.Count == 0)
        {
            return;
        }

        data.Check(pending[0].Treatment.Config.Data);
        pending.ForEach(folder.ClearWork);
        _trials = pending.ToDictionary(t => t.Treatment.Name);
        var (model, task) = RunSeed.Open(source.Open, pending[0].Treatment.Config, pending[0].Seed);
        using var network = model;
        _model = model;

        // The block's first trial leads, whichever trials remain: it determines how often the loss is sampled.
        new ArmRunner(model, task, SettingsOf(pending[0], source), FailureRule.GoOn, this, cancellation).Run(
            pending.ConvertAll(t => new PlannedArm(t.Treatment.Name, t.Plan)),
            block.SharedSteps > 0 ? (block.Trials[0].Plan, block.SharedSteps) : null);
    }

    void IArmListener.Happened(PlannedArm arm, TrainingEvent happened)
    {
        var trial = _trials[arm.Name];
        if (!_open.TryGetValue(trial, out var open))
        {
            var workplace = folder.Workplace(trial);
            _open[trial] = open = (workplace, new EventLog(Path.Combine(workplace, RunReader.EventsFile)));
        }

        open.Log.Write(happened);
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
        _fork = CheckpointHash.Of(state);

        // The trials of a pair must match: one forked from another checkpoint, e.g. on another kind of processor, is trained again with the remaining ones.
        var strangers = block.Trials.Where(t => folder.IsDone(t) && folder.ForkOf(t) != _fork).ToList();
        strangers.ForEach(folder.SetAside);
        return strangers.Count == 0;
    }

    bool IArmListener.MayBegin(PlannedArm arm) => !claim.IsLost;

    void IArmListener.Completed(PlannedArm arm)
    {
        if (folder.Study.Judgement != Judgement.Validation)
        {
            WeightFile.Save(_model!, StudyFolder.WeightsIn(_open[_trials[arm.Name]].Workplace));
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
