using System.CommandLine;

namespace Dsd.Cli;

/// <summary><c>dsd plan</c>: what a schedule does to each layer, without training and without the native library.</summary>
internal static class PlanCommand
{
    public static Command Create()
    {
        var options = new ExperimentOptions();
        var run = new RunOptions();
        var json = new Option<bool>("--json") { Description = "Print one JSON object instead of tables." };
        var command = new Command("plan", "Show what a schedule will do to each layer, before paying for it.").WithHelp("""
            Nothing is fetched, trained or written. The options of 'dsd train' that say how to run are
            taken too, so that changing one word turns a plan into a run.

            Examples:
              dsd plan
              dsd plan --model resnet-20 --sparsity 0.5 --keep fc
              dsd plan --level 'fc*=0.9' --level 'fc2=0.3'
              dsd plan --schedule my-schedule.json --json

            """);
        options.AddTo(command);
        run.AddTo(command, shown: false);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            var experiment = options.Read(parsed);
            Console.Out.WriteLine(parsed.GetValue(json)
                ? ResultJson.OfPlan(experiment, run.Seed(parsed))
                : $"{experiment.Model.Name} on {experiment.Data.Name}, batch {experiment.Batch}\n\n{experiment.Plans[experiment.Arms[0]].Describe().TrimEnd()}");
            return 0;
        });
        return command;
    }
}
