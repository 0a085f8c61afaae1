using Dsd.Checkpoints;
using Dsd.Execution;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>A run of this library that is carried on for as long as one likes within one phase.</summary>
/// <remarks>It does all that a run does: batches, optimiser, masks, events folded into a record and written to a log on disk.</remarks>
internal sealed class OurRun : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dsd-benchmark-");
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly EventLog _log;
    private readonly TrainingRun _run;
    private RunRecord _record = RunRecord.Empty;
    private readonly int _stepsBefore;
    private long _step;

    /// <summary>Makes ready for a short dense phase and a long one after it; no step is done yet.</summary>
    /// <param name="workload">What is trained.</param>
    /// <param name="sparse">Whether the long phase is sparse.</param>
    /// <param name="settings">The trainer's settings. Default: its defaults.</param>
    /// <param name="stepsBefore">How many steps the short phase has.</param>
    /// <param name="mask">The mask rule of a sparse phase. Default: once, by magnitude.</param>
    public OurRun(Workload workload, bool sparse, TrainerSettings? settings = null, int stepsBefore = 5, MaskRule? mask = null)
    {
        settings ??= new TrainerSettings();
        _model = workload.Create();
        var before = Schedule.Start().Dense(Duration.Steps(stepsBefore), LearningRate.Constant(Workload.Rate));
        var length = Duration.Steps(10_000_000);
        var schedule = sparse
            ? before.Sparse(length, LearningRate.Constant(Workload.Rate), SparsityCurve.Constant(Workload.Sparsity), mask: mask).Build()
            : before.Dense(length, LearningRate.Constant(Workload.Rate)).Build();
        var plan = schedule.On(_model, workload.Task.StepsPerEpoch);
        _log = new EventLog(Path.Combine(_folder.FullName, "events.jsonl"));
        Observe(TrainingRun.Describe("benchmark", plan, _model, workload.Task, settings, Computation.Describe(_model, settings.Precision, settings.Layout)));
        _run = new TrainingRun(plan, _model, workload.Task, settings, Observe, (_, _) => { });
        _stepsBefore = stepsBefore;
    }

    /// <summary>A run that is within its long phase.</summary>
    public static OurRun InPhase(Workload workload, bool sparse, TrainerSettings? settings = null, int stepsBefore = 5, MaskRule? mask = null)
    {
        var run = new OurRun(workload, sparse, settings, stepsBefore, mask);
        run.Steps(run._stepsBefore + 1);
        return run;
    }

    /// <summary>Does so many more steps.</summary>
    public void Steps(int count) => _run.RunTo(_step += count, CancellationToken.None);

    /// <summary>Writes a checkpoint.</summary>
    public void Save(string path)
    {
        using var state = _run.Capture();
        CheckpointFile.Write(path, new Checkpoint("benchmark", "sparse", state, new Dictionary<string, byte[]> { ["benchmark"] = _log.Content() }, new Dictionary<string, double>()));
    }

    public Contender AsContender(string name) => Contender.Of(name, Steps);

    public void Dispose()
    {
        _run.Dispose();
        _log.Dispose();
        _model.Dispose();
        _folder.Delete(recursive: true);
    }

    private void Observe(TrainingEvent happened)
    {
        _record = _record.Apply(happened);
        _log.Write(happened);
    }
}
