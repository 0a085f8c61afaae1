using System.CommandLine;
using System.Globalization;
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
              dsd train --method rigl --method set --sparsity 0.95     published methods and a control, compared
              dsd train --model char-lstm --data bible-kjv --optimizer adam --rate 0.002 --dense 2ep --sparse 1ep --redense 1ep
              dsd train --train-limit 6400 --dense 1ep --sparse 1ep --redense 1ep     a few seconds

            A method is trained with its published defaults, 12 epochs in all and a rate that falls from 0.02 to 0
            along a cosine; 'dsd methods' lists the methods, 'dsd methods rigl' the parameters of one:
              dsd train --method rigl --epochs 6 --rate 0.05 --with interval=50st --with distribution=uniform

            Every run writes a run.json to its folder: the complete run as data, down to the optimiser's constants.
            It can be run again with the same digits on one thread; --set changes single values:
              dsd train --config runs/half/run.json
              dsd train --config runs/half/run.json --set sparse.sparsity=0.4 --set seed=2
              dsd train --optimizer adam --set optimizer.beta2=0.99 --set phases.1.rate=0.001

            A run that was stopped, by Ctrl-C or in any other way, goes on from its last checkpoint:
              dsd resume runs/half

            """);
        s_experiment.AddTo(command);
        s_run.AddTo(command, shown: true);
        command.Options.Add(s_json);
        command.WithLibTorch().WithChecks((parsed, problems) =>
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
        return new TrainingJob(experiment, s_run.Quiet(parsed), parsed.GetValue(s_json), s_run.TensorBoard(parsed), s_run.Watch(parsed)).Run((run, threads) =>
        {
            var command = CommandText.Again(parsed) + (experiment.Run.Threads is null ? string.Create(CultureInfo.InvariantCulture, $" --threads {threads}") : "");
            return s_run.AtOut(() => s_run.Out(parsed) is { } path ? RunFolder.Create(path, run, command, s_run.Force(parsed)) : RunFolder.CreateNew(run, command));
        });
    }
}
