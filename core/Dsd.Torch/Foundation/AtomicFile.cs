namespace Dsd;

/// <summary>Writes files atomically: a file is complete, or it does not exist.</summary>
public static class AtomicFile
{
    private const string TemporaryEnd = ".part";

    /// <summary>The length of what a temporary name adds: a dot, 32 digits and the end.</summary>
    private const int OwnPartLength = 1 + 32 + 5;

    /// <summary>How long nothing was written to a temporary file whose process is gone.</summary>
    private static readonly TimeSpan s_abandoned = TimeSpan.FromHours(1);

    /// <summary>Writes to a temporary file beside the target, flushes it to disk, renames it, and flushes the folder.</summary>
    /// <param name="path">The file; an existing one is replaced only when the new one is complete. A device or a pipe, such as <c>/dev/null</c>, is written to and never replaced.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The content cannot be written; nothing is left behind, and an existing file is unchanged.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written; nothing is left behind.</exception>
    public static void Write(string path, Action<FileStream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        if (FileOwner.IsDevice(path))
        {
            using var device = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            write(device);
            return;
        }

        RemoveAbandoned(path);
        var temporary = $"{path}.{Guid.NewGuid():N}{TemporaryEnd}";
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
            FolderFlush.Of(path);
        }
        catch (Exception e)
        {
            Remove(temporary);
            if (IsSizeLimit(e))
            {
                throw SizeLimit(path, e);
            }

            throw;
        }
    }

    /// <summary>Writes a text in UTF-8, equally atomically.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">The whole content.</param>
    /// <exception cref="IOException">The content cannot be written; nothing is left behind.</exception>
    public static void WriteText(string path, string text) => Write(path, file => file.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>True if an entry of a folder is a temporary file: one being written, or left by a process that was killed.</summary>
    /// <param name="entry">The entry's path.</param>
    /// <param name="name">The final name of the file.</param>
    public static bool IsBeingWritten(string entry, string name) =>
        Path.GetFileName(entry) is var now && now.StartsWith(name + ".", StringComparison.Ordinal) && now.EndsWith(TemporaryEnd, StringComparison.Ordinal);

    /// <summary>True if a write exceeded the file size limit of the account or the file system, which .NET reports as an invalid argument.</summary>
    public static bool IsSizeLimit(Exception e) => e is ArgumentOutOfRangeException && e.TargetSite?.DeclaringType?.Namespace == typeof(FileStream).Namespace;

    /// <summary>Converts that failure to an <see cref="IOException"/>.</summary>
    public static IOException SizeLimit(string path, Exception cause) =>
        new($"File too large: '{path}' would become larger than this account, or the file system, allows.", cause);

    /// <summary>Removes temporary files of the same target that killed processes left: old ones that nobody has open.</summary>
    private static void RemoveAbandoned(string path)
    {
        try
        {
            var (folder, name) = (Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetFileName(path));
            foreach (var file in Directory.EnumerateFiles(folder, $"*{TemporaryEnd}").Where(f => IsBeingWritten(f, name) && Path.GetFileName(f).Length == name.Length + OwnPartLength && File.GetLastWriteTimeUtc(f) < DateTime.UtcNow - s_abandoned))
            {
                RemoveUnlessOpen(file);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Writing says what is wrong with the folder.
        }
    }

    private static void RemoveUnlessOpen(string file)
    {
        try
        {
            // Throws while a process has it open.
            new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In use, or another user's.
        }
    }

    private static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The caller needs the original error, not one from cleaning up.
        }
    }
}
