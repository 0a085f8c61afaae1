namespace Dsd;

/// <summary>Writes files that are complete or not there at all.</summary>
public static class AtomicFile
{
    private const string TemporaryEnd = ".part";

    /// <summary>Writes to a temporary name beside the file, flushes to the disk, then renames.</summary>
    /// <param name="path">The file; an existing one is replaced only when the new one is complete.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The content cannot be written; nothing is left behind, an existing file is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written; nothing is left behind.</exception>
    public static void Write(string path, Action<FileStream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        var temporary = $"{path}.{Guid.NewGuid():N}{TemporaryEnd}";
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
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

    /// <summary>Writes a text in UTF-8 the same way.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">The whole content.</param>
    /// <exception cref="IOException">The content cannot be written; nothing is left behind.</exception>
    public static void WriteText(string path, string text) => Write(path, file => file.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>Whether an entry of a folder is a file that is being written, or was when its process was killed.</summary>
    /// <param name="entry">The entry's path.</param>
    /// <param name="name">The name that the file gets when it is complete.</param>
    public static bool IsBeingWritten(string entry, string name) =>
        Path.GetFileName(entry) is var now && now.StartsWith(name + ".", StringComparison.Ordinal) && now.EndsWith(TemporaryEnd, StringComparison.Ordinal);

    /// <summary>Whether a write failed at the limit that the account, or the file system, sets to one file: .NET takes that for a bad argument.</summary>
    public static bool IsSizeLimit(Exception e) => e is ArgumentOutOfRangeException && e.TargetSite?.DeclaringType?.Namespace == typeof(FileStream).Namespace;

    /// <summary>The same failure as one of input and output.</summary>
    public static IOException SizeLimit(string path, Exception cause) =>
        new($"File too large: '{path}' would become larger than this account, or the file system, allows.", cause);

    private static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Why the content could not be written is what the caller must learn.
        }
    }
}
