using System.Globalization;
using System.Text.Json.Nodes;
using Dsd.Records;
using Dsd.Studies;

namespace Dsd.Cli;

/// <summary>The runs and studies below a folder, one entry each.</summary>
internal static class RunList
{
    private const int Depth = 4;

    /// <summary>The fields of the JSON object, for help.</summary>
    public const string Fields = """
        --json prints {"folder", "runs"}; each run has: name, folder, kind (run or study), network, data, seeds,
        state (complete, running, stopped, failed or damaged), step or trials and planned, metric (name, goal,
        scale, unit), value, arms (name, outcome, validation, test), difference (first, other, value, low,
        high, intervalOver: examples or seeds), started, version, problem. What is not known is null.
        """;

    /// <summary>Finds and summarises all runs and studies in a folder and its subfolders, or the one in it, in the order of their names.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="source">The source of networks and data for the numbers of trials of studies that are not complete.</param>
    /// <param name="isWhole">True to read what the JSON shows beyond the table. Default false.</param>
    /// <exception cref="DsdException">There is no such folder.</exception>
    public static IReadOnlyList<RunListEntry> Read(string folder, IStudySource source, bool isWhole = false) => Newest(folder, source, int.MaxValue, isWhole).Entries;

    /// <summary>Reads only those entries whose folders changed last, of thousands.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="source">See <see cref="Read"/>.</param>
    /// <param name="most">The number of entries, at most.</param>
    /// <param name="isWhole">See <see cref="Read"/>.</param>
    /// <returns>The entries in the order of their names, and the number of all that there are.</returns>
    /// <inheritdoc cref="Read"/>
    public static (IReadOnlyList<RunListEntry> Entries, int All) Newest(string folder, IStudySource source, int most, bool isWhole = false)
    {
        Check(folder, "a folder of runs");
        if (Entry(folder, folder, source, isWhole) is { } one)
        {
            return ([one], 1);
        }

        var all = Below(folder, Depth).ToList();
        return (Entries(all.Count <= most ? all : all.OrderByDescending(Directory.GetLastWriteTimeUtc).Take(most), folder, source, isWhole), all.Count);

        ParallelQuery<string> Below(string parent, int depth) => Children(parent).AsParallel()
            .SelectMany(child => IsEntry(child) ? [child] : depth > 1 ? Below(child, depth - 1) : Enumerable.Empty<string>());
    }

    /// <summary>Reads those entries right below a folder that changed last, without a look at all the others.</summary>
    /// <inheritdoc cref="Newest"/>
    public static IReadOnlyList<RunListEntry> Glance(string folder, IStudySource source, int most)
    {
        Check(folder, "a folder of runs");
        return Entries(new DirectoryInfo(folder).EnumerateDirectories().OrderByDescending(d => d.LastWriteTimeUtc).Select(d => Path.Combine(folder, d.Name)).Where(IsEntry).Take(most), folder, source, isWhole: false);
    }

    /// <summary>Checks that a folder is there.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="wanted">What is to be given instead of a file.</param>
    /// <exception cref="DsdException">There is no such folder.</exception>
    public static void Check(string folder, string wanted)
    {
        if (!Directory.Exists(folder))
        {
            throw new DsdException($"{folder}: {(File.Exists(folder) ? $"this is a file; give {wanted}." : "there is no such folder. 'dsd train' puts its runs into runs/, unless --out says otherwise.")}");
        }
    }

    /// <summary>The table of entries, one row each.</summary>
    /// <param name="entries">The entries.</param>
    /// <param name="now">The time, for ages.</param>
    public static TextTable Table(IEnumerable<RunListEntry> entries, DateTimeOffset now)
    {
        var table = new TextTable("name", "network", "data", "state", ">test", ">difference", ">age");
        foreach (var entry in entries)
        {
            table.Row(
                entry.Name,
                entry.Network ?? "–",
                entry.Data ?? "–",
                entry.StateText,
                entry is { Metric: { } metric, Value: { } value } ? $"{metric.Name} {metric.Show(value)}" : "–",
                entry.Difference is { } difference ? $"{difference.First} − {difference.Other} {entry.Metric!.ShowDifference(difference.Value)}" : "–",
                entry.Started is { } started ? Age(now - started) : "–");
        }

        return table;
    }

    /// <summary>Writes entries as JSON.</summary>
    public static string Json(string folder, IEnumerable<RunListEntry> entries) => new JsonObject
    {
        ["folder"] = Path.GetFullPath(folder),
        ["runs"] = new JsonArray([.. entries.Select(e => e.ToNode())]),
    }.ToJsonString(Dsd.Json.Indented);

    /// <summary>The folders in a folder; none where it may not be read or was just deleted.</summary>
    private static string[] Children(string parent)
    {
        try
        {
            return Directory.GetDirectories(parent);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>True if a folder holds a run or a study, or cannot be looked into; then its entry says why.</summary>
    private static bool IsEntry(string path)
    {
        try
        {
            return StudyFolder.IsThere(path) || RunFiles.HasArms(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static IReadOnlyList<RunListEntry> Entries(IEnumerable<string> paths, string folder, IStudySource source, bool isWhole) =>
        [.. paths.AsParallel().Select(path => Entry(path, folder, source, isWhole)).OfType<RunListEntry>().OrderBy(e => e.Name, StringComparer.Ordinal)];

    private static RunListEntry? Entry(string path, string folder, IStudySource source, bool isWhole)
    {
        var name = Path.GetRelativePath(folder, path) is "." ? Path.GetFileName(Path.GetFullPath(path)) : Path.GetRelativePath(folder, path);
        return StudySummary.Read(path, source) is { } study ? new(name, study) : RunSummary.Read(path, isWhole) is { } run ? new(name, run) : null;
    }

    /// <summary>Formats an age by its largest unit, e.g. <c>"3 h"</c>.</summary>
    private static string Age(TimeSpan age) => age switch
    {
        { TotalMinutes: < 1 } => "now",
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalMinutes} min"),
        { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalHours} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalDays} d"),
    };
}
