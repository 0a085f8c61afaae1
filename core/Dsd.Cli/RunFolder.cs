using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Cli;

/// <summary>The folder of a run: the schedule, each arm's event log and final weights, and a summary.</summary>
/// <remarks><c>schedule.json</c>, <c>summary.txt</c>, <c>result.json</c>, and for each arm <c>ARM/events.jsonl</c> and <c>ARM/weights.safetensors</c>.</remarks>
internal sealed class RunFolder : IDisposable
{
    private const string ScheduleFile = "schedule.json";
    private const string SummaryFile = "summary.txt";
    private const string ResultFile = "result.json";
    private const string EventsFile = "events.jsonl";
    private const string WeightsFile = "weights.safetensors";
    private readonly Dictionary<string, EventLog> _logs = [];

    private RunFolder(string path) => Path = path;

    public string Path { get; }

    /// <summary>Refuses a folder that cannot become a run's; writes nothing.</summary>
    public static void Check(string path, bool force)
    {
        if (File.Exists(path))
        {
            throw new DsdException($"--out {path}: this is a file; give a folder that does not exist yet or is empty.");
        }

        if (Directory.Exists(path) && !force && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new DsdException($"--out {path}: the folder is not empty; choose another, or add --force to replace the run in it.");
        }
    }

    /// <summary>Makes the folder, without what an earlier run left there, and writes the schedule.</summary>
    public static RunFolder Create(string path, Experiment experiment)
    {
        try
        {
            Directory.CreateDirectory(path);
            RemoveEarlierRun(path);
            AtomicFile.WriteText(System.IO.Path.Combine(path, ScheduleFile), experiment.Schedule.ToJson() + "\n");
            var folder = new RunFolder(path);
            foreach (var arm in experiment.Arms)
            {
                Directory.CreateDirectory(System.IO.Path.Combine(path, arm.Name));
                folder._logs[arm.Name] = new EventLog(System.IO.Path.Combine(path, arm.Name, EventsFile));
            }

            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException($"--out {path}: the folder cannot be written ({e.Message.TrimEnd('.')}). Choose another.", e);
        }
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

    /// <summary>Deletes only files that a run writes; anything else in the folder stays.</summary>
    private static void RemoveEarlierRun(string path)
    {
        foreach (var file in new[] { ScheduleFile, SummaryFile, ResultFile })
        {
            File.Delete(System.IO.Path.Combine(path, file));
        }

        foreach (var arm in Directory.EnumerateDirectories(path).Where(d => File.Exists(System.IO.Path.Combine(d, EventsFile))).ToList())
        {
            File.Delete(System.IO.Path.Combine(arm, EventsFile));
            File.Delete(System.IO.Path.Combine(arm, WeightsFile));
            if (!Directory.EnumerateFileSystemEntries(arm).Any())
            {
                Directory.Delete(arm);
            }
        }
    }
}
