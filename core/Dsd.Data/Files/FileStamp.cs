namespace Dsd.Data;

/// <summary>The size of a file in bytes and the time of its last change (UTC), of its target where it is a link.</summary>
internal readonly record struct FileStamp(long Length, DateTime Time)
{
    /// <summary>The stamp of a file; null where there is none, as where a link leads nowhere, or where it cannot be told.</summary>
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
