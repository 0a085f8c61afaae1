using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Dsd;

/// <summary>The owner and permissions of a file or folder on Linux and macOS; of a symbolic link, those of the link.</summary>
/// <param name="User">The user's number.</param>
/// <param name="Group">The group's number.</param>
/// <param name="Mode">The permissions.</param>
internal readonly partial record struct FileOwner(uint User, uint Group, UnixFileMode Mode)
{
    private const int WorkingFolder = -100;
    private const int NoFollow = 0x100;
    private const uint BasicFields = 0x7FF;
    private const int Permissions = 0xFFF;
    private const int Kind = 0xF000;
    private const int RegularFile = 0x8000;
    private const int Folder = 0x4000;

    /// <summary>The number of the user that this process acts as.</summary>
    public static uint Self => UserNumber();

    /// <summary>Reads them; null if the file does not exist or may not be looked at.</summary>
    public static FileOwner? Of(string path) => Read(path, isFollowed: false)?.Owner;

    /// <summary>True if a path leads, through links if need be, to a device, a pipe or a socket.</summary>
    public static bool IsDevice(string path) => !OperatingSystem.IsWindows() && Read(path, isFollowed: true) is { Kind: not (RegularFile or Folder) };

    private static (FileOwner Owner, int Kind)? Read(string path, bool isFollowed)
    {
        // The fields' places: struct statx of Linux is the same on all processors, struct stat of macOS on all that TorchSharp runs on.
        Span<byte> buffer = stackalloc byte[256];
        var isLinux = OperatingSystem.IsLinux();
        if ((isLinux ? StatX(WorkingFolder, path, isFollowed ? 0 : NoFollow, BasicFields, ref buffer[0]) : isFollowed ? Stat(path, ref buffer[0]) : LinkStat(path, ref buffer[0])) != 0)
        {
            return null;
        }

        var (user, group, mode) = isLinux
            ? (U32(buffer, 20), U32(buffer, 24), BinaryPrimitives.ReadUInt16LittleEndian(buffer[28..]))
            : (U32(buffer, 16), U32(buffer, 20), BinaryPrimitives.ReadUInt16LittleEndian(buffer[4..]));
        return (new(user, group, (UnixFileMode)(mode & Permissions)), mode & Kind);
    }

    private static uint U32(ReadOnlySpan<byte> buffer, int at) => BinaryPrimitives.ReadUInt32LittleEndian(buffer[at..]);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint fields, ref byte buffer);

    [LibraryImport("libc", EntryPoint = "lstat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LinkStat(string path, ref byte buffer);

    [LibraryImport("libc", EntryPoint = "stat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(string path, ref byte buffer);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint UserNumber();
}
