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
using static TorchSharp.torch;

namespace Dsd.Cli;

/// <summary><c>dsd train</c>: a run from data to a fair comparison.</summary>
internal static class TrainCommand
{
    private static readonly ExperimentOptions s_experiment = new();
    private static readonly RunOptions s_run = new();
    private static readonly Option<bool> s_json = new("--json") { Description = "Print one JSON object on standard output and nothing else there." };

    public static Command Create()
    {
        var command = new Command("train", "Train Dense-Sparse-Dense and a control of the same budget, and compare them.").WithHelp("""
            The first dense phase is trained once; then both arms go on from it, with the same phases,
            rates and data order, one with a mask in its sparse phase and one without. The test set is
            read once for each arm, at the end.

            Examples:
              dsd train
              dsd train --sparsity 0.5 --keep fc2 --seed 2 --out runs/half
              dsd train --model resnet-20 --dense 20ep --sparse 10ep --redense 10ep --augment
              dsd train --schedule my-schedule.json --json > result.json
              dsd train --model char-lstm --data bible-kjv --optimizer adam --rate 0.002 --dense 2ep --sparse 1ep --redense 1ep
              dsd train --train-limit 6400 --dense 1ep --sparse 1ep --redense 1ep     a few seconds

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
        var readable = s_experiment.Read(parsed, problems);
        s_run.CheckAlone(parsed, problems);
        problems.Throw();
        var experiment = readable!;
        var seed = s_run.Seed(parsed);
        var settings = s_run.Settings(parsed, experiment.Config);
        var (path, force) = (s_run.Out(parsed), s_run.Force(parsed));
        var device = s_run.OpenDevice(parsed);
        using var interrupt = new Interrupt();
        var quiet = s_run.Quiet(parsed);
        Action<string> say = quiet ? _ => { } : Say.Line;
        var source = new CatalogTrials(s_run.Root(parsed), say, device: device);
        source.Download([experiment.Config], interrupt.Token);
        var data = source.Load(experiment.Config);
        foreach (var problem in data.Problems)
        {
            say($"{problem}");
        }

        data.WatchProblems(problem => say($"Left out: {problem}"));
        interrupt.Token.ThrowIfCancellationRequested();

        var (model, task) = source.Open(experiment.Config, seed);
        using var _ = model;
        if (s_run.Weights(parsed) is { } weights)
        {
            WeightFile.Load(model, weights);
        }

        var computation = Computation.Describe(model, settings.Precision, settings.Layout);

        // The threads decide about the last bits, and another machine would have others.
        var command = CommandText.Again(parsed) + (s_run.Threads(parsed) is null ? string.Create(CultureInfo.InvariantCulture, $" --threads {get_num_threads()}") : "");
        using var folder = path is null ? RunFolder.CreateNew(experiment, command) : RunFolder.Create(path, experiment, command, force);
        var threads = get_num_threads();
        say(string.Create(CultureInfo.InvariantCulture, $"Training {experiment.Model.Name} on {experiment.Data.Name}: {data.TrainExamples:N0} examples, batch {experiment.Config.Batch}, seed {seed}"));
        say(string.Create(CultureInfo.InvariantCulture, $"By {settings.Optimizer}; on {device}, {threads} thread{(threads == 1 ? "" : "s")}; in {computation}"));
        say($"Record in {folder.Path}");

        var clock = Stopwatch.StartNew();
        var said = new HashSet<string>(StringComparer.Ordinal);
        Comparison comparison;
        TrainView view;
        try
        {
            (comparison, view) = TrainView.Show(experiment, quiet, show => FairComparison.Run(
                experiment.Arms,
                model,
                task,
                settings,
                (arm, happened) =>
                {
                    folder.Write(arm, happened);
                    foreach (var note in ((happened as StepSampled)?.ComputedOtherwise ?? (happened as Evaluated)?.ComputedOtherwise ?? []).Where(said.Add))
                    {
                        say($"Computed otherwise: {note}");
                    }

                    show(arm, happened);
                },
                folder.SaveWeights,
                interrupt.Token));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException($"{e.Message.TrimEnd('.')}. The run stopped; what it had written to {folder.Path} is whole.", e);
        }
        catch (Exception e) when (e is DsdException or ExternalException)
        {
            Say.Line($"dsd: training failed: {e.Message.Split('\n')[0]}");
            Say.Line($"dsd: the record up to there is in {folder.Path}");
            return DsdCommand.Failed;
        }

        var seconds = clock.Elapsed.TotalSeconds;
        var baselines = comparison.IsComplete ? data.Baselines(DataSplit.Test) : [];
        var result = ResultJson.OfResult(experiment, comparison, baselines, seed, seconds, view.Done / seconds);
        var summary = Summary.Write(experiment, comparison, baselines, seed, seconds, view.Done / seconds);

        // Whichever of the two cannot be written by now, the result is not lost.
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
}
