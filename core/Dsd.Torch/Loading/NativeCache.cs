using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Dsd.Torch;

/// <summary>Caches the loadable copy of TorchSharp's library in the user's local application data.</summary>
internal static class NativeCache
{
    private const string MissingVersion = "GLIBCXX_3.4.32";

    /// <summary>Loads a copy of a library whose requirement on newer C++ runtimes is made weak.</summary>
    /// <param name="original">The full path of the original library, which is not changed.</param>
    /// <param name="version">The library's version, part of the copy's folder name.</param>
    /// <returns>The handle of the loaded library.</returns>
    /// <exception cref="DsdException">The library is damaged.</exception>
    /// <exception cref="DllNotFoundException">The loader refuses the copy too.</exception>
    /// <exception cref="IOException">No copy can be written.</exception>
    public static nint LoadWeakened(string original, string version)
    {
        var bytes = File.ReadAllBytes(original);
        var checksum = Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (!ElfSymbolVersions.Weaken(bytes, MissingVersion))
        {
            return NativeLibrary.Load(original);
        }

        var name = Path.GetFileName(original);
        var user = Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        if (Path.IsPathFullyQualified(user))
        {
            try
            {
                return NativeLibrary.Load(Store(Path.Combine(user, "dsd", "native", $"{version}-{checksum}"), name, bytes));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
            {
                // The home folder is read-only, full or mounted noexec: the temporary folder may work.
            }
        }

        return LoadOnce(name, bytes);
    }

    /// <summary>Ensures that a folder holds a file of exactly the given bytes; a missing or different one is replaced.</summary>
    /// <param name="folder">The full path of the folder; created if it does not exist.</param>
    /// <param name="name">The name of the file.</param>
    /// <param name="bytes">The content.</param>
    /// <returns>The full path of the file.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static string Store(string folder, string name, byte[] bytes)
    {
        var path = Path.Combine(folder, name);
        if (Holds(path, bytes))
        {
            return path;
        }

        Directory.CreateDirectory(folder);

        // A process that has the old file mapped keeps it.
        AtomicFile.Write(path, file => file.Write(bytes));
        return path;
    }

    private static bool Holds(string path, ReadOnlySpan<byte> bytes)
    {
        var file = new FileInfo(path);
        return file.Exists && file.Length == bytes.Length && File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes);
    }

    /// <summary>Loads the bytes from a private temporary folder, which is deleted afterwards.</summary>
    private static nint LoadOnce(string name, byte[] bytes)
    {
        var folder = Directory.CreateTempSubdirectory("dsd-native-");
        try
        {
            return NativeLibrary.Load(Store(folder.FullName, name, bytes));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
