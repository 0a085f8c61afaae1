using System.CommandLine;
using Dsd.Records;

namespace Dsd.Cli;

/// <summary><c>dsd resume</c>: continues a stopped run from its last checkpoint.</summary>
internal static class ResumeCommand
{
    private static readonly Argument<string> s_folder = OptionOf.PathArgument("RUN", "The folder of the run, such as runs/NAME.");
    private static readonly Option<bool> s_quiet = new("--quiet") { Description = "Show no progress." };
    private static readonly Option<string?> s_tensorBoard = RunOptions.TensorBoardOption();
    private static readonly Option<bool> s_watch = RunOptions.WatchOption();
    private static readonly Option<bool> s_json = new("--json") { Description = "Print one JSON object on standard output and nothing else there." };

    public static Command Create()
    {
        var command = new Command("resume", "Continue a stopped run from its last checkpoint.")
        {
            s_folder,
            s_tensorBoard,
            s_watch,
            s_quiet,
            s_json,
        }.WithHelp("""
            A run writes a checkpoint at the end of each phase, every ten minutes (train --checkpoint-every), and
            when it is interrupted. Continued from there, in any number of parts, it gives on one thread the bits
            of a run that never stopped: weights, masks, optimiser, dropout, order of examples and record.
            A checkpoint that is damaged is named and passed over; the one before it is used.

            Examples:
              dsd train --out runs/long          Ctrl-C, a crash, or the end of a job's time
              dsd resume runs/long

            """);
        command.WithLibTorch().SetAction(Resume);
        return command;
    }

    private static int Resume(ParseResult parsed)
    {
        var path = parsed.GetValue(s_folder)!;
        StudyCommand.CheckIsRun(path, "run");
        using var folder = RunFolder.Resume(path, Say.Line);
        Experiment experiment;
        try
        {
            experiment = Experiment.Of(folder.Config);
        }
        catch (DsdException e)
        {
            throw new DsdException($"{path}: {e.Message} A run of a network or data of your own is continued by the program that began it, with RunFolder.Resume.", e);
        }

        return new TrainingJob(experiment, parsed.GetValue(s_quiet), parsed.GetValue(s_json), parsed.GetValue(s_tensorBoard), parsed.GetValue(s_watch), isResumed: true).Run((_, _) => folder);
    }
}
