namespace Dsd.Data;

/// <summary>A folder beside its target in which files are prepared, so that the target appears complete or not at all.</summary>
internal sealed class StagingFolder : IDisposable
{
    private readonly string _target;
    private readonly List<string> _created = [];
    private bool _committed;

    /// <summary>Creates the folder and any missing parent folders.</summary>
    /// <param name="target">The folder that <see cref="Commit"/> creates; the staging folder's name is derived from it.</param>
    /// <exception cref="DsdException">The folder cannot be created.</exception>
    public StagingFolder(string target)
    {
        _target = target;
        var parent = Path.GetDirectoryName(target)!;
        Root = Path.Combine(parent, $".{Path.GetFileName(target)}-{Guid.NewGuid():N}.partial");
        try
        {
            for (var folder = parent; folder is not null && !Directory.Exists(folder); folder = Path.GetDirectoryName(folder))
            {
                _created.Add(folder);
            }

            Ready = Directory.CreateDirectory(Path.Combine(Root, "ready")).FullName;
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
}
