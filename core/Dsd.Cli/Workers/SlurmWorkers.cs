using System.Diagnostics;
using System.Globalization;
using Dsd.Optimizers;
using Dsd.Records;
using Dsd.Studies;

namespace Dsd.Cli;

/// <summary>The workers of a study as tasks of Slurm's job arrays; they find their work in the study's folder. Those that are lost are replaced.</summary>
/// <remarks>
/// Their jobs are listed in the folder, so that a later command goes on with those that are still there. A worker that Slurm asks to stop, before its time is over or to make
/// room for another job, keeps a checkpoint and goes back into the queue by itself.
/// </remarks>
internal sealed class SlurmWorkers : IWorkers
{
    /// <summary>The list of a study's jobs, one id a line.</summary>
    public const string JobsFile = "slurm-jobs.txt";

    /// <summary>How long before the end of its time a worker is asked to stop.</summary>
    private const int SecondsToStop = 60;
    private const int MaxReplacements = 5;
    private const int MaxLogLines = 3;
    private const int MaxLogBytes = 8192;
    private readonly Slurm _slurm;
    private readonly StudyFolder _folder;
    private readonly Func<(int Done, bool IsOver)> _progress;
    private readonly Func<int, IReadOnlyList<string>> _job;
    private readonly TimeSpan _pause;
    private readonly List<string> _jobs;
    private readonly List<SlurmTask> _tasks;
    private readonly List<SlurmTask> _missed = [];
    private readonly List<(SlurmTask Task, SlurmEnd? End)> _ended = [];
    private readonly List<string> _said = [];
    private readonly Stopwatch _since = Stopwatch.StartNew();
    private IReadOnlyList<SlurmTask> _queue;
    private int _replacements;
    private int _done;

    /// <summary>Submits as many workers as are wanted and not yet in the queue.</summary>
    /// <param name="slurm">The programs.</param>
    /// <param name="folder">The study's folder.</param>
    /// <param name="count">The number of workers; null for those that are in the queue already, or else <paramref name="most"/>.</param>
    /// <param name="most">The number of workers that have something to do.</param>
    /// <param name="progress">The number of finished trials, and whether the study is over.</param>
    /// <param name="root">The root folder of data sets, or null.</param>
    /// <param name="options">Further options of sbatch; they override those given here.</param>
    /// <param name="seedsAtOnce">The number of seeds that each trains at once; null for as many as fit on a GPU.</param>
    /// <param name="pause">The time between two looks into the queue. Default null: ten seconds.</param>
    /// <exception cref="DsdException">Slurm is missing or rejects the job.</exception>
    public SlurmWorkers(Slurm slurm, StudyFolder folder, int? count, int most, Func<(int Done, bool IsOver)> progress, string? root, IReadOnlyList<string> options, int? seedsAtOnce = null, TimeSpan? pause = null)
    {
        (_slurm, _folder, _progress, _pause) = (slurm, folder, progress, pause ?? TimeSpan.FromSeconds(10));
        _jobs = Listed(folder);
        _queue = _jobs.Count == 0 ? [] : slurm.Queue(_jobs) ?? throw new DsdException("--launcher slurm: squeue does not answer, and earlier jobs of this study may still be in the queue. Try again when it does.");
        _tasks = [.. _queue];
        (_done, Found) = (progress().Done, _tasks.Count);
        var wanted = count is null && Found > 0 ? Found : most;
        _job = workers => Arguments(folder, workers, wanted, root, options, seedsAtOnce);
        if (wanted > Found)
        {
            Submit(wanted - Found);
        }
    }

    /// <summary>The number of workers of earlier commands that are still there.</summary>
    public int Found { get; }

    /// <summary>The jobs of the workers.</summary>
    public IEnumerable<string> Jobs => _tasks.Select(t => t.Job).Distinct();

    /// <summary>The number of workers.</summary>
    public int Count => _tasks.Count;

    public IReadOnlyList<string> Said => [.. _said];

    public string State
    {
        get
        {
            var running = _queue.Count(t => t.State == "RUNNING");
            var waiting = _tasks.Count - running;
            var reasons = string.Join(", ", _queue.Where(t => t.State == "PENDING" && t.Reason != "None").Select(t => t.Reason).Distinct());
            return string.Create(CultureInfo.InvariantCulture, $"Slurm: {running} worker{(running == 1 ? "" : "s")} running{(waiting > 0 ? $", {waiting} waiting" : "")}{(reasons.Length > 0 ? $" ({reasons})" : "")}");
        }
    }

    public bool IsWorking()
    {
        if (_since.Elapsed < _pause)
        {
            return true;
        }

        _since.Restart();
        if (_progress() is not { IsOver: false, Done: var done } || _slurm.Queue(_jobs) is not { } queue)
        {
            return true;
        }

        _queue = queue;
        if (done > _done)
        {
            (_done, _replacements) = (done, 0);
        }

        // A task that is on its way back into the queue may be missing from it once.
        var gone = _tasks.FindAll(t => !queue.Any(t.IsThat));
        var ended = gone.FindAll(_missed.Contains);
        _missed.Clear();
        _missed.AddRange(gone);
        ended.ForEach(Replace);
        return _tasks.Count > 0;
    }

    public DsdException Ended()
    {
        var message = $"All workers ended before the study was complete; finished trials stay in {_folder.Path}, and the same command goes on from them. The workers, with the ends of their logs:\n{string.Join('\n', _ended.Select(Described).Distinct())}";
        return _ended.TrueForAll(e => e.End is { Code: ExitCode.BadInput }) ? new DsdException(message) : new FailedException(message);
    }

    /// <summary>Does nothing: the jobs go on without this command.</summary>
    public void Dispose()
    {
    }

    private static List<string> Listed(StudyFolder folder)
    {
        var file = Path.Combine(folder.Path, JobsFile);
        return File.Exists(file) ? [.. StudyFolder.ReadText(file).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)] : [];
    }

    private static List<string> Arguments(StudyFolder folder, int workers, int among, string? root, IEnumerable<string> options, int? seedsAtOnce)
    {
        var path = Path.GetFullPath(folder.Path);
        var (program, first) = WorkerCrew.Self();
        string[] worker = [program, .. first, "study", "work", path, "--requeue", .. root is null ? Array.Empty<string>() : ["--data-root", Path.GetFullPath(root)], .. WorkerCrew.SeedArguments(seedsAtOnce, among, onGpu: 1)];
        var threads = folder.Study.Threads.ToString(CultureInfo.InvariantCulture);
        return
        [
            $"--job-name=dsd-{folder.Study.Name}",
            string.Create(CultureInfo.InvariantCulture, $"--array=1-{workers}"),
            $"--cpus-per-task={threads}",
            "--requeue",
            "--open-mode=append",
            string.Create(CultureInfo.InvariantCulture, $"--signal=B:TERM@{SecondsToStop}"),
            $"--output={Path.Combine(path.Replace("%", "%%", StringComparison.Ordinal), "slurm-%A-%a.log")}",
            .. options,
            $"--wrap=export OMP_NUM_THREADS={threads}; exec {string.Join(' ', worker.Select(Quoted))}",
        ];
    }

    private static string Quoted(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private void Submit(int workers)
    {
        var job = _slurm.Submit(_job(workers));
        _jobs.Add(job);
        _tasks.AddRange(Enumerable.Range(1, workers).Select(i => new SlurmTask(job, i, "PENDING", "None")));

        // Another command may have submitted some too.
        _jobs.AddRange(Listed(_folder).Except(_jobs));
        AtomicFile.WriteText(Path.Combine(_folder.Path, JobsFile), string.Concat(_jobs.Select(j => j + "\n")));
    }

    private void Replace(SlurmTask task)
    {
        // Where Slurm does not answer, the next look tries again.
        if (!_slurm.TryEndOf(task, out var end))
        {
            return;
        }

        var has = $"worker {task.Name} has ended ({end?.ToString() ?? "Slurm no longer knows how"})";
        var isReplaced = (end is null || end.IsLost) && _replacements < MaxReplacements;
        if (isReplaced)
        {
            try
            {
                Submit(1);
            }
            catch (DsdException e) when (_queue.Count > 0)
            {
                // The others go on.
                Say($"{has}; another one is submitted as soon as Slurm takes it: {e.Message}");
                return;
            }

            _replacements++;
        }

        _tasks.RemoveAll(task.IsThat);
        _ended.Add((task, end));
        Say($"{has}{(isReplaced ? "; another takes its place" : "")}");
    }

    private void Say(string sentence)
    {
        if (!_said.Contains(sentence))
        {
            _said.Add(sentence);
        }
    }

    private string Described((SlurmTask Task, SlurmEnd? End) ended)
    {
        var lines = LogOf(ended.Task);
        return $"  {ended.Task.Name}: {ended.End?.ToString() ?? "unknown"}{string.Concat(lines.Select(l => $"\n    {l}"))}";
    }

    /// <summary>Reads the last lines of a worker's log; none if it cannot be read.</summary>
    private List<string> LogOf(SlurmTask task)
    {
        try
        {
            using var log = File.OpenRead(Path.Combine(_folder.Path, FormattableString.Invariant($"slurm-{task.Job}-{task.Index}.log")));
            log.Seek(Math.Max(0, log.Length - MaxLogBytes), SeekOrigin.Begin);
            using var reader = new StreamReader(log);
            return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(MaxLogLines)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
