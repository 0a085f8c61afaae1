using System.CommandLine;
using Dsd.Data;
using Dsd.Studies;
using static TorchSharp.torch;

namespace Dsd.Cli;

/// <summary><c>dsd study work</c>: one worker of a study.</summary>
internal static class StudyWorkCommand
{
    public static Command Create()
    {
        var input = OptionOf.PathArgument("DIR", "The folder of a study.");
        var root = OptionOf.DataRoot();
        var atOnce = StudyCommand.SeedsAtOnceOption();
        var among = OptionOf.Whole("--among", "The number of workers among which seeds are shared. Default: 1.", 1, 10_000);
        among.Hidden = true;
        var onGpu = OptionOf.Whole("--on-gpu", "The number of workers that share this worker's GPU. Default: 1.", 1, 10_000);
        onGpu.Hidden = true;
        var tied = new Option<bool>("--until-input-ends") { Description = "Stop when standard input ends.", Hidden = true };
        var requeue = new Option<bool>("--requeue") { Description = "In a job of Slurm: go back into the queue when asked to stop by SIGTERM, with a checkpoint." };
        var command = new Command("work", "Be one worker of a study until all its trials are done, as started by 'run'; for custom launchers.") { input, root, atOnce, among, onGpu, tied, requeue }.WithHelp("""
            With a study for GPUs it trains on the first that it sees; CUDA_VISIBLE_DEVICES chooses another.

            Ctrl-C and SIGTERM stop it after the step in progress, with a checkpoint from which the next
            worker continues. With --requeue it then has its job put back into the queue, unless the job
            was cancelled; Slurm sends SIGTERM before a job's time is over with --signal=B:TERM@60, and to
            make room for another job.

            Examples:
              dsd study work runs/sparsity
              CUDA_VISIBLE_DEVICES=1 dsd study work runs/sparsity
              sbatch --signal=B:TERM@60 --wrap='exec dsd study work runs/sparsity --requeue'

            """);
        command.WithLibTorch().SetAction(parsed =>
        {
            var there = StudyFolder.Open(parsed.GetValue(input)!);
            var source = new CatalogTrials(parsed.GetValue(root), Say.Line, device: there.Study.Device is { } on ? RunOptions.OpenDevice(on) : null);
            var (plan, folder) = StudyOpening.Open(there.Path, there.Study, source, say: Say.Line);
            using var interrupt = new Interrupt();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(interrupt.Token);
            if (parsed.GetValue(tied))
            {
                StopWhenInputEnds(stop);
            }

            TorchInstall.Load();
            set_num_threads(folder.Study.Threads);

            // The coordinator shows what its workers write on standard output.
            var seeds = new SeedsAtOnce(StudyCommand.SeedsAtOnce(parsed, atOnce), (int)(parsed.GetValue(among) ?? 1), (int)(parsed.GetValue(onGpu) ?? 1), parsed.GetValue(tied) ? Console.Out.WriteLine : Say.Line);
            var (measured, hasTrained) = (plan.Trials.Count(folder.HasTest), false);
            try
            {
                StudyRunCommand.WhileTheFolderLasts(folder, () => new StudyWorker(plan, folder, source, (_, _, _) => hasTrained = true, seeds: seeds).Work(stop.Token));
            }
            catch (OperationCanceledException) when (parsed.GetValue(requeue))
            {
                // Here the claims are released: another worker need not wait for them.
                if (!Slurm.Installed.Requeue(hasTrained || plan.Trials.Count(folder.HasTest) > measured, Say.Line))
                {
                    throw;
                }

                return ExitCode.Interrupted;
            }

            return 0;
        });
        return command;
    }

    /// <summary>Stops a worker with its coordinator, which holds the other end of its input and lets go however it ends.</summary>
    private static void StopWhenInputEnds(CancellationTokenSource stop) => new Thread(() =>
    {
        while (Console.In.Read() >= 0)
        {
        }

        stop.Cancel();
    })
    { IsBackground = true }.Start();
}
