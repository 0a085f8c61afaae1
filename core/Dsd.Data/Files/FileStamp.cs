namespace Dsd.Data;

/// <summary>The size in bytes and the time of last change (UTC) of a file, or of its target if it is a link.</summary>
internal readonly record struct FileStamp(long Length, DateTime Time)
{
    /// <summary>Gets the stamp of a file; null if the file does not exist, is a broken link, or cannot be accessed.</summary>
    public static FileStamp? Of(string path)
    {
        try
        {
            var file = new FileInfo(path);
            file = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            return file.Exists ? new(file.Length, file.LastWriteTimeUtc) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
