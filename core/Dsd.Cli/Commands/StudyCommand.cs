using System.CommandLine;
using System.Globalization;
using Dsd.Charts;
using Dsd.Data;
using Dsd.Statistics;
using Dsd.Studies;
using static TorchSharp.torch;

namespace Dsd.Cli;

/// <summary><c>dsd study</c>: plans, runs and reports many trials with seeds and controls.</summary>
internal static class StudyCommand
{
    private const long Automatic = -1;

    public static Command Create() => new Command("study", "Compare schedules over many seeds with fair controls: plan, run, report.")
    {
        StudyPlanCommand.Create(),
        CreateRun(),
        CreateWork(),
        CreateStatus(),
        CreateReport(),
        CreateCompare(),
    }.WithHelp("""
        A study is a file in JSON: variants × arms × seeds. See 'dsd study plan --help' for an example.

        Examples:
          dsd study plan sparsity.json          what it will train, its cost and its power
          dsd study run sparsity.json           trains, in runs/NAME; run it again to resume
          dsd study report runs/NAME            tables, pictures, statistics, CSV
          dsd study compare runs/A runs/B       two studies side by side

        """);

    public static Argument<string> StudyArgument() => OptionOf.PathArgument("STUDY", StudyInput.Explanation);

    private static Command CreateRun()
    {
        var input = StudyArgument();
        var root = OptionOf.DataRoot();
        var output = OptionOf.Path("--out", "Folder of the study. Default: runs/NAME, or STUDY where that is a folder.", "DIR");
        var device = DeviceOption();
        var workers = WorkersOption();
        var atOnce = SeedsAtOnceOption();
        var seeds = OptionOf.Whole("--seeds", "The number of seeds of the study; a study started with fewer is extended. Default: as in the study.", 1, Study.MaxSeeds);
        var launcher = OptionOf.Choice("--launcher", "How workers are started: by this process, or by Slurm as a job array.", "local", "slurm");
        var slurm = new Option<string[]>("--sbatch") { Description = "Options for sbatch, such as --partition=gpu. Repeatable.", HelpName = "OPTION" };
        var quiet = new Option<bool>("--quiet") { Description = "Show no progress." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object on standard output and nothing else there." };
        var command = new Command("run", "Run the trials of a study; a started one resumes where it stopped.") { input, root, output, device, workers, atOnce, seeds, launcher, slurm, quiet, json }.WithHelp("""
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

            Exit code 1: a trial failed, other than one rate of several that diverged; or the folder can no
            longer be written, e.g. since the disk is full.

            Examples:
              dsd study run sparsity.json
              dsd study run runs/sparsity --workers 4
              dsd study run sparsity.json --device cuda
              dsd study run runs/sparsity --seeds 32
              dsd study run sparsity.json --launcher slurm --workers 16 --sbatch=--time=2:00:00

            """);
        command.WithLibTorch().WithChecks((parsed, problems) => StudyInput.Check(parsed.GetValue(input)!, parsed.GetValue(output), problems)).SetAction(parsed =>
        {
            var path = parsed.GetValue(input)!;
            Action<string> say = parsed.GetValue(quiet) ? _ => { } : Say.Line;
            var study = StudyInput.Read(path);
            study = parsed.GetValue(seeds) is { } wanted ? study.WithSeeds((int)wanted) : study;
            var source = new CatalogTrials(parsed.GetValue(root), say);
            var target = parsed.GetValue(output) ?? (Directory.Exists(path) ? path : Path.Combine("runs", study.Name));
            study = StudyInput.On(study, target, parsed.IsGiven(device) ? parsed.GetValue(device) : null);
            var (plan, folder) = StudyOpening.Open(target, study, source, extend: parsed.GetValue(seeds) is not null, Say.Line);
            using var interrupt = new Interrupt();
            var given = parsed.GetValue(workers);
            var open = plan.TrialBlocks.Where(b => !b.Trials.All(folder.IsDone)).ToList();
            var gpus = parsed.GetValue(launcher) == "local" && !folder.IsOver(plan) ? RunOptions.Gpus(folder.Study.Device) : 0;
            var count = WorkerCount.WithWork(given, gpus > 0 ? gpus : WorkerCount.Default(folder.Study.Threads), open.Count, say);
            if (!folder.IsOver(plan))
            {
                Remarks.Of(plan).ToList().ForEach(say);
                foreach (var problem in source.Problems(plan.Trials.Select(t => t.Treatment.Config).Distinct(), interrupt.Token))
                {
                    say($"{problem}.");
                }
            }

            if (parsed.GetValue(launcher) == "slurm")
            {
                Console.Out.WriteLine(Slurm.Submit(folder, count, parsed.GetValue(root), parsed.GetValue(slurm) ?? [], SeedsAtOnce(parsed, atOnce)));
                return 0;
            }

            if (!folder.IsOver(plan))
            {
                TorchInstall.Require();
                count = WorkerCount.OfThisMachine(given, count, folder.Study.Threads, WorkerMemory.Of(open, source, folder.Study, gpus > 0 ? null : SeedsAtOnce(parsed, atOnce)), FreeMemory.Bytes(), say);
                source.Download(plan.Trials.Select(t => t.Treatment.Config).Distinct(), interrupt.Token);
                using var crew = new WorkerCrew(folder, count, parsed.GetValue(root), gpus, SeedsAtOnce(parsed, atOnce));
                try
                {
                    WhileTheFolderLasts(folder, () => StudyView.Show(plan, folder, crew, parsed.GetValue(quiet), interrupt.Token));
                }
                catch (OperationCanceledException)
                {
                    Say.Line(string.Create(CultureInfo.InvariantCulture, $"dsd: interrupted; {plan.Trials.Count(folder.IsDone):N0} of {plan.Trials.Count():N0} trials are done. Continue with: dsd study run {CommandText.Word(folder.Path)}"));
                    return ExitCode.Interrupted;
                }
            }

            var results = StudyResults.Read(plan, folder);
            Console.Out.Write(parsed.GetValue(json) ? StudyPreview.OfResults(results, folder.Path) + "\n" : results.Describe());
            say($"Page with charts: dsd study report {CommandText.Word(folder.Path)}");
            var gaps = results.Gaps.ToList();
            if (gaps.Count > 0)
            {
                Say.Line(string.Create(CultureInfo.InvariantCulture, $"dsd: {gaps.Count} trial{(gaps.Count == 1 ? "" : "s")} failed: {string.Join(", ", gaps.Take(5).Select(g => g.Trial.Name))}{(gaps.Count > 5 ? ", …" : "")}"));
            }

            return gaps.Count > 0 ? ExitCode.Failed : 0;
        });
        return command;
    }

    private static Command CreateWork()
    {
        var input = OptionOf.PathArgument("DIR", "The folder of a study.");
        var root = OptionOf.DataRoot();
        var atOnce = SeedsAtOnceOption();
        var among = OptionOf.Whole("--among", "The number of workers among which seeds are shared. Default: 1.", 1, 10_000);
        among.Hidden = true;
        var onGpu = OptionOf.Whole("--on-gpu", "The number of workers that share this worker's GPU. Default: 1.", 1, 10_000);
        onGpu.Hidden = true;
        var tied = new Option<bool>("--until-input-ends") { Description = "Stop when standard input ends.", Hidden = true };
        var command = new Command("work", "Be one worker of a study until all its trials are done, as started by 'run'; for custom launchers.") { input, root, atOnce, among, onGpu, tied }.WithHelp("""
            With a study for GPUs it trains on the first that it sees; CUDA_VISIBLE_DEVICES chooses another.

            Examples:
              dsd study work runs/sparsity
              CUDA_VISIBLE_DEVICES=1 dsd study work runs/sparsity

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
                // The coordinator holds the other end; when it ends, however it ends, its workers stop.
                new Thread(() =>
                {
                    while (Console.In.Read() >= 0)
                    {
                    }

                    stop.Cancel();
                })
                { IsBackground = true }.Start();
            }

            TorchInstall.Load();
            set_num_threads(folder.Study.Threads);

            // The coordinator shows what its workers write on standard output.
            var seeds = new SeedsAtOnce(SeedsAtOnce(parsed, atOnce), (int)(parsed.GetValue(among) ?? 1), (int)(parsed.GetValue(onGpu) ?? 1), parsed.GetValue(tied) ? Console.Out.WriteLine : Say.Line);
            WhileTheFolderLasts(folder, () => new StudyWorker(plan, folder, source, null, seeds: seeds).Work(stop.Token));
            return 0;
        });
        return command;
    }

    private static Command CreateStatus()
    {
        var input = OptionOf.PathArgument("DIR", "The folder of a study.");
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("status", "Show the progress of a study and its results so far.") { input, json }.WithHelp("""
            Examples:
              dsd study status runs/sparsity

            """);
        command.SetAction(parsed =>
        {
            var results = Read(parsed.GetValue(input)!);
            Console.Out.Write(parsed.GetValue(json) ? StudyPreview.OfResults(results, parsed.GetValue(input)!) + "\n" : results.Describe());
            return 0;
        });
        return command;
    }

    private static Command CreateReport()
    {
        var input = OptionOf.PathArgument("DIR", "The folder of a study; an incomplete study is reported as far as it got.");
        var output = OptionOf.Path("--out", "The folder to write to. Default: the study's.", "DIR");
        var pictures = ReportPictures.Create();
        var command = new Command("report", "Write a study as an offline page, as Markdown, and as CSV.") { input, output, pictures }.WithHelp($"""
            Writes report.html, report.md and trials.csv, and prints their paths. The page holds its charts
            and the library that draws them (4 MB); no network is needed.

            {ReportPictures.Help}

            Examples:
              dsd study report runs/sparsity
              dsd study report runs/sparsity --pictures svg

            """);
        command.SetAction(parsed =>
        {
            var folder = parsed.GetValue(input)!;
            var results = Read(folder);
            var target = parsed.GetValue(output) ?? folder;
            var drawn = ReportPictures.Write(parsed.GetValue(pictures), target, (to, format) => Picture.SaveAll(StudyReport.Pictures(results), to, format));
            try
            {
                Directory.CreateDirectory(target);
                foreach (var (name, text) in new[] { ("report.html", StudyReport.Html(results)), ("report.md", StudyReport.Markdown(results)), ("trials.csv", results.ToCsv()) })
                {
                    var path = Path.Combine(target, name);
                    AtomicFile.WriteText(path, text);
                    Console.Out.WriteLine(path);
                }

                foreach (var path in drawn)
                {
                    Console.Out.WriteLine(path);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new DsdException($"{target}: the report cannot be written there ({e.Message.TrimEnd('.')}). Name another folder with --out.", e);
            }

            return 0;
        });
        return command;
    }

    private static Command CreateCompare()
    {
        var first = OptionOf.PathArgument("A", "The folder of a study.");
        var second = OptionOf.PathArgument("B", "The folder of another study.");
        var command = new Command("compare", "Compare two studies side by side: the same differences in both.") { first, second }.WithHelp("""
            Examples:
              dsd study compare runs/plain runs/augmented

            """);
        command.SetAction(parsed =>
        {
            Console.Out.Write(Read(parsed.GetValue(first)!).CompareWith(Read(parsed.GetValue(second)!)));
            return 0;
        });
        return command;
    }

    private static void WhileTheFolderLasts(StudyFolder folder, Action work)
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

    private static StudyResults Read(string path) => StudyResults.Read(path, new CatalogTrials());

    public static Option<long?> WorkersOption() => OptionOf.Whole("--workers", "Worker processes, at most one for each block of trials. Default: the number of cores divided by the threads of a trial; on GPUs one for each.", 1, 10_000);

    public static Option<long?> SeedsAtOnceOption()
    {
        var option = OptionOf.Struct<long>("--seeds-at-once", Parse, "Seeds of one network that a worker trains at once; 0 and 1: one after another. Default: auto, which is as many as fit on a GPU, and one after another on the CPU.", "auto|N");
        option.CompletionSources.Add("auto");
        return option;

        static long Parse(string text) => text == "auto" ? Automatic
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= Study.MaxSeeds ? value
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"'{text}' cannot be used: give auto, or a whole number from 0 to {Study.MaxSeeds}."));
    }

    /// <summary>Gets the number of seeds to train at once; null for auto.</summary>
    public static int? SeedsAtOnce(ParseResult parsed, Option<long?> option) => parsed.GetValue(option) is { } value and not Automatic ? (int)value : null;

    public static Option<string> DeviceOption() => OptionOf.Device("as in the study, else cpu", "Device to compute on; auto uses GPUs if there are any.");
}
