using System.Runtime.InteropServices;

namespace Dsd;

/// <summary>Flushes a folder's entries to disk, so that a rename survives a power failure.</summary>
internal static partial class FolderFlush
{
    /// <summary>Flushes the folder of a file. Does nothing on Windows, and where a file system cannot flush folders.</summary>
    public static void Of(string file)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // .NET opens no folders.
        var folder = Open(Path.GetDirectoryName(Path.GetFullPath(file))!, 0);
        if (folder >= 0)
        {
            _ = Sync(folder);
            _ = Close(folder);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
