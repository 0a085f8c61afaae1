namespace Dsd.Data;

/// <summary>A folder beside its target in which files are prepared, so that the target appears complete or not at all.</summary>
/// <remarks>A process that is killed leaves it behind; the next one that needs the target removes it, since nobody holds its file <c>in-use</c> open.</remarks>
internal sealed class StagingFolder : IDisposable
{
    private const string InUseFile = "in-use";
    private const string End = ".partial";

    /// <summary>How old a folder is whose process was killed before it could open the file, or that an earlier version left.</summary>
    private static readonly TimeSpan s_abandoned = TimeSpan.FromHours(1);

    private readonly string _target;
    private readonly List<string> _created = [];
    private readonly FileStream? _inUse;
    private bool _committed;

    /// <summary>Creates the folder and any missing parent folders.</summary>
    /// <param name="target">The folder that <see cref="Commit"/> creates; the staging folder's name is derived from it.</param>
    /// <exception cref="DsdException">The folder cannot be created.</exception>
    public StagingFolder(string target)
    {
        _target = target;
        var parent = Path.GetDirectoryName(target)!;
        Root = Path.Combine(parent, $".{Path.GetFileName(target)}-{Guid.NewGuid():N}{End}");
        try
        {
            for (var folder = parent; folder is not null && !Directory.Exists(folder); folder = Path.GetDirectoryName(folder))
            {
                _created.Add(folder);
            }

            RemoveAbandoned(target);
            Ready = Directory.CreateDirectory(Path.Combine(Root, "ready")).FullName;
            _inUse = new FileStream(Path.Combine(Root, InUseFile), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            Work = Directory.CreateDirectory(Path.Combine(Root, "work")).FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            Dispose();
            throw new DsdException(
                $"The folder '{target}' cannot be created: {e.Message} Name another root, e.g. by the environment variable {DataFolder.Variable}.", e);
        }
    }

    /// <summary>The path of the staging folder.</summary>
    public string Root { get; }

    /// <summary>The folder of finished files.</summary>
    public string Ready { get; } = "";

    /// <summary>The folder of intermediate files.</summary>
    public string Work { get; } = "";

    /// <summary>Removes the staging folders of a target whose processes are gone.</summary>
    /// <param name="target">The folder that they were to become.</param>
    public static void RemoveAbandoned(string target)
    {
        var parent = Path.GetDirectoryName(target);
        foreach (var folder in Directory.Exists(parent) ? Directory.GetDirectories(parent, $".{Path.GetFileName(target)}-*{End}", new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint }) : [])
        {
            try
            {
                if (IsAbandoned(folder))
                {
                    Directory.Delete(folder, recursive: true);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // In use, or another user's.
            }
        }
    }

    /// <summary>Empties <see cref="Ready"/> and <see cref="Work"/> for another attempt.</summary>
    public void Clear()
    {
        foreach (var folder in new[] { Ready, Work })
        {
            Directory.Delete(folder, recursive: true);
            Directory.CreateDirectory(folder);
        }
    }

    /// <summary>Flushes the files of <see cref="Ready"/> to disk and moves them to the target; existing files stay.</summary>
    /// <exception cref="IOException">The target cannot be written, or was created meanwhile.</exception>
    public void Commit()
    {
        var files = Directory.GetFiles(Ready);
        foreach (var path in files)
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
            file.Flush(flushToDisk: true);
        }

        if (Directory.Exists(_target) && Directory.EnumerateFileSystemEntries(_target).Any())
        {
            // The folder holds the user's files, perhaps some of these: keep them, and add the missing ones.
            foreach (var path in files)
            {
                var place = Path.Combine(_target, Path.GetFileName(path));
                if (!File.Exists(place))
                {
                    File.Move(path, place);
                }
            }
        }
        else
        {
            if (Directory.Exists(_target))
            {
                Directory.Delete(_target);
            }

            Directory.Move(Ready, _target);
        }

        _committed = true;
    }

    /// <summary>Removes the staging folder and, unless committed, the folders created above it.</summary>
    public void Dispose()
    {
        _inUse?.Dispose();
        try
        {
            if (Directory.Exists(Root))
            {
                Directory.Delete(Root, recursive: true);
            }

            // Innermost first; a folder that another process has started to use is not empty and stays.
            foreach (var folder in _committed ? [] : _created.Where(f => Directory.Exists(f)))
            {
                Directory.Delete(folder);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Cleaning up must not hide the error that made it necessary.
        }
    }

    private static bool IsAbandoned(string folder)
    {
        var file = Path.Combine(folder, InUseFile);
        if (!File.Exists(file))
        {
            return Directory.GetCreationTimeUtc(folder) < DateTime.UtcNow - s_abandoned && Directory.GetLastWriteTimeUtc(folder) < DateTime.UtcNow - s_abandoned;
        }

        // Throws while a process holds it.
        using var free = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        return true;
    }
}
