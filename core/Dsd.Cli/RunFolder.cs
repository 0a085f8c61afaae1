using System.Globalization;
using Dsd.Checkpoints;
using Dsd.Data;
using Dsd.Optimizers;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Statistics;
using static TorchSharp.torch;

namespace Dsd.Cli;

/// <summary>The folder of a run: the schedule, each arm's event log and final weights, and a summary.</summary>
/// <remarks><c>schedule.json</c>, <c>command.txt</c>, <c>summary.txt</c>, <c>result.json</c>, and for each arm <c>ARM/events.jsonl</c> and <c>ARM/weights.safetensors</c>.</remarks>
internal sealed class RunFolder : IDisposable
{
    private const string DefaultRoot = "runs";
    private const string ScheduleFile = "schedule.json";
    private const string SummaryFile = "summary.txt";
    private const string ResultFile = "result.json";
    private const string CommandFile = "command.txt";
    private const string WeightsFile = "weights.safetensors";
    private readonly Dictionary<string, EventLog> _logs = [];

    private RunFolder(string path) => Path = path;

    public string Path { get; }

    /// <summary>Refuses a folder that cannot become a run's; writes nothing.</summary>
    /// <param name="path">The folder, or null for a new one.</param>
    /// <param name="force">Whether the run in it may be replaced.</param>
    public static void Check(string? path, bool force)
    {
        for (var at = path is null ? null : System.IO.Path.GetFullPath(path); at is not null; at = System.IO.Path.GetDirectoryName(at))
        {
            if (File.Exists(at))
            {
                throw new DsdException($"--out {path}: {at} is a file; give a folder that does not exist yet or is empty.");
            }
        }

        if (!Directory.Exists(path) || !Directory.EnumerateFileSystemEntries(path).Any())
        {
            return;
        }

        if (!force)
        {
            throw new DsdException($"--out {path}: the folder is not empty; choose another, or add --force to replace the run in it.");
        }

        if (Arms(path).Count == 0)
        {
            throw new DsdException($"--out {path}: the folder is not empty and holds no run that --force could replace; choose another.");
        }
    }

    /// <summary>Makes a folder that no other run has, named after the experiment and the time.</summary>
    public static RunFolder CreateNew(Experiment experiment, string command)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{experiment.Model.Name}-{NameOf(experiment.Data)}-{DateTime.Now:yyyyMMdd-HHmmss}");
        for (var i = 1; ; i++)
        {
            var path = System.IO.Path.Combine(DefaultRoot, i == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{i}"));
            try
            {
                if (!Directory.Exists(path))
                {
                    return Create(path, experiment, command, force: false);
                }
            }
            catch (DsdException) when (EventLogs(path, experiment).Any(File.Exists))
            {
                // Another run began in the same second; it keeps its folder.
            }
        }
    }

    /// <summary>Makes the folder, without what an earlier run left there, and writes the schedule.</summary>
    public static RunFolder Create(string path, Experiment experiment, string command, bool force)
    {
        var folder = new RunFolder(path);
        var created = new Stack<string>();
        try
        {
            Make(path, created);
            if (force)
            {
                RemoveEarlierRun(path);
            }

            // A log that exists already is not opened: of two runs that want one folder, the second stops here.
            foreach (var (arm, events) in experiment.Arms.Zip(EventLogs(path, experiment)))
            {
                Make(System.IO.Path.GetDirectoryName(events)!, created);
                folder._logs[arm.Name] = new EventLog(events);
            }

            AtomicFile.WriteText(System.IO.Path.Combine(path, ScheduleFile), experiment.Schedule.ToJson() + "\n");
            AtomicFile.WriteText(System.IO.Path.Combine(path, CommandFile), command + "\n");
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

            throw new DsdException($"--out {path}: the folder cannot be written ({e.Message.TrimEnd('.')}). Choose another.", e);
        }
    }

    /// <summary>The command that made the run in a folder, or null where none is noted.</summary>
    public static string? CommandOf(string path)
    {
        const int MaxLength = 1 << 16;
        var file = new FileInfo(System.IO.Path.Combine(path, CommandFile));
        return file.Exists && file.Length <= MaxLength ? File.ReadAllText(file.FullName).TrimEnd() : null;
    }

    public void Write(Arm arm, TrainingEvent happened) => _logs[arm.Name].Write(happened);

    public void SaveWeights(Arm arm, nn.Module model) => WeightFile.Save(model, System.IO.Path.Combine(Path, arm.Name, WeightsFile));

    public void Finish(string summary, string result)
    {
        AtomicFile.WriteText(System.IO.Path.Combine(Path, SummaryFile), summary);
        AtomicFile.WriteText(System.IO.Path.Combine(Path, ResultFile), result + "\n");
    }

    public void Dispose()
    {
        foreach (var log in _logs.Values)
        {
            log.Dispose();
        }
    }

    /// <summary>What a folder may be called after data: of the user's own the layout and the last folder of the path.</summary>
    private static string NameOf(DataEntry data)
    {
        if (data.Folder is not { } folder)
        {
            return data.Name;
        }

        var last = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(folder));
        return $"{data.Name.Split(':')[0]}-{string.Concat(last.Select(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'))}";
    }

    private static IEnumerable<string> EventLogs(string path, Experiment experiment) =>
        experiment.Arms.Select(arm => System.IO.Path.Combine(path, arm.Name, RunReader.EventsFile));

    /// <summary>Creates a folder and those above it, and notes each that was not there.</summary>
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

    /// <summary>The folders of the arms of the run in a folder: none where there is no run.</summary>
    private static List<string> Arms(string path) =>
        [.. Directory.EnumerateDirectories(path).Where(d => BeginsRun(System.IO.Path.Combine(d, RunReader.EventsFile)))];

    /// <summary>Whether a file is a run's event log; one that broke off before its first event is empty.</summary>
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

        foreach (var file in new[] { ScheduleFile, CommandFile, SummaryFile, ResultFile })
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
