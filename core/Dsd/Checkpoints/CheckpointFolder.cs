using System.Globalization;

namespace Dsd.Checkpoints;

/// <summary>The checkpoints of a run, in the order of its progress: those of shared phases, then those of each arm.</summary>
/// <remarks>
/// The last two are kept, so that one is left if the other turns out to be damaged, and the last of the shared phases, from which further arms start.
/// </remarks>
/// <param name="path">The folder; it is created with the first checkpoint.</param>
/// <param name="arms">The names of all arms, in the order in which they are trained.</param>
internal sealed class CheckpointFolder(string path, IReadOnlyList<string> arms)
{
    private const string End = ".safetensors";
    private const string Shared = "shared";
    private const string SetAside = ".set-aside";
    private const int Kept = 2;

    /// <summary>Writes a checkpoint and deletes those that are no longer needed.</summary>
    /// <exception cref="IOException">It cannot be written; those before it stay.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written; those before it stay.</exception>
    public void Save(Checkpoint checkpoint)
    {
        // A run's folder that was deleted is not made again: a part of a run would look like one.
        if (System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) is { } parent && !Directory.Exists(parent))
        {
            throw new DirectoryNotFoundException($"{parent} has been deleted or moved.");
        }

        if (new DirectoryInfo(path).LinkTarget is { } target)
        {
            throw new IOException($"{path} is a link to {target}, and checkpoints are not written outside of the run's folder.");
        }

        Directory.CreateDirectory(path);
        CheckpointFile.Write(System.IO.Path.Combine(path, NameOf(checkpoint.Arm, checkpoint.Step)), checkpoint);
        var all = Files();
        var fork = all.LastOrDefault(f => f.Arm == 0);
        foreach (var old in all.SkipLast(Kept).Where(f => f != fork))
        {
            File.Delete(old.Path);
        }
    }

    /// <summary>Reads the most advanced checkpoint of an arm that is whole.</summary>
    /// <param name="arm">The arm; null for the shared phases.</param>
    /// <param name="damaged">Called with the message about each one that is damaged.</param>
    /// <returns>The checkpoint, which the caller disposes of; null if there is none.</returns>
    /// <exception cref="DsdException">One is of a later version of the format.</exception>
    public Checkpoint? Last(string? arm, Action<string> damaged)
    {
        foreach (var (index, _, file) in Files().AsEnumerable().Reverse().Where(f => f.Arm == IndexOf(arm)))
        {
            try
            {
                var checkpoint = CheckpointFile.Read(file);
                if (IndexOf(checkpoint.Arm) == index)
                {
                    return checkpoint;
                }

                checkpoint.Dispose();
                damaged($"{file}: a checkpoint of {checkpoint.Arm ?? "the shared phases"} under the name of another.");
            }
            catch (DsdException e) when (e is not CheckpointVersionException)
            {
                damaged(e.Message);
            }
        }

        return null;
    }

    /// <summary>
    /// Prepares to continue from a checkpoint: those that are damaged or beyond it are renamed to <c>….set-aside</c>, since they would count as the last ones.
    /// </summary>
    /// <param name="arm">The arm of the checkpoint; null for the shared phases.</param>
    /// <param name="step">Its step; −1 to set aside all, for a run that starts again.</param>
    public void ContinueFrom(string? arm, long step)
    {
        var from = (IndexOf(arm), step);
        foreach (var (_, _, file) in Files().Where(f => step < 0 || (f.Arm, f.Step).CompareTo(from) > 0))
        {
            File.Move(file, $"{file}{SetAside}", overwrite: true);
        }
    }

    /// <summary>Deletes all checkpoints, and what killed processes left of them.</summary>
    public void Clear()
    {
        if (!Directory.Exists(path) || new DirectoryInfo(path).LinkTarget is not null)
        {
            return;
        }

        Files().ForEach(f => File.Delete(f.Path));
        Directory.GetFiles(path, $"*{End}{SetAside}").Where(f => Parse(f[..^SetAside.Length]) is not null).ToList().ForEach(File.Delete);
        ClearTemporary();
        if (!Directory.EnumerateFileSystemEntries(path).Any())
        {
            Directory.Delete(path);
        }
    }

    /// <summary>Deletes temporary files that a killed process left; only for the one process that works in the folder.</summary>
    public void ClearTemporary()
    {
        foreach (var entry in Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is null ? Directory.GetFiles(path) : [])
        {
            var name = System.IO.Path.GetFileName(entry);
            if (name.IndexOf(End, StringComparison.Ordinal) is > 0 and var at && AtomicFile.IsBeingWritten(entry, name[..(at + End.Length)]))
            {
                File.Delete(entry);
            }
        }
    }

    /// <summary>Returns 0 for the shared phases, and for arms their place from 1.</summary>
    private int IndexOf(string? arm) => arm is null ? 0 : arms.Select((a, i) => (a, i)).Where(x => x.a == arm).Select(x => x.i + 1).FirstOrDefault(-1);

    private string NameOf(string? arm, long step) => string.Create(CultureInfo.InvariantCulture, $"{IndexOf(arm):D3}-{arm ?? Shared}-{step:D12}{End}");

    private List<(int Arm, long Step, string Path)> Files() => Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is null
        ? [.. Directory.EnumerateFiles(path, "*" + End).Select(Parse).OfType<(int Arm, long Step, string Path)>().OrderBy(f => f.Arm).ThenBy(f => f.Step)]
        : [];

    /// <summary>Reads arm and step from the name of a checkpoint; null for any other file.</summary>
    private static (int Arm, long Step, string Path)? Parse(string file)
    {
        var name = System.IO.Path.GetFileNameWithoutExtension(file);
        return name.Split('-') is [{ Length: 3 } arm, _, .., var step]
            && int.TryParse(arm, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            && long.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (index, number, file)
            : null;
    }
}
