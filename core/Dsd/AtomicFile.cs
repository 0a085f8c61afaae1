namespace Dsd;

/// <summary>Writes files that are complete or not there at all.</summary>
public static class AtomicFile
{
    /// <summary>Writes to a temporary name beside the file, flushes to the disk, then renames.</summary>
    /// <param name="path">The file; an existing one is replaced only when the new one is complete.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The content cannot be written; nothing is left behind, an existing file is as it was.</exception>
    public static void Write(string path, Action<FileStream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        var temporary = $"{path}.{Environment.ProcessId}.part";
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes a text in UTF-8 the same way.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">The whole content.</param>
    /// <exception cref="IOException">The content cannot be written; nothing is left behind.</exception>
    public static void WriteText(string path, string text) => Write(path, file => file.Write(System.Text.Encoding.UTF8.GetBytes(text)));
}
