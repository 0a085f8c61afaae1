using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Dsd.Checkpoints;
using Dsd.Data;
using Dsd.Execution;
using Dsd.Records;
using Dsd.Training;
using TorchSharp;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Cli;

/// <summary><c>dsd train</c>: trains a run and its control, and compares them.</summary>
internal static class TrainCommand
{
    private static readonly ExperimentOptions s_experiment = new();
    private static readonly RunOptions s_run = new();
    private static readonly Option<bool> s_json = new("--json") { Description = "Print one JSON object on standard output and nothing else there." };

    public static Command Create()
    {
        var command = new Command("train", "Train Dense-Sparse-Dense and a control of the same budget, and compare them.").WithHelp("""
            The first dense phase is trained once; then both arms continue from it, with the same phases,
            rates and data order, one with a mask in its sparse phase and one without. The test set is
            read once for each arm, at the end.

            Examples:
              dsd train
              dsd train --sparsity 0.5 --keep fc2 --seed 2 --out runs/half
              dsd train --model resnet-20 --dense 20ep --sparse 10ep --redense 10ep --augment
              dsd train --schedule my-schedule.json --json > result.json
              dsd train --model char-lstm --data bible-kjv --optimizer adam --rate 0.002 --dense 2ep --sparse 1ep --redense 1ep
              dsd train --train-limit 6400 --dense 1ep --sparse 1ep --redense 1ep     a few seconds

            Every run writes a run.json to its folder: the complete run as data, down to the optimiser's constants.
            It can be run again with the same digits on one thread; --set changes single values:
              dsd train --config runs/half/run.json
              dsd train --config runs/half/run.json --set sparse.sparsity=0.4 --set seed=2
              dsd train --optimizer adam --set optimizer.beta2=0.99 --set phases.1.rate=0.001

            """);
        s_experiment.AddTo(command);
        s_run.AddTo(command, shown: true);
        command.Options.Add(s_json);
        command.WithChecks((parsed, problems) =>
        {
            s_experiment.CheckAlone(parsed, problems);
            s_run.CheckAlone(parsed, problems);
        }).SetAction(Train);
        return command;
    }

    private static int Train(ParseResult parsed)
    {
        var problems = new Problems(parsed);
        var readable = s_experiment.Read(parsed, problems, s_run);
        s_run.CheckAlone(parsed, problems);
        s_run.CheckInit(parsed, readable?.Run.Init, problems);
        problems.Throw();
        var experiment = readable!;
        var device = RunOptions.OpenDevice(experiment.Run);

        // The threads and the device affect the last bits, and differ between machines.
        var threads = get_num_threads();
        // Full paths, so that run.json means the same from any folder.
        var run = experiment.Run.WithThreads(threads).WithDevice(device.index > 0 ? device.ToString() : Json.Word(device.type))
            .WithTraining(experiment.Run.Training.WithData(DataCatalog.Locate(experiment.Run.Training.Data)))
            .WithDataRoot(FullPath(experiment.Run.DataRoot))
            .WithInit(FullPath(experiment.Run.Init), experiment.Run.InitExcept);
        var settings = TrainerSettings.Of(run);
        using var interrupt = new Interrupt();
        var quiet = s_run.Quiet(parsed);
        Action<string> say = quiet ? _ => { } : Say.Line;
        var source = new CatalogTrials(run.DataRoot, say, device: device);
        source.Download([run.Training], interrupt.Token);
        var data = source.Load(run.Training);
        foreach (var problem in data.Problems)
        {
            say($"{problem}");
        }

        data.WatchProblems(problem => say($"Left out: {problem}"));
        interrupt.Token.ThrowIfCancellationRequested();

        var (model, task) = source.Open(run.Training, run.Seed);
        using var _ = model;
        var loaded = run.Init is { } init ? WeightFile.Load(model, init, run.InitExcept) : null;

        var computation = Computation.Describe(model, settings.Precision, settings.Layout);
        var command = CommandText.Again(parsed) + (experiment.Run.Threads is null ? string.Create(CultureInfo.InvariantCulture, $" --threads {threads}") : "");
        using var folder = s_run.AtOut(() => s_run.Out(parsed) is { } path ? RunFolder.Create(path, run, command, s_run.Force(parsed)) : RunFolder.CreateNew(run, command));
        say(string.Create(CultureInfo.InvariantCulture, $"Training {experiment.Model.Name} on {experiment.Data.Name}: {data.TrainExamples:N0} examples, batch {experiment.Config.Batch}, seed {run.Seed}"));
        say(string.Create(CultureInfo.InvariantCulture, $"By {settings.Optimizer}; on {device}, {threads} thread{(threads == 1 ? "" : "s")}; in {computation}"));
        say($"Record in {folder.Path}");
        if (loaded is not null)
        {
            say(loaded.Describe().TrimEnd());
            s_run.AtOut(() => folder.RecordInit(loaded.Describe(int.MaxValue)));
        }

        var clock = Stopwatch.StartNew();
        var records = run.Arms.ToDictionary(a => a.Name, _ => RunRecord.Empty);
        var view = new TrainView(experiment);
        var notes = new HashSet<string>(StringComparer.Ordinal);
        Exception? failure = null;
        try
        {
            view.Show(quiet, show => FairComparison.RunPlanned(
                experiment.Arms,
                model,
                task,
                settings,
                (arm, happened) =>
                {
                    records[arm.Name] = records[arm.Name].Apply(happened);
                    folder.Observe(arm, happened);
                    foreach (var note in ((happened as StepSampled)?.ComputedOtherwise ?? (happened as Evaluated)?.ComputedOtherwise ?? []).Where(notes.Add))
                    {
                        say($"Computed otherwise: {note}");
                    }

                    show(arm, happened);
                },
                (arm, trained) => WeightFile.Save(trained, folder.WeightsOf(arm.Name)),
                interrupt.Token));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException($"{e.Message.TrimEnd('.')}. The run stopped; the record so far in {folder.Path} is intact.", e);
        }
        catch (Exception e) when (e is DsdException or ExternalException)
        {
            failure = e;
        }

        var seconds = clock.Elapsed.TotalSeconds;
        var comparison = new Comparison(run.Arms.Select(a => records[a.Name]).ToValueList());
        var baselines = comparison.IsComplete ? data.Baselines(DataSplit.Test) : [];
        var result = ResultJson.OfResult(experiment, comparison, baselines, run.Seed, seconds, view.Done / seconds);
        if (failure is not null)
        {
            if (parsed.GetValue(s_json))
            {
                Console.Out.Write(result + "\n");
            }

            Say.Line($"dsd: training failed: {failure.Message.Split('\n')[0]}");
            Say.Line($"dsd: the record up to there is in {folder.Path}");
            return DsdCommand.Failed;
        }

        var summary = Summary.Write(experiment, comparison, baselines, run.Seed, seconds, view.Done / seconds);

        // If either output can no longer be written, the result is still in the other.
        try
        {
            Console.Out.Write(parsed.GetValue(s_json) ? result + "\n" : summary);
        }
        finally
        {
            folder.Finish(summary, result);
        }

        if (!comparison.IsComplete)
        {
            Say.Line($"dsd: interrupted; the record up to there is in {folder.Path}");
            return DsdCommand.Interrupted;
        }

        return 0;
    }

    private static string? FullPath(string? path) => path is null ? null : Path.GetFullPath(path);
}
