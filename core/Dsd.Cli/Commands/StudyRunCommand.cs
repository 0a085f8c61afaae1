using System.CommandLine;
using System.Globalization;
using Dsd.Data;
using Dsd.Runs;
using Dsd.Studies;

namespace Dsd.Cli;

/// <summary><c>dsd study run</c>: starts workers, here or in Slurm, and shows their progress and the results.</summary>
internal static class StudyRunCommand
{
    public static Command Create()
    {
        var input = StudyCommand.StudyArgument();
        var root = OptionOf.DataRoot();
        var output = OptionOf.Path("--out", "Folder of the study. Default: runs/NAME, or STUDY where that is a folder.", "DIR");
        var device = StudyCommand.DeviceOption();
        var workers = StudyCommand.WorkersOption();
        var atOnce = StudyCommand.SeedsAtOnceOption();
        var seeds = OptionOf.Whole("--seeds", "The number of seeds of the study; a study started with fewer is extended. Default: as in the study.", 1, Study.MaxSeeds);
        var launcher = OptionOf.Choice("--launcher", "How workers are started: by this process, or by Slurm as a job array.", "local", "slurm");
        var wait = new Option<bool>("--wait") { Description = "With --launcher slurm: follow the job to the study's end, and replace workers that are lost." };
        var slurm = new Option<string[]>("--sbatch") { Description = "Options for sbatch, such as --partition=gpu. Repeatable.", HelpName = "OPTION" };
        var quiet = new Option<bool>("--quiet") { Description = "Show no progress." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object on standard output and nothing else there." };
        var command = new Command("run", "Run the trials of a study; a started one resumes where it stopped.") { input, root, output, device, workers, atOnce, seeds, launcher, wait, slurm, quiet, json }.WithHelp("""
            It can be stopped at any time, by Ctrl-C or kill: finished trials stay; the same command resumes.
            Several machines that share a disk can run the same command at once. The results do not depend
            on the number of workers or on the order of trials. A trial that failed is done; to try it again,
            delete its folder under trials/.

            A relative data path, such as imagenet:pictures, is resolved against the folder where the study
            is started and stored in full. The data are fingerprinted then, and a study whose data have changed is
            refused, file by file.

            --device cuda trains on GPUs, one worker on each unless --workers is given. A study stays on the
            device on which it was started, since a GPU rounds differently; its records name the GPU.

            --seeds-at-once N trains N seeds of a network as one network with a further dimension: on a GPU,
            which a small network leaves idle, they take little longer than one. Each has the results of the
            seed alone, within rounding, in its own folder. auto takes as many as fit into the GPU's memory, at
            most 128, and one after another on the CPU, where it does not pay. Networks with dropout, and
            others that cannot be computed so, are trained one after another, and the reason is given.

            --seeds extends a started study: finished trials are kept, candidates are selected again on
            validation over all seeds, and the results state that it was extended, and whether the test set
            had been read. If another candidate is selected now, its trials are trained again to be measured.

            --launcher slurm submits the workers as a job array and returns; the same command submits only those
            that are not in the queue any more. With --wait it shows progress and ends with the results, as a
            local study does; after Ctrl-C the job goes on, and the same command follows it again. Workers
            whose time ends, and those that make room for other jobs, keep a checkpoint and go back into the
            queue; those that are killed or whose machine fails are replaced.

            Exit code 1: a trial failed, other than one rate of several that diverged; or the folder can no
            longer be written, e.g. since the disk is full.

            Examples:
              dsd study run sparsity.json
              dsd study run runs/sparsity --workers 4
              dsd study run sparsity.json --device cuda
              dsd study run runs/sparsity --seeds 32
              dsd study run sparsity.json --launcher slurm --workers 16 --sbatch=--time=2:00:00
              dsd study run sparsity.json --launcher slurm --wait --device cuda --sbatch=--gres=gpu:1

            """);
        command.WithLibTorch().WithChecks((parsed, problems) =>
        {
            problems.Check(() => CheckLauncher(parsed.GetValue(launcher) == "slurm", parsed.GetValue(wait), parsed.GetValue(slurm) is { Length: > 0 }, parsed.GetValue(json), parsed.IsGiven(device) ? parsed.GetValue(device) : null));
            StudyInput.Check(parsed.GetValue(input)!, parsed.GetValue(output), problems);
        }).SetAction(parsed =>
        {
            var path = parsed.GetValue(input)!;
            Action<string> say = parsed.GetValue(quiet) ? _ => { } : Say.Line;
            var (isOnSlurm, named, options) = (parsed.GetValue(launcher) == "slurm", parsed.IsGiven(device) ? parsed.GetValue(device) : null, parsed.GetValue(slurm) ?? []);
            CheckLauncher(isOnSlurm, parsed.GetValue(wait), options.Length > 0, parsed.GetValue(json), named);
            if (isOnSlurm)
            {
                Slurm.Installed.Check();
            }

            var study = StudyInput.Read(path);
            study = parsed.GetValue(seeds) is { } wanted ? study.WithSeeds((int)wanted) : study;
            var source = new CatalogTrials(parsed.GetValue(root), say);
            var target = parsed.GetValue(output) ?? (Directory.Exists(path) ? path : Path.Combine("runs", study.Name));
            study = StudyInput.On(study, target, named, isHere: !isOnSlurm);
            var (plan, folder) = StudyOpening.Open(target, study, source, extend: parsed.GetValue(seeds) is not null, Say.Line);
            using var interrupt = new Interrupt();
            if (!folder.IsOver(plan))
            {
                var given = parsed.GetValue(workers);
                var open = plan.TrialBlocks.Where(b => !b.Trials.All(folder.IsDone)).ToList();
                var gpus = isOnSlurm ? 0 : RunOptions.Gpus(folder.Study.Device);
                var count = WorkerCount.WithWork(given, gpus > 0 ? gpus : WorkerCount.Default(folder.Study.Threads), open.Count, say);
                Remarks.Of(plan).ToList().ForEach(say);
                foreach (var problem in source.Problems(plan.Trials.Select(t => t.Treatment.Config).Distinct(), interrupt.Token))
                {
                    say($"{problem}.");
                }

                TorchInstall.Require();
                if (!isOnSlurm)
                {
                    count = WorkerCount.OfThisMachine(given, count, folder.Study.Threads, WorkerMemory.Of(open, source, folder.Study, gpus > 0 ? null : StudyCommand.SeedsAtOnce(parsed, atOnce)), FreeMemory.Bytes(), say);
                }

                source.Download(plan.Trials.Select(t => t.Treatment.Config).Distinct(), interrupt.Token);
                var follow = Follow(folder, given, parsed.GetValue(root), options, StudyCommand.SeedsAtOnce(parsed, atOnce));
                using IWorkers crew = isOnSlurm
                    ? Submit(plan, folder, (int?)given, count, parsed.GetValue(root), options, StudyCommand.SeedsAtOnce(parsed, atOnce), parsed.GetValue(wait) ? Say.Line : submitted => Console.Out.WriteLine($"{submitted} Follow with: {follow}"), say)
                    : new WorkerCrew(folder, count, parsed.GetValue(root), gpus, StudyCommand.SeedsAtOnce(parsed, atOnce));
                if (isOnSlurm && !parsed.GetValue(wait))
                {
                    return 0;
                }

                try
                {
                    WhileTheFolderLasts(folder, () => StudyView.Show(plan, folder, crew, parsed.GetValue(quiet), interrupt.Token));
                }
                catch (OperationCanceledException)
                {
                    var (done, word) = (string.Create(CultureInfo.InvariantCulture, $"dsd: interrupted; {plan.Trials.Count(folder.IsDone):N0} of {plan.Trials.Count():N0} trials are done."), CommandText.Word(folder.Path));
                    Say.Line(crew is SlurmWorkers there
                        ? $"{done} The workers go on in Slurm. Follow them with: {follow}; end them with: scancel {string.Join(' ', there.Jobs)}"
                        : $"{done} Continue with: dsd study run {word}");
                    return ExitCode.Interrupted;
                }
            }

            return Show(StudyResults.Read(plan, folder), folder, parsed.GetValue(json), say);
        });
        return command;
    }

    /// <summary>Runs what works on a study's folder; if the folder can no longer be used, the command fails with the reason.</summary>
    public static void WhileTheFolderLasts(StudyFolder folder, Action work)
    {
        try
        {
            work();
        }
        catch (StudyLostException e)
        {
            throw new FailedException(e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FailedException(folder.Lost(e).Message, e);
        }
    }

    private static void CheckLauncher(bool isOnSlurm, bool isAwaited, bool hasOptions, bool isJson, string? device)
    {
        if (!isOnSlurm && (isAwaited || hasOptions))
        {
            throw new DsdException($"{(isAwaited ? "--wait" : "--sbatch")} goes with --launcher slurm; local workers are always waited for, and sbatch does not start them.");
        }

        if (isOnSlurm && isJson && !isAwaited)
        {
            throw new DsdException("--json prints the results, which --launcher slurm has only with --wait. Add --wait, or use 'dsd study status --json' later.");
        }

        if (isOnSlurm && device == RunConfig.AutomaticDevice)
        {
            throw new DsdException("--device auto: with --launcher slurm this machine cannot know which devices the workers will have. Give cpu or cuda.");
        }
    }

    /// <summary>The command that follows workers in Slurm, and replaces lost ones by others like them.</summary>
    private static string Follow(StudyFolder folder, long? workers, string? root, string[] options, int? seedsAtOnce) => string.Join(' ', ((string[])
    [
        "dsd", "study", "run", folder.Path, "--launcher", "slurm", "--wait",
        .. workers is { } count ? [string.Create(CultureInfo.InvariantCulture, $"--workers={count}")] : Array.Empty<string>(),
        .. seedsAtOnce is { } seeds ? [string.Create(CultureInfo.InvariantCulture, $"--seeds-at-once={seeds}")] : Array.Empty<string>(),
        .. root is null ? Array.Empty<string>() : [$"--data-root={root}"],
        .. options.Select(o => $"--sbatch={o}"),
    ]).Select(CommandText.Word));

    private static SlurmWorkers Submit(StudyPlan plan, StudyFolder folder, int? given, int most, string? root, string[] options, int? seedsAtOnce, Action<string> tell, Action<string> say)
    {
        if (folder.Study.Device is { } device && DeviceName.KindOf(device) != DeviceName.Cpu && !Array.Exists(options, o => o.StartsWith("--g", StringComparison.Ordinal)))
        {
            say("The study computes on a GPU, and no option of sbatch asks for one, such as --sbatch=--gres=gpu:1");
        }

        var workers = new SlurmWorkers(Slurm.Installed, folder, given, most, () => (plan.Trials.Count(folder.IsDone), folder.IsOver(plan)), root, options, seedsAtOnce);
        var word = CommandText.Word(folder.Path);
        tell(string.Create(CultureInfo.InvariantCulture, $"{(workers.Found > 0 ? $"{workers.Found} worker{(workers.Found == 1 ? " is" : "s are")} in the queue already; " : "")}{Submitted(workers.Count - workers.Found)} (job {string.Join(", ", workers.Jobs)}). Look with: dsd study status {word} or dsd watch {word}."));
        return workers;

        static string Submitted(int count) => count == 0 ? "nothing was submitted" : string.Create(CultureInfo.InvariantCulture, $"submitted {count} worker{(count == 1 ? "" : "s")}");
    }

    private static int Show(StudyResults results, StudyFolder folder, bool isJson, Action<string> say)
    {
        Console.Out.Write(isJson ? StudyPreview.OfResults(results, folder.Path) + "\n" : results.Describe());
        say($"Page with charts: dsd study report {CommandText.Word(folder.Path)}");
        var gaps = results.Gaps.ToList();
        if (gaps.Count > 0)
        {
            Say.Line(string.Create(CultureInfo.InvariantCulture, $"dsd: {gaps.Count} trial{(gaps.Count == 1 ? "" : "s")} failed: {string.Join(", ", gaps.Take(5).Select(g => g.Trial.Name))}{(gaps.Count > 5 ? ", …" : "")}"));
        }

        return gaps.Count > 0 ? ExitCode.Failed : 0;
    }
}
