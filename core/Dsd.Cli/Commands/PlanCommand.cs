using System.CommandLine;
using Dsd.Execution;
using Dsd.Records;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Cli;

/// <summary><c>dsd plan</c>: shows what a schedule does to each layer, without training and, unless requested, without the native library.</summary>
internal static class PlanCommand
{
    public static Command Create()
    {
        var options = new ExperimentOptions();
        var run = new RunOptions();
        var json = new Option<bool>("--json") { Description = "Print one JSON object instead of tables." };
        var computation = new Option<bool>("--computation") { Description = "Also show how this machine would compute each layer." };
        var command = new Command("plan", "Show what a schedule will do to each layer, without training.").WithHelp("""
            Nothing is downloaded, trained or written. The run options of 'dsd train' are accepted too, so
            that changing one word turns a plan into a run.

            Examples:
              dsd plan
              dsd plan --model resnet-20 --sparsity 0.5 --keep fc
              dsd plan --level 'fc*=0.9' --level 'fc2=0.3'
              dsd plan --schedule my-schedule.json --json
              dsd plan --method gradual --sparsity 0.9 --with interval=50st
              dsd plan --precision bf16 --computation
              dsd plan --config runs/half/run.json --set sparse.sparsity=0.4

            """);
        options.AddTo(command);
        run.AddTo(command, shown: false);
        command.Options.Add(json);
        command.Options.Add(computation);
        command.WithLibTorch().WithChecks(options.CheckAlone).SetAction(parsed =>
        {
            var problems = new Problems(parsed);
            var readable = options.Read(parsed, problems, run);
            problems.Throw();
            var experiment = readable!;
            Remarks.Of(experiment).ToList().ForEach(Say.Line);
            var computed = parsed.GetValue(computation) ? Computed(experiment) : null;
            using var interrupt = new Interrupt();
            var left = experiment.Data.Problems(experiment.Config.TrainLimit, Say.Line, interrupt.Token);
            Console.Out.WriteLine(parsed.GetValue(json) ? ResultJson.OfPlan(experiment, left, experiment.Run.Seed, computed) : Text(experiment, left, computed));
            return 0;
        });
        return command;
    }

    private static string Text(Experiment experiment, ValueList<DataProblem> problems, string? computed) =>
        $"{experiment.Model.Name} on {experiment.Data.Name}, batch {experiment.Config.Batch}{experiment.Config.OfEachSeed}\n\n{Plans(experiment)}{(problems.Count == 0 ? "" : $"\n\nThe data:\n{string.Join('\n', problems.Select(p => $"- {p}"))}")}{(computed is null ? "" : $"\n\nComputed in {computed}")}";

    /// <summary>Formats the plans of all arms but controls, or the first where the others are its control.</summary>
    private static string Plans(Experiment experiment)
    {
        var shown = experiment.Arms.Where(a => experiment.Arms.All(o => o == a || a.Arm.Schedule != o.Arm.Schedule.AsDenseControl())).ToList();
        return shown.Count <= 1 ? experiment.Arms[0].Plan.Describe().TrimEnd() : string.Join("\n\n", shown.Select(a => $"Arm {a.Name}\n\n{a.Plan.Describe().TrimEnd()}"));
    }

    /// <summary>Determines how the network would be computed here, from noise in the shape of the data.</summary>
    private static string Computed(Experiment experiment)
    {
        var device = RunOptions.OpenDevice(experiment.Run);
        using var model = experiment.Model.Create(experiment.Data.Inputs, experiment.Data.Classes, experiment.Config.Width);
        model.to(device);
        return Computation.Describe(model, experiment.Run.Precision, experiment.Run.Layout, () => experiment.Data.ForwardNoise(model, experiment.Config.Batch, experiment.Config.ImageSize, device));
    }
}
