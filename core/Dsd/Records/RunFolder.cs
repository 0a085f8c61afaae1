using System.Globalization;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Records;

/// <summary>The folder of a run: its config, each arm's event log and final weights, and a summary. <c>dsd report</c> and <see cref="Comparison.Load"/> read it.</summary>
/// <remarks>
/// <c>run.json</c> (the config), <c>schedule.json</c>, <c>data.gz</c> (names and hashes of the data's files); for each arm <c>ARM/events.jsonl</c>,
/// <c>ARM/weights.safetensors</c> (the final weights), <c>ARM/1-dense.safetensors</c> and so on (those at the ends of the other phases, with masks),
/// <c>ARM/best-dense.safetensors</c> and <c>ARM/best-sparse.safetensors</c> (the best by validation); <c>checkpoints/</c> until the run is complete; where they
/// are given, <c>command.txt</c>, <c>init.txt</c> (what was loaded to start from), <c>summary.txt</c> and <c>result.json</c>. A script fills one so, and continues it with <see cref="Resume(string)"/> in the place of Create:
/// <code>
/// using var folder = RunFolder.Create("runs/mine", config);
/// FairComparison.Run(config.Arms, model, task, TrainerSettings.Of(config), folder: folder);
/// </code>
/// Event logs grow while the run goes on, and the other files are whole or not there; a run that was killed leaves a record up to there, and one that was stopped (Ctrl-C, a notebook's stop button, a token) a checkpoint of its last step. One process works in a folder at a time.
/// </remarks>
public sealed class RunFolder : IDisposable
{
    private const string DefaultRoot = "runs";
    private const int MaxTextLength = 1 << 24;

    private readonly RunLock _lock;
    private readonly Dictionary<string, RunLog> _logs = [];
    private bool _isDisposed;
    private bool _hasBegun;

    private RunFolder(string path, RunConfig config, RunLock held) => (Path, Config, _lock) = (path, config, held);

    /// <summary>The path of the folder.</summary>
    public string Path { get; }

    /// <summary>The run.</summary>
    public RunConfig Config { get; }

    /// <summary>True if the folder was opened to continue its run.</summary>
    public bool IsResumed { get; private init; }

    /// <summary>The folder of the run's checkpoints.</summary>
    internal string Checkpoints => System.IO.Path.Combine(Path, RunFiles.Checkpoints);

    /// <summary>The reason why the record, a checkpoint or final weights could not be written, as on a full disk; null if all were. Training goes on then.</summary>
    public string? Failure => FilesFailure ?? _logs.Values.Select(l => l.Failure).FirstOrDefault(f => f is not null);

    /// <summary>The reason why the last checkpoint or final weights could not be written; null if they were.</summary>
    internal string? FilesFailure { get; set; }

    /// <summary>True if the data were compared with those that the run began with.</summary>
    internal bool IsDataChecked { get; private set; }

    /// <summary>The reason why a run that continues could not start again without a checkpoint; null if it could.</summary>
    internal string? NeedsCheckpoint { get; set; }

    /// <summary>Receives messages about checkpoints. Default: standard error.</summary>
    internal Action<string> Say { get; set; } = Tell;

    /// <summary>Checks that a folder can hold a run; writes nothing.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="replace">Whether the run in it may be replaced. Default false.</param>
    /// <exception cref="DsdException">It is a file or below one, or not empty, or holds no run that could be replaced.</exception>
    public static void Check(string path, bool replace = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        for (var at = System.IO.Path.GetFullPath(path); at is not null; at = System.IO.Path.GetDirectoryName(at))
        {
            if (File.Exists(at))
            {
                throw new DsdException($"{path}: {at} is a file; give a folder that does not exist yet or is empty.");
            }
        }

        if (!Directory.Exists(path) || !Directory.EnumerateFileSystemEntries(path).Any())
        {
            return;
        }

        if (!RunFiles.IsRun(path))
        {
            throw new DsdException($"{path}: the folder is not empty and holds no run that could be {(replace ? "replaced" : "continued or replaced")}; choose another.");
        }

        if (!replace)
        {
            throw new DsdException($"{path}: the folder holds a run. To continue it: dsd resume at the command line, RunFolder.Resume in a program; to replace it: --force, replace: true. Or choose another folder.");
        }
    }

    /// <summary>Creates a new folder named after network, data and time.</summary>
    /// <param name="config">The run.</param>
    /// <param name="command">The command that does the run again, for the report. Default null: none.</param>
    /// <param name="root">The folder to make it in. Default <c>"runs"</c>.</param>
    /// <exception cref="DsdException">The folder cannot be written.</exception>
    public static RunFolder CreateNew(RunConfig config, string? command = null, string root = DefaultRoot)
    {
        ArgumentNullException.ThrowIfNull(config);
        var name = string.Create(CultureInfo.InvariantCulture, $"{FileName.Of(config.Training.Network)}-{NameOf(config.Training.Data)}-{DateTime.Now:yyyyMMdd-HHmmss}");
        for (var i = 1; ; i++)
        {
            var path = System.IO.Path.Combine(root, i == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{i}"));
            try
            {
                if (!Directory.Exists(path))
                {
                    return Create(path, config, command);
                }
            }
            catch (DsdException) when (Directory.Exists(path))
            {
                // Another run began in the same second; it keeps its folder.
            }
        }
    }

    /// <summary>Creates the folder, removes the files of an earlier run, and writes the config.</summary>
    /// <param name="path">The folder; it does not exist yet or is empty, or a run in it is to be replaced.</param>
    /// <param name="config">The run.</param>
    /// <param name="command">The command that does the run again, for the report. Default null: none.</param>
    /// <param name="replace">Whether the run in it may be replaced, unless a process is at work there; other files there stay. Default false.</param>
    /// <exception cref="DsdException">The folder holds something else or a process is at work there, or it cannot be written.</exception>
    public static RunFolder Create(string path, RunConfig config, string? command = null, bool replace = false)
    {
        ArgumentNullException.ThrowIfNull(config);
        Check(path, replace);
        RunFolder? folder = null;
        var created = new Stack<string>();
        try
        {
            Make(path, created);
            folder = new RunFolder(path, config, RunLock.Take(path, Tell));
            RunFiles.CheckForLinks(path, config.Arms.Select(a => a.Name));
            if (replace)
            {
                RunFiles.Remove(path);
            }

            // A log that exists already is not opened: of two runs that want one folder, the second stops here.
            foreach (var arm in config.Arms)
            {
                Make(RunFiles.Arm(path, arm.Name), created);
                folder._logs[arm.Name] = RunLog.Create(RunFiles.Events(path, arm.Name));
            }

            AtomicFile.WriteText(folder.At(RunFiles.Config), config.ToJson() + "\n");
            AtomicFile.WriteText(folder.At(RunFiles.Schedule), config.Schedule.ToJson() + "\n");
            if (command is not null)
            {
                AtomicFile.WriteText(folder.At(RunFiles.Command), command + "\n");
            }

            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DsdException)
        {
            foreach (var arm in folder?._logs.Keys.ToList() ?? [])
            {
                folder!._logs[arm].Dispose();
                File.Delete(RunFiles.Events(path, arm));
            }

            if (folder is not null)
            {
                File.Delete(folder.At(RunFiles.Config));
                File.Delete(folder.At(RunFiles.Schedule));
                folder.Dispose();
            }

            while (created.TryPop(out var made) && !Directory.EnumerateFileSystemEntries(made).Any())
            {
                Directory.Delete(made);
            }

            throw e is DsdException ? e : new DsdException($"{path}: the folder cannot be written ({e.Message.TrimEnd('.')}). Choose another.", e);
        }
    }

    /// <summary>Opens the folder of a stopped run to continue it; pass it to the same call that began the run.</summary>
    /// <remarks>Training continues from the last checkpoint that is whole, with the bits of a run that never stopped; without one it starts again.</remarks>
    /// <param name="path">The folder.</param>
    /// <exception cref="DsdException">It holds no run or none with a config, or a process is at work there.</exception>
    public static RunFolder Resume(string path) => Resume(path, Tell);

    /// <inheritdoc cref="Resume(string)"/>
    /// <param name="path">The folder.</param>
    /// <param name="waiting">Called with a message if a process of another machine may still be at work there.</param>
    internal static RunFolder Resume(string path, Action<string> waiting)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!Directory.Exists(path))
        {
            throw new DsdException($"{path}: there is no such folder; give the folder of a run, such as runs/NAME.");
        }

        var config = ConfigOf(path) ?? throw new DsdException($"{path}: the folder holds no run that could be continued: {RunFiles.Config} is missing.");
        try
        {
            var folder = new RunFolder(path, config, RunLock.Take(path, waiting)) { IsResumed = true };
            try
            {
                RunFiles.CheckForLinks(path, config.Arms.Select(a => a.Name));
                RunFiles.RemoveTemporary(path);
                return folder;
            }
            catch
            {
                folder.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException($"{path}: the folder cannot be written ({e.Message.TrimEnd('.')}).", e);
        }
    }

    /// <summary>Gets the command that repeats the run in a folder; null if none is recorded.</summary>
    /// <param name="path">The folder.</param>
    public static string? CommandOf(string path) => Text(path, RunFiles.Command)?.TrimEnd();

    /// <summary>Gets the config of the run in a folder; null if none is recorded, as in folders of earlier versions.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="DsdException">It is damaged; the message says where.</exception>
    public static RunConfig? ConfigOf(string path)
    {
        try
        {
            return Text(path, RunFiles.Config) is { } text ? RunConfig.FromJson(text) : null;
        }
        catch (JsonFormatException e)
        {
            throw new DsdException($"{System.IO.Path.Combine(path, RunFiles.Config)}: {e.Message}.", e);
        }
    }

    /// <summary>Checks that data are those that the run began with, and records them if they are not recorded yet.</summary>
    /// <param name="data">The data now.</param>
    /// <exception cref="DsdException">They have changed; the message names the files.</exception>
    internal void CheckData(DataInventory data)
    {
        IsDataChecked = true;
        var file = At(RunFiles.Data);
        if (!File.Exists(file))
        {
            Try(() => data.Write(file));
        }
        else if (DataInventory.Read(file, data.Data, data.Hash) is null)
        {
            var before = DataInventory.Read(file, data.Data, null);
            throw new DsdException($"{Path}: the data have changed since the run began: {(before is null ? "they have another hash" : data.Since(before))}. Restore them, or begin another run.");
        }
    }

    /// <summary>Appends an event to the log of its arm.</summary>
    /// <remarks>An event that cannot be written is kept and tried again with the next one; <see cref="Failure"/> says so.</remarks>
    /// <param name="arm">The arm.</param>
    /// <param name="happened">The event.</param>
    /// <exception cref="DsdException">The run has no such arm, the arm starts with another schedule, seed, optimiser or gradient clip than the config has, or another process has taken the folder over.</exception>
    internal void Observe(Arm arm, TrainingEvent happened)
    {
        if (!_logs.TryGetValue(arm.Name, out var log))
        {
            throw NoSuchArm(arm.Name);
        }

        CheckHeld();
        if (happened is TrainingEvent.RunStarted start)
        {
            CheckSettings(arm, start);
        }

        log.Write(happened);
    }

    /// <summary>Rejects an arm that trains otherwise than the folder's config says.</summary>
    /// <exception cref="DsdException">It does; the message lists the differences.</exception>
    internal void CheckSettings(Arm arm, TrainingEvent.RunStarted start)
    {
        if (Differences(arm.Name, start).ToList() is { Count: > 0 } differences)
        {
            throw new DsdException($"{Path}: the arm '{arm.Name}' trains with other settings than the folder's config: {string.Join("; ", differences)}. Train config.Arms with TrainerSettings.Of(config).");
        }
    }

    /// <summary>Marks that a run uses this folder.</summary>
    /// <exception cref="InvalidOperationException">One has used it before.</exception>
    /// <exception cref="ObjectDisposedException">The folder was disposed.</exception>
    internal void Begin()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_hasBegun)
        {
            throw new InvalidOperationException($"{Path}: this RunFolder has carried a run already. Dispose it, and open the folder again with RunFolder.Resume to continue the run, or create another folder for another run.");
        }

        _hasBegun = true;
    }

    /// <summary>Makes the folder of a completed arm again if somebody deleted it, with its log: what a long run gave is worth more than a tidy place.</summary>
    internal void Recover(string arm)
    {
        var folder = RunFiles.Arm(Path, arm);
        if (!Directory.Exists(folder))
        {
            FilesFailure ??= $"the folder {folder} was deleted or moved while the run was at work";
            _lock.Restore();
            Directory.CreateDirectory(folder);
            AtomicFile.WriteText(At(RunFiles.Config), Config.ToJson() + "\n");
            AtomicFile.Write(RunFiles.Events(Path, arm), file => file.Write(_logs[arm].Content()));
        }
    }

    /// <summary>Returns the event log of an arm so far, including events that could not be written yet.</summary>
    internal byte[] EventsOf(string arm)
    {
        CheckHeld();
        return _logs[arm].Content();
    }

    /// <summary>Reads the record of an arm, as a stopped process left it; null if its log is missing or damaged: checkpoints hold it too.</summary>
    internal RunRecord? TryRead(string arm)
    {
        try
        {
            return RunRecord.Load(RunFiles.Events(Path, arm));
        }
        catch (DsdException)
        {
            return null;
        }
    }

    /// <summary>Replaces the log of an arm by that of a checkpoint, and opens it to continue.</summary>
    internal void Continue(string arm, byte[] events)
    {
        Directory.CreateDirectory(RunFiles.Arm(Path, arm));
        _logs[arm] = RunLog.Continue(RunFiles.Events(Path, arm), events);
    }

    /// <summary>Gets the path of a file of weights of an arm that stays after the run, e.g. of <c>"1-dense"</c>.</summary>
    internal string WeightsOf(string arm, string name) => System.IO.Path.Combine(RunFiles.Arm(Path, arm), $"{name}.safetensors");

    private IEnumerable<string> Differences(string arm, TrainingEvent.RunStarted start)
    {
        if (start.Seed != Config.Seed)
        {
            yield return FormattableString.Invariant($"seed {start.Seed}, not {Config.Seed}");
        }

        if (start.Optimizer != Config.Training.Optimizer.ToString())
        {
            yield return $"{start.Optimizer}, not {Config.Training.Optimizer}";
        }

        if (start.GradientClip != Config.Training.GradientClip)
        {
            yield return FormattableString.Invariant($"gradient clip {start.GradientClip?.ToString(CultureInfo.InvariantCulture) ?? "none"}, not {Config.Training.GradientClip?.ToString(CultureInfo.InvariantCulture) ?? "none"}");
        }

        if (start.Schedule != Config.Arms.First(a => a.Name == arm).Schedule)
        {
            yield return "another schedule";
        }
    }

    /// <summary>Gets the path of the final weights of an arm.</summary>
    /// <param name="arm">The name of the arm.</param>
    /// <exception cref="DsdException">The run has no such arm.</exception>
    public string WeightsOf(string arm) => Config.Arms.Any(a => a.Name == arm) ? System.IO.Path.Combine(Path, arm, RunFiles.Weights) : throw NoSuchArm(arm);

    /// <summary>Writes the result, as text and as JSON.</summary>
    /// <param name="summary">The summary, e.g. <see cref="Comparison.Describe"/>.</param>
    /// <param name="result">The result in JSON.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Finish(string summary, string result)
    {
        AtomicFile.WriteText(At(RunFiles.Summary), summary);
        AtomicFile.WriteText(At(RunFiles.Result), result + "\n");
    }

    /// <summary>Writes what the run's initial weights are: what was loaded, converted, and left as initialised.</summary>
    internal void RecordInit(string text) => Try(() => AtomicFile.WriteText(At(RunFiles.Init), text));

    /// <summary>Writes a file; if it cannot be written, the run goes on and ends with that.</summary>
    internal void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            FilesFailure ??= e.Message.TrimEnd('.');
        }
    }

    /// <summary>Closes the event logs and releases the folder.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        foreach (var log in _logs.Values)
        {
            log.Dispose();
        }

        _lock.Dispose();
    }

    private static void Tell(string message)
    {
        try
        {
            Console.Error.WriteLine(message);
        }
        catch (IOException)
        {
            // Nobody reads it, or the disk that it goes to is full too; the run goes on.
        }
    }

    private void CheckHeld()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_lock.IsLost)
        {
            throw new DsdException($"{Path}: another process has taken this folder over, since this one did not answer for more than {Claim.Expiry.TotalSeconds:0} s. This run stops; the other one continues it.");
        }
    }

    private string At(string file) => System.IO.Path.Combine(Path, file);

    /// <summary>Reads a text of a run's folder; null if it is missing or too long for one.</summary>
    internal static string? Text(string folder, string name)
    {
        var file = new FileInfo(System.IO.Path.Combine(folder, name));
        if (!file.Exists || file.Length > MaxTextLength)
        {
            return null;
        }

        using var reader = new StreamReader(InputFile.Open(file.FullName));
        return reader.ReadToEnd();
    }

    /// <summary>Names a folder after data: for user data, the layout and the last folder of the path.</summary>
    private static string NameOf(string data)
    {
        if (data.Split(':', 2) is not [var format, { Length: > 0 } place])
        {
            return FileName.Of(data);
        }

        var last = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(UserPath.Expand(place))));
        return $"{FileName.Of(format)}-{FileName.Of(last)}";
    }

    private DsdException NoSuchArm(string arm) => new($"{Path}: the run has no arm named '{arm}'; it has {string.Join(", ", Config.Arms.Select(a => a.Name))}.");

    /// <summary>Creates a folder and its parents, and records each new one.</summary>
    private static void Make(string path, Stack<string> created)
    {
        var missing = new Stack<string>();
        for (var at = System.IO.Path.GetFullPath(path); at is not null && !Directory.Exists(at); at = System.IO.Path.GetDirectoryName(at))
        {
            missing.Push(at);
        }

        foreach (var folder in missing)
        {
            Directory.CreateDirectory(folder);
            created.Push(folder);
        }
    }
}
