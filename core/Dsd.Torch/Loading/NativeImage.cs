using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dsd.Torch;

/// <summary>Loads a library from bytes in memory, so that what was read is what is loaded, and no file of it exists that others could change.</summary>
internal static partial class NativeImage
{
    private const string MissingVersion = "GLIBCXX_3.4.32";
    private const uint CloseOnExec = 1;

    /// <summary>Loads a copy of a library whose requirement on newer C++ runtimes is made weak; on Linux.</summary>
    /// <param name="original">The full path of the original library, which is not changed.</param>
    /// <returns>The handle of the loaded library.</returns>
    /// <exception cref="DsdException">The library is damaged.</exception>
    /// <exception cref="DllNotFoundException">The loader refuses the copy too.</exception>
    /// <exception cref="IOException">No copy can be written.</exception>
    public static nint LoadWeakened(string original)
    {
        var bytes = File.ReadAllBytes(original);
        return ElfSymbolVersions.Weaken(bytes, MissingVersion) ? Load(Path.GetFileName(original), bytes) : NativeLibrary.Load(original);
    }

    /// <summary>Loads a library from its bytes.</summary>
    /// <param name="name">Its name, for debuggers.</param>
    /// <param name="bytes">The whole library.</param>
    public static nint Load(string name, byte[] bytes)
    {
        try
        {
            using var memory = new SafeFileHandle(CreateMemoryFile(name, CloseOnExec), ownsHandle: true);
            if (!memory.IsInvalid)
            {
                return Load(memory, bytes);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException or EntryPointNotFoundException)
        {
            // Old or hardened systems have no executable memory files: a private file may work.
        }

        return LoadFromFile(Path.GetTempPath(), name, bytes);
    }

    /// <summary>Loads a library through a file in a new folder of this user's alone, which is deleted at once.</summary>
    /// <param name="folder">The folder to create it in.</param>
    /// <param name="name">The name of the file.</param>
    /// <param name="bytes">The whole library.</param>
    public static nint LoadFromFile(string folder, string name, byte[] bytes)
    {
        var path = Path.Combine(folder, $"dsd-native-{Guid.NewGuid():N}");
        var own = OperatingSystem.IsWindows() ? Directory.CreateDirectory(path) : Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            // A new file, loaded by its handle: neither can be exchanged for another, whoever can write the folder.
            using var file = File.OpenHandle(Path.Combine(own.FullName, name), FileMode.CreateNew, FileAccess.ReadWrite);
            return Load(file, bytes);
        }
        finally
        {
            own.Delete(recursive: true);
        }
    }

    private static nint Load(SafeFileHandle file, byte[] bytes)
    {
        try
        {
            RandomAccess.Write(file, bytes, 0);
        }
        catch (ArgumentOutOfRangeException e) when (AtomicFile.IsSizeLimit(e))
        {
            throw AtomicFile.SizeLimit("the copy of TorchSharp's library in memory", e);
        }

        return NativeLibrary.Load(FormattableString.Invariant($"/proc/self/fd/{file.DangerousGetHandle()}"));
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateMemoryFile(string name, uint flags);
}
