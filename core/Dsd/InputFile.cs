using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Dsd;

/// <summary>Opens files that a user names, or that lie in a folder that a user names: regular files only.</summary>
/// <remarks>A pipe with a name, a terminal or another device could keep a program waiting without end.</remarks>
public static partial class InputFile
{
    private const int FormatBits = 0xF000;

    /// <summary>The kinds of POSIX, in the format bits of a file's mode.</summary>
    private static readonly Dictionary<int, string> s_kinds = new()
    {
        [0x1000] = "a named pipe",
        [0x2000] = "a device",
        [0x4000] = "a folder",
        [0x6000] = "a device",
        [0xC000] = "a socket",
    };

    /// <summary>Where files that a process has open have names.</summary>
    private static readonly string[] s_opened = ["/dev/fd/", "/proc/self/fd/"];

    /// <summary>Opens a regular file, or a link to one, for reading.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How it is read. Default: in any order.</param>
    /// <exception cref="IOException">The path is missing, is no regular file (the message says what it is), or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static FileStream Open(string path, FileOptions options = FileOptions.None)
    {
        Check(path);
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, options);
    }

    /// <summary>Opens a text: a regular file, or a pipe that the shell opened for this process (<c>&lt;(command)</c>, <c>/dev/stdin</c>), which has a writer.</summary>
    /// <inheritdoc cref="Open"/>
    internal static FileStream OpenText(string path) =>
        (path == "/dev/stdin" || s_opened.Any(folder => path.StartsWith(folder, StringComparison.Ordinal))) && KindOf(path) == s_kinds[0x1000] ? File.OpenRead(path) : Open(path);

    /// <summary>Checks that a path, if there is something, is a regular file or a link to one, without opening it.</summary>
    /// <param name="path">The path.</param>
    /// <exception cref="IOException">It is something else; the message says what.</exception>
    public static void Check(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (KindOf(path) is { } kind)
        {
            throw new IOException($"'{path}' is {kind}, not a regular file.");
        }
    }

    /// <summary>Names what is at a path in words, e.g. <c>"a named pipe"</c>; null for a regular file, where there is nothing, and where it cannot be known.</summary>
    private static string? KindOf(string path)
    {
        if (Directory.Exists(path))
        {
            return s_kinds[0x4000];
        }

        try
        {
            return ModeOf(path) is { } mode ? s_kinds.GetValueOrDefault(mode & FormatBits) : null;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Gets the mode of a file, or of a link's target; null on Windows and where there is none.</summary>
    private static int? ModeOf(string path)
    {
        const int currentFolder = -100;
        const int onlyMode = 1 | 2;
        var name = Encoding.UTF8.GetBytes(path + "\0");

        // Larger than the structure of either system, whose layouts are fixed.
        Span<byte> about = stackalloc byte[512];
        about.Clear();
        return OperatingSystem.IsLinux() && statx(currentFolder, name, 0, onlyMode, ref MemoryMarshal.GetReference(about)) == 0 ? BinaryPrimitives.ReadUInt16LittleEndian(about[28..])
            : OperatingSystem.IsMacOS() && stat(name, ref MemoryMarshal.GetReference(about)) == 0 ? BinaryPrimitives.ReadUInt16LittleEndian(about[4..])
            : null;
    }

    [LibraryImport("libc")]
    private static partial int statx(int folder, byte[] path, int flags, uint mask, ref byte about);

    [LibraryImport("libc")]
    private static partial int stat(byte[] path, ref byte about);
}
