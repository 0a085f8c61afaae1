using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dsd.Records;

/// <summary>The names of the files that a run writes to its folder, and their removal.</summary>
internal static partial class RunFiles
{
    public const string Config = "run.json";
    public const string Schedule = "schedule.json";
    public const string Summary = "summary.txt";
    public const string Result = "result.json";
    public const string Command = "command.txt";
    public const string Init = "init.txt";
    public const string Report = "report.html";
    public const string Data = "data.gz";
    public const string Weights = "weights.safetensors";
    public const string Checkpoints = "checkpoints";
    public const string LockName = "running";

    private const string WeightsEnd = ".safetensors";
    // Written before all others; other files alone may be anybody's.
    private static readonly string[] s_first = [Config, Schedule];

    private static readonly string[] s_own = [Config, Schedule, Summary, Result, Command, Init, Report, Data];

    /// <summary>Returns the folder of an arm.</summary>
    public static string Arm(string run, string arm) => Path.Combine(run, arm);

    /// <summary>Returns the path of the event log of an arm.</summary>
    public static string Events(string run, string arm) => Path.Combine(run, arm, RunReader.EventsFile);

    /// <summary>Lists the folders of the arms of a run; a link that leads out of the folder is none of them.</summary>
    public static List<string> Arms(string run) =>
        [.. Directory.EnumerateDirectories(run).Where(d => new DirectoryInfo(d).LinkTarget is null && BeginsRun(Path.Combine(d, RunReader.EventsFile)))];

    /// <summary>Reads the names of a run's arms in their order from its settings; none if there are no settings, or none that can be read.</summary>
    public static List<string> ArmNames(string run) => TryReadArmNames(run, out _);

    /// <inheritdoc cref="ArmNames"/>
    /// <param name="run">The folder of the run.</param>
    /// <param name="problem">Why the settings cannot be read; null if they can, or there are none.</param>
    public static List<string> TryReadArmNames(string run, out string? problem)
    {
        problem = null;
        try
        {
            if (RunFolder.Text(run, Config) is not { } text)
            {
                return [];
            }

            using var settings = JsonDocument.Parse(text);
            return [.. settings.RootElement.GetProperty("arms").EnumerateArray().Select(a => (a.ValueKind == JsonValueKind.Object ? a.GetProperty("name") : a).GetString()!)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or IOException or UnauthorizedAccessException or DsdException)
        {
            problem = $"{Config} cannot be read: {e.Message.Split('\n')[0]}";
            return [];
        }
    }

    /// <summary>Sorts what belongs to arms as the settings of their run name them; then those that they do not name, by the time of their start.</summary>
    public static IEnumerable<T> InOrder<T>(IEnumerable<T> items, List<string> names, Func<T, string> name, Func<T, RunRecord> record) => items
        .OrderBy(i => names.IndexOf(name(i)) is >= 0 and var place ? place : int.MaxValue)
        .ThenBy(i => record(i).Start?.Time ?? DateTimeOffset.MaxValue)
        .ThenBy(name, StringComparer.Ordinal);

    /// <summary>True if a folder has what may be the folder of an arm, by the names alone.</summary>
    public static bool HasArms(string folder) => Directory.EnumerateDirectories(folder).Any(d => File.Exists(Path.Combine(d, RunReader.EventsFile)));

    /// <summary>True if a folder holds a run, or what a failed start of one left: nothing else is in it.</summary>
    public static bool IsRun(string run) => Arms(run).Count > 0
        || (Directory.EnumerateFileSystemEntries(run).ToList() is var all && all.TrueForAll(IsOwn) && all.Exists(f => IsLock(f) || s_first.Any(name => Path.GetFileName(f) == name || AtomicFile.IsBeingWritten(f, name))));

    /// <summary>Rejects a folder in which an arm's folder or that of the checkpoints is a link: nothing is written outside of the run's folder.</summary>
    /// <exception cref="DsdException">One is.</exception>
    public static void CheckForLinks(string run, IEnumerable<string> arms)
    {
        foreach (var folder in arms.Append(Checkpoints).Select(name => Path.Combine(run, name)))
        {
            if (new DirectoryInfo(folder).LinkTarget is { } target)
            {
                throw new DsdException($"{folder}: this is a link to {target}, and a run writes nothing outside of its folder. Remove the link, or choose another folder.");
            }
        }
    }

    /// <summary>Deletes the files of an earlier run; anything else in the folder stays, and so does what a link leads to.</summary>
    public static void Remove(string run)
    {
        foreach (var arm in Arms(run))
        {
            File.Delete(Path.Combine(arm, RunReader.EventsFile));
            foreach (var file in Directory.EnumerateFiles(arm).Where(IsArmFile).ToList())
            {
                File.Delete(file);
            }

            DeleteIfEmpty(arm);
        }

        foreach (var file in Directory.EnumerateFiles(run).Where(f => IsOwn(f) && !IsLock(f)).ToList())
        {
            File.Delete(file);
        }

        var checkpoints = Path.Combine(run, Checkpoints);
        if (Directory.Exists(checkpoints) && new DirectoryInfo(checkpoints).LinkTarget is null)
        {
            foreach (var file in Directory.EnumerateFiles(checkpoints).Where(IsCheckpoint).ToList())
            {
                File.Delete(file);
            }

            DeleteIfEmpty(checkpoints);
        }
    }

    /// <summary>Deletes the temporary files that a killed process left of a run.</summary>
    public static void RemoveTemporary(string run)
    {
        foreach (var file in Directory.EnumerateFiles(run).Where(f => s_own.Any(name => AtomicFile.IsBeingWritten(f, name)))
            .Concat(Arms(run).SelectMany(Directory.EnumerateFiles).Where(f => IsArmFile(f) && Path.GetFileName(f) != Own(f))).ToList())
        {
            File.Delete(file);
        }
    }

    private static void DeleteIfEmpty(string folder)
    {
        if (!Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
    }

    private static bool IsOwn(string entry) =>
        s_own.Any(name => Path.GetFileName(entry) == name || AtomicFile.IsBeingWritten(entry, name)) || IsLock(entry);

    private static bool IsLock(string entry) => LockFile.IsMatch(Path.GetFileName(entry));

    /// <summary>True for the weights that a run writes to an arm's folder, complete or being written: final ones, best ones, and those at the ends of phases.</summary>
    private static bool IsArmFile(string file) => Own(file) is { } name && ArmWeights.IsMatch(name);

    private static bool IsCheckpoint(string file) => Own(file) is { } name && CheckpointName.IsMatch(name);

    /// <summary>Returns the name of a file without what marks it as being written.</summary>
    private static string? Own(string file)
    {
        var name = Path.GetFileName(file);
        return name.LastIndexOf(WeightsEnd + ".", StringComparison.Ordinal) is > 0 and var at && AtomicFile.IsBeingWritten(file, name[..(at + WeightsEnd.Length)]) ? name[..(at + WeightsEnd.Length)] : name;
    }

    [GeneratedRegex(@"^(weights|best-dense|best-sparse|[0-9]+-.*)\.safetensors$")]
    private static partial Regex ArmWeights { get; }

    [GeneratedRegex(@"^[0-9]{3}-.+-[0-9]{12}\.safetensors(\.set-aside)?$")]
    private static partial Regex CheckpointName { get; }

    [GeneratedRegex(@"^running\.[0-9]{1,8}(\..*\.part)?$")]
    private static partial Regex LockFile { get; }

    /// <summary>True if a file is a run's event log; one without events is empty.</summary>
    internal static bool BeginsRun(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        using var file = File.OpenRead(path);
        Span<byte> begin = stackalloc byte[21];
        return file.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false) == 0 || begin.SequenceEqual("{\"event\":\"runStarted\""u8);
    }
}
