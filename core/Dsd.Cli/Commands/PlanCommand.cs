using System.CommandLine;
using Dsd.Execution;
using Dsd.Records;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Cli;

/// <summary><c>dsd plan</c>: what a schedule does to each layer, without training and, unless asked, without the native library.</summary>
internal static class PlanCommand
{
    public static Command Create()
    {
        var options = new ExperimentOptions();
        var run = new RunOptions();
        var json = new Option<bool>("--json") { Description = "Print one JSON object instead of tables." };
        var computation = new Option<bool>("--computation") { Description = "Also check, and say, how this machine would compute each layer." };
        var command = new Command("plan", "Show what a schedule will do to each layer, before paying for it.").WithHelp("""
            Nothing is fetched, trained or written. The options of 'dsd train' that say how to run are
            taken too, so that changing one word turns a plan into a run.

            Examples:
              dsd plan
              dsd plan --model resnet-20 --sparsity 0.5 --keep fc
              dsd plan --level 'fc*=0.9' --level 'fc2=0.3'
              dsd plan --schedule my-schedule.json --json
              dsd plan --precision bf16 --computation

            """);
        options.AddTo(command);
        run.AddTo(command, shown: false);
        command.Options.Add(json);
        command.Options.Add(computation);
        command.WithChecks(options.CheckAlone).SetAction(parsed =>
        {
            var problems = new Problems(parsed);
            var readable = options.Read(parsed, problems);
            problems.Throw();
            var experiment = readable!;
            var computed = parsed.GetValue(computation) ? Computed(experiment, run, parsed) : null;
            using var interrupt = new Interrupt();
            var left = experiment.Data.Problems(experiment.Config.TrainLimit, Say.Line, interrupt.Token);
            Console.Out.WriteLine(parsed.GetValue(json) ? ResultJson.OfPlan(experiment, left, run.Seed(parsed), computed) : Text(experiment, left, computed));
            return 0;
        });
        return command;
    }

    private static string Text(Experiment experiment, ValueList<DataProblem> problems, string? computed) =>
        $"{experiment.Model.Name} on {experiment.Data.Name}, batch {experiment.Config.Batch}\n\n{experiment.Plans[experiment.Arms[0]].Describe().TrimEnd()}{(problems.Count == 0 ? "" : $"\n\nThe data:\n{string.Join('\n', problems.Select(p => $"- {p}"))}")}{(computed is null ? "" : $"\n\nComputed in {computed}")}";

    /// <summary>How the network would be computed here; noise in the form of the data shows it.</summary>
    private static string Computed(Experiment experiment, RunOptions run, ParseResult parsed)
    {
        var device = run.OpenDevice(parsed);
        using var model = experiment.Model.Create(experiment.Data.Inputs, experiment.Data.Classes, experiment.Config.Width);
        model.to(device);
        var settings = run.Settings(parsed, experiment.Config);
        return Computation.Describe(model, settings.Precision, settings.Layout, () => experiment.Data.ForwardNoise(model, experiment.Config.Batch, experiment.Config.ImageSize, device));
    }
}
