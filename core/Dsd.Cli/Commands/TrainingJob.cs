using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Dsd.Checkpoints;
using Dsd.Data;
using Dsd.Execution;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Training;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Cli;

/// <summary>A run of the command, new or continued: opens network and data, trains all arms into a folder, and prints the result.</summary>
/// <param name="experiment">The run.</param>
/// <param name="isQuiet">True to show no progress.</param>
/// <param name="isJson">True to print the result as JSON.</param>
/// <param name="tensorBoard">TensorBoard's log folder; null for none.</param>
/// <param name="isWatched">True to follow it on a page.</param>
/// <param name="isResumed">True to continue a run. Default false.</param>
internal sealed class TrainingJob(Experiment experiment, bool isQuiet, bool isJson, string? tensorBoard, bool isWatched, bool isResumed = false)
{
    /// <summary>Carries the run out.</summary>
    /// <param name="open">Opens the folder, for the run as it is recorded and its number of threads.</param>
    /// <returns>The exit code.</returns>
    public int Run(Func<RunConfig, int, RunFolder> open)
    {
        RunOptions.OpenTensorBoard(tensorBoard);
        var device = RunOptions.OpenDevice(experiment.Run);

        // The threads and the device affect the last bits, and differ between machines.
        var threads = get_num_threads();
        // Full paths, so that run.json means the same from any folder.
        var run = experiment.Run.WithThreads(threads).WithDevice(device.index > 0 ? device.ToString() : Json.Word(device.type))
            .WithTraining(experiment.Run.Training.WithData(DataCatalog.Locate(experiment.Run.Training.Data)))
            .WithDataRoot(FullPath(experiment.Run.DataRoot))
            .WithInit(FullPath(experiment.Run.Init), experiment.Run.InitExcept)
            .WithMasks(experiment.Run.Masks.Select(m => KeyValuePair.Create(m.Key, Path.GetFullPath(m.Value))));
        var settings = TrainerSettings.Of(run, experiment.Methods);
        using var interrupt = new Interrupt();
        Action<string> say = isQuiet ? _ => { } : Say.Line;
        var source = new CatalogTrials(run.DataRoot, say, device: device);
        source.Download([run.Training], interrupt.Token);
        var data = source.Load(run.Training, run.Seed);
        foreach (var problem in data.Problems)
        {
            say($"{problem}");
        }

        data.WatchProblems(problem => say($"Left out: {problem}"));
        interrupt.Token.ThrowIfCancellationRequested();

        var (model, task) = source.Open(run.Training, run.Seed);
        using var _ = model;
        var isGone = isResumed && run.Init is not null && !Path.Exists(run.Init);
        var loaded = run.Init is { } init && !isGone ? WeightFile.Load(model, init, run.InitExcept) : null;
        var computation = Computation.Describe(model, settings.Precision, settings.Layout);
        using var folder = open(run, threads);
        folder.Say = Say.Line;
        folder.NeedsCheckpoint = isGone ? $"the weights that it started from are gone: {run.Init}. Put them back." : null;
        if (source.Inventory(run.Training.Data) is { } inventory)
        {
            folder.CheckData(inventory);
        }

        say(string.Create(CultureInfo.InvariantCulture, $"Training {experiment.Model.Name} on {experiment.Data.Name}: {data.TrainExamples:N0} examples{experiment.Config.OfEachSeed}, batch {experiment.Config.Batch}, seed {run.Seed}"));
        say(string.Create(CultureInfo.InvariantCulture, $"By {settings.Optimizer}; on {Accelerator.Describe(device) ?? string.Create(CultureInfo.InvariantCulture, $"{device}, {threads} thread{(threads == 1 ? "" : "s")}")}; in {computation}"));
        say($"Record in {folder.Path}");
        using var page = isWatched ? Watched.Open(folder.Path).Serve() : null;
        if (page is not null)
        {
            Say.Line($"Page while it trains: {page.Address}{(page.OpenBrowser() ? "" : " (no browser was found here to open it with)")}");
        }

        Remarks.Of(experiment).ToList().ForEach(say);
        if (loaded is not null && !isResumed)
        {
            say(loaded.Describe().TrimEnd());
            folder.RecordInit(loaded.Describe(int.MaxValue));
        }

        var clock = Stopwatch.StartNew();
        var records = run.Arms.ToDictionary(a => a.Name, _ => RunRecord.Empty);
        var view = new TrainView(experiment);
        var board = tensorBoard is null ? Observer.None : Observer.TensorBoard(Path.Combine(tensorBoard, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder.Path)))));
        var notes = new HashSet<string>(StringComparer.Ordinal);
        var shared = SharedPrefix.Steps([.. experiment.Arms.Select(a => a.Plan)]);
        var hasBegun = false;
        Comparison? trained = null;
        Exception? failure = null;
        try
        {
            view.Show(isQuiet, show => trained = FairComparison.RunPlanned(
                experiment.Arms,
                model,
                task,
                settings,
                (arm, happened) =>
                {
                    records[arm.Name] = records[arm.Name].Apply(happened);
                    hasBegun = true;
                    if (happened is RunResumed resumed && notes.Add("resumed"))
                    {
                        say(string.Create(CultureInfo.InvariantCulture, $"Continuing {(arm.Name == run.Arms[0].Name && resumed.Step <= shared ? "" : $"{arm.Name} ")}after step {resumed.Step:N0} of {experiment.PlanOf(arm).TotalSteps:N0}"));
                    }

                    foreach (var note in ((happened as StepSampled)?.ComputedOtherwise ?? (happened as Evaluated)?.ComputedOtherwise ?? []).Where(notes.Add))
                    {
                        say($"Computed otherwise: {note}");
                    }

                    if (happened is RolledBack back && notes.Add(back.ToString()))
                    {
                        say(string.Create(CultureInfo.InvariantCulture, $"{back.Reason} Back to step {back.To}, at {back.RateFactor:0.####} of the rate."));
                    }

                    show(arm, happened);
                    board.Observe(arm, happened);
                },
                folder: folder,
                cancellation: interrupt.Token));
        }
        catch (Exception e) when (e is DsdException or ExternalException)
        {
            failure = e;
        }

        if (failure is not null && !hasBegun)
        {
            throw failure is DsdException ? failure : new DsdException(failure.Message.Split('\n')[0], failure);
        }

        if (isResumed && !hasBegun)
        {
            say("The run is complete; this is its result again.");
        }

        if (failure is not null && isResumed)
        {
            // What was done before is in the folder's record alone.
            foreach (var arm in run.Arms)
            {
                records[arm.Name] = folder.TryRead(arm.Name) ?? records[arm.Name];
            }
        }

        return Report(folder, trained ?? new Comparison(run.Arms.Select(a => records[a.Name]).ToValueList()), data, clock.Elapsed.TotalSeconds, view.DoneHere, failure);
    }

    private static string? FullPath(string? path) => path is null ? null : Path.GetFullPath(path);

    private int Report(RunFolder folder, Comparison comparison, IDataset data, double seconds, long steps, Exception? failure)
    {
        var baselines = comparison.IsComplete ? data.Baselines(DataSplit.Test) : [];
        var result = ResultJson.OfResult(experiment, comparison, baselines, folder.Path, seconds, steps / seconds);
        if (failure is not null)
        {
            if (isJson)
            {
                Console.Out.Write(result + "\n");
            }

            Say.Line($"dsd: training failed: {failure.Message.Split('\n')[0]}");
            Say.Line($"dsd: the record up to there is in {folder.Path}");
            return ExitCode.Failed;
        }

        var summary = Summary.Write(experiment, comparison, baselines, experiment.Run.Seed, seconds, steps / seconds, isResumed);

        // If either output can no longer be written, the result is still in the other.
        var unwritten = folder.Failure;
        try
        {
            Console.Out.Write(isJson ? result + "\n" : summary);
        }
        finally
        {
            try
            {
                folder.Finish(summary, result);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                unwritten ??= e.Message.TrimEnd('.');
            }
        }

        if (!comparison.IsComplete)
        {
            Say.Line($"dsd: interrupted; the record up to there is in {folder.Path}");
        }

        if (unwritten is not null)
        {
            Say.Line($"dsd: not all files in {folder.Path} could be written: {unwritten}. Those that are there are whole{(Directory.Exists(folder.Path) ? $"; once they can be written, continue with: dsd resume {CommandText.Word(folder.Path)}" : "")}.");
            return ExitCode.Failed;
        }

        if (!comparison.IsComplete)
        {
            Say.Line($"dsd: continue with: dsd resume {CommandText.Word(folder.Path)}");
            return ExitCode.Interrupted;
        }

        if (!isQuiet)
        {
            Say.Line($"Page with charts: dsd report {CommandText.Word(folder.Path)}");
            if (isWatched)
            {
                Say.Line($"The page again: dsd watch {CommandText.Word(folder.Path)}");
            }

            Say.Line($"Another seed: dsd rerun {CommandText.Word(folder.Path)} --set seed={string.Create(CultureInfo.InvariantCulture, $"{unchecked(experiment.Run.Seed + 1)}")}");
        }

        return 0;
    }
}
