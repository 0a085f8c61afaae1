using System.Globalization;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Records;

/// <summary>The folder of a run: its config, each arm's event log and final weights, and a summary. <c>dsd report</c> and <see cref="Comparison.Load"/> read it.</summary>
/// <remarks>
/// <c>run.json</c> (the config), <c>schedule.json</c>, for each arm <c>ARM/events.jsonl</c> and <c>ARM/weights.safetensors</c>; where they are given, <c>command.txt</c>,
/// <c>init.txt</c> (what was loaded to start from), <c>summary.txt</c> and <c>result.json</c>. A script fills one so:
/// <code>
/// using var folder = RunFolder.Create("runs/mine", config);
/// FairComparison.Run(
///     config.Arms, model, task, TrainerSettings.Of(config), Observer.Console() + Observer.OfArms(folder.Observe),
///     (arm, trained) => WeightFile.Save(trained, folder.WeightsOf(arm.Name)));
/// </code>
/// Event logs grow while the run goes on, and the other files are whole or not there; a run that was killed leaves a record up to there.
/// </remarks>
public sealed class RunFolder : IDisposable
{
    private const string DefaultRoot = "runs";
    private const string ConfigFile = "run.json";
    private const string ScheduleFile = "schedule.json";
    private const string SummaryFile = "summary.txt";
    private const string ResultFile = "result.json";
    private const string CommandFile = "command.txt";
    private const string InitFile = "init.txt";
    private const string WeightsFile = "weights.safetensors";
    private const int MaxTextLength = 1 << 24;

    private readonly Dictionary<string, EventLog> _logs = [];

    private readonly RunConfig _config;

    private RunFolder(string path, RunConfig config) => (Path, _config) = (path, config);

    /// <summary>The path of the folder.</summary>
    public string Path { get; }

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

        if (!replace)
        {
            throw new DsdException($"{path}: the folder is not empty; choose another, or say that the run in it is to be replaced: --force at the command line, replace: true in a program.");
        }

        if (Arms(path).Count == 0)
        {
            throw new DsdException($"{path}: the folder is not empty and holds no run that could be replaced; choose another.");
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
        var name = string.Create(CultureInfo.InvariantCulture, $"{Plain(config.Training.Network)}-{NameOf(config.Training.Data)}-{DateTime.Now:yyyyMMdd-HHmmss}");
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
            catch (DsdException) when (EventLogs(path, config).Any(File.Exists))
            {
                // Another run began in the same second; it keeps its folder.
            }
        }
    }

    /// <summary>Creates the folder, removes the files of an earlier run, and writes the config.</summary>
    /// <param name="path">The folder; it does not exist yet or is empty, or a run in it is to be replaced.</param>
    /// <param name="config">The run.</param>
    /// <param name="command">The command that does the run again, for the report. Default null: none.</param>
    /// <param name="replace">Whether the run in it may be replaced; other files there stay. Default false.</param>
    /// <exception cref="DsdException">The folder holds something else, or cannot be written.</exception>
    public static RunFolder Create(string path, RunConfig config, string? command = null, bool replace = false)
    {
        ArgumentNullException.ThrowIfNull(config);
        Check(path, replace);
        var folder = new RunFolder(path, config);
        var created = new Stack<string>();
        try
        {
            Make(path, created);
            if (replace)
            {
                RemoveEarlierRun(path);
            }

            // A log that exists already is not opened: of two runs that want one folder, the second stops here.
            foreach (var (arm, events) in config.Arms.Zip(EventLogs(path, config)))
            {
                Make(System.IO.Path.GetDirectoryName(events)!, created);
                folder._logs[arm.Name] = new EventLog(events);
            }

            AtomicFile.WriteText(System.IO.Path.Combine(path, ConfigFile), config.ToJson() + "\n");
            AtomicFile.WriteText(System.IO.Path.Combine(path, ScheduleFile), config.Schedule.ToJson() + "\n");
            if (command is not null)
            {
                AtomicFile.WriteText(System.IO.Path.Combine(path, CommandFile), command + "\n");
            }

            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            folder.Dispose();
            folder._logs.Keys.ToList().ForEach(arm => File.Delete(System.IO.Path.Combine(path, arm, RunReader.EventsFile)));
            while (created.TryPop(out var made) && !Directory.EnumerateFileSystemEntries(made).Any())
            {
                Directory.Delete(made);
            }

            throw new DsdException($"{path}: the folder cannot be written ({e.Message.TrimEnd('.')}). Choose another.", e);
        }
    }

    /// <summary>Gets the command that repeats the run in a folder; null if none is recorded.</summary>
    /// <param name="path">The folder.</param>
    public static string? CommandOf(string path) => Text(path, CommandFile)?.TrimEnd();

    /// <summary>Gets the config of the run in a folder; null if none is recorded, as in folders of earlier versions.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="DsdException">It is damaged; the message says where.</exception>
    public static RunConfig? ConfigOf(string path)
    {
        try
        {
            return Text(path, ConfigFile) is { } text ? RunConfig.FromJson(text) : null;
        }
        catch (JsonFormatException e)
        {
            throw new DsdException($"{System.IO.Path.Combine(path, ConfigFile)}: {e.Message}.", e);
        }
    }

    /// <summary>Appends an event to the log of its arm; an observer of a comparison.</summary>
    /// <param name="arm">The arm.</param>
    /// <param name="happened">The event.</param>
    /// <exception cref="DsdException">The run has no such arm, or the arm starts with another schedule, seed, optimiser or gradient clip than the config has.</exception>
    /// <exception cref="IOException">It cannot be written; the log ends with the event before.</exception>
    public void Observe(Arm arm, TrainingEvent happened)
    {
        ArgumentNullException.ThrowIfNull(arm);
        if (!_logs.TryGetValue(arm.Name, out var log))
        {
            throw NoSuchArm(arm.Name);
        }

        if (happened is TrainingEvent.RunStarted start && Differences(arm.Name, start).ToList() is { Count: > 0 } differences)
        {
            throw new DsdException($"{Path}: the arm '{arm.Name}' trains with other settings than the folder's config: {string.Join("; ", differences)}. Train config.Arms with TrainerSettings.Of(config).");
        }

        log.Write(happened);
    }

    private IEnumerable<string> Differences(string arm, TrainingEvent.RunStarted start)
    {
        if (start.Seed != _config.Seed)
        {
            yield return FormattableString.Invariant($"seed {start.Seed}, not {_config.Seed}");
        }

        if (start.Optimizer != _config.Training.Optimizer.ToString())
        {
            yield return $"{start.Optimizer}, not {_config.Training.Optimizer}";
        }

        if (start.GradientClip != _config.Training.GradientClip)
        {
            yield return FormattableString.Invariant($"gradient clip {start.GradientClip?.ToString(CultureInfo.InvariantCulture) ?? "none"}, not {_config.Training.GradientClip?.ToString(CultureInfo.InvariantCulture) ?? "none"}");
        }

        if (start.Schedule != _config.Arms.First(a => a.Name == arm).Schedule)
        {
            yield return "another schedule";
        }
    }

    /// <summary>Gets the path of the final weights of an arm.</summary>
    /// <param name="arm">The name of the arm.</param>
    /// <exception cref="DsdException">The run has no such arm.</exception>
    public string WeightsOf(string arm) => _logs.ContainsKey(arm) ? System.IO.Path.Combine(Path, arm, WeightsFile) : throw NoSuchArm(arm);

    /// <summary>Writes the result, as text and as JSON.</summary>
    /// <param name="summary">The summary, e.g. <see cref="Comparison.Describe"/>.</param>
    /// <param name="result">The result in JSON.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Finish(string summary, string result)
    {
        AtomicFile.WriteText(System.IO.Path.Combine(Path, SummaryFile), summary);
        AtomicFile.WriteText(System.IO.Path.Combine(Path, ResultFile), result + "\n");
    }

    /// <summary>Writes what the run's initial weights are: what was loaded, converted, and left as initialised.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal void RecordInit(string text) => AtomicFile.WriteText(System.IO.Path.Combine(Path, InitFile), text);

    /// <summary>Closes the event logs.</summary>
    public void Dispose()
    {
        foreach (var log in _logs.Values)
        {
            log.Dispose();
        }
    }

    private static string? Text(string folder, string name)
    {
        var file = new FileInfo(System.IO.Path.Combine(folder, name));
        return file.Exists && file.Length <= MaxTextLength ? File.ReadAllText(file.FullName) : null;
    }

    /// <summary>Names a folder after data: for user data, the layout and the last folder of the path.</summary>
    private static string NameOf(string data)
    {
        if (data.Split(':', 2) is not [var format, { Length: > 0 } place])
        {
            return Plain(data);
        }

        var last = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(UserPath.Expand(place))));
        return $"{Plain(format)}-{Plain(last)}";
    }

    private static string Plain(string name) => string.Concat(name.Select(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'));

    private static IEnumerable<string> EventLogs(string path, RunConfig config) =>
        config.Arms.Select(arm => System.IO.Path.Combine(path, arm.Name, RunReader.EventsFile));

    private DsdException NoSuchArm(string arm) => new($"{Path}: the run has no arm named '{arm}'; it has {string.Join(", ", _logs.Keys)}.");

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

    /// <summary>Lists the folders of the arms of a run; empty if there is no run.</summary>
    private static List<string> Arms(string path) =>
        [.. Directory.EnumerateDirectories(path).Where(d => BeginsRun(System.IO.Path.Combine(d, RunReader.EventsFile)))];

    /// <summary>True if a file is a run's event log; one without events is empty.</summary>
    private static bool BeginsRun(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        using var file = File.OpenRead(path);
        Span<byte> begin = stackalloc byte[21];
        return file.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false) == 0 || begin.SequenceEqual("{\"event\":\"runStarted\""u8);
    }

    /// <summary>Deletes only files that a run writes; anything else in the folder stays.</summary>
    private static void RemoveEarlierRun(string path)
    {
        var arms = Arms(path);
        if (arms.Count == 0)
        {
            return;
        }

        foreach (var file in new[] { ConfigFile, ScheduleFile, CommandFile, InitFile, SummaryFile, ResultFile })
        {
            File.Delete(System.IO.Path.Combine(path, file));
        }

        foreach (var arm in arms)
        {
            File.Delete(System.IO.Path.Combine(arm, RunReader.EventsFile));
            File.Delete(System.IO.Path.Combine(arm, WeightsFile));
            if (!Directory.EnumerateFileSystemEntries(arm).Any())
            {
                Directory.Delete(arm);
            }
        }
    }
}
