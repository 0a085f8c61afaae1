using System.CommandLine;

namespace Dsd.Cli;

/// <summary><c>dsd rerun</c>: trains a run again from its folder, with single values changed if wanted.</summary>
internal static class RerunCommand
{
    public static Command Create()
    {
        var folder = OptionOf.PathArgument("RUN", "The folder of the run, such as runs/NAME.");
        var set = new Option<string[]>("--set") { Description = "Change one value of the run: seed=2, optimizer.weightDecay=0.001, sparse.sparsity=0.4 (a phase by its name). Repeatable.", HelpName = "PATH=VALUE" };
        Option[] options =
        [
            set,
            OptionOf.Path("--out", "Folder of the new run. Default: a new one under runs/.", "DIR"),
            RunOptions.TensorBoardOption(),
            RunOptions.WatchOption(),
            OptionOf.Device("as in the run", "Device to compute on."),
            new Option<bool>("--force") { Description = "Replace the run in a folder that is not empty; other files in it stay." },
            new Option<bool>("--quiet") { Description = "Show no progress." },
            new Option<bool>("--json") { Description = "Print one JSON object on standard output and nothing else there." },
        ];
        var command = new Command("rerun", "Train a run again, with single values changed.") { folder }.WithHelp("""
            The same as 'dsd train --config RUN', which has all options of training. Without a change
            it gives the same digits on one thread, on the same kind of processor.

            Examples:
              dsd rerun runs/half
              dsd rerun runs/half --set seed=2
              dsd rerun runs/half --set sparse.sparsity=0.8 --set seed=2 --out runs/most-2
              dsd compare runs/half runs/most-2

            """);
        options.ToList().ForEach(command.Options.Add);
        command.SetAction(parsed =>
        {
            StudyCommand.CheckIsRun(parsed.GetValue(folder)!, "run");
            var words = options.Where(parsed.IsGiven).SelectMany(o => Words(parsed, o));
            return DsdCommand.Invoke((RootCommand)parsed.RootCommandResult.Command, ["train", ConfigOptions.Name, parsed.GetValue(folder)!, .. words]);
        });
        return command;
    }

    /// <summary>Returns an option as it was given, once for each value.</summary>
    private static IEnumerable<string> Words(ParseResult parsed, Option option) =>
        parsed.GetResult(option)!.Tokens.Select(t => t.Value).ToList() is { Count: > 0 } values ? values.SelectMany(v => new[] { option.Name, v }) : [option.Name];
}
