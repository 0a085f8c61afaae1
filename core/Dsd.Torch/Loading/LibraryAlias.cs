using System.Runtime.InteropServices;

namespace Dsd.Torch;

/// <summary>Makes the GNU loader take a loaded library for the file at another path, until it is disposed.</summary>
/// <remarks>
/// The loader opens a path only if no loaded library has that name. The name is a public field in the loader's list of libraries (link.h),
/// which debuggers read; it is exchanged here, and put back. Whether the loader heeds it is seen by asking for the path without loading it.
/// </remarks>
internal sealed unsafe class LibraryAlias : IDisposable
{
    private const int LinkMap = 2;
    private const int LazyWithoutLoading = 1 | 4;
    private readonly nint* _place;
    private readonly nint _name;
    private readonly nint _alias;

    /// <summary>Gives a library another name.</summary>
    /// <param name="library">The handle of the loaded library.</param>
    /// <param name="path">The full path of the other file.</param>
    /// <exception cref="DsdException">The loader does not let it.</exception>
    public LibraryAlias(nint library, string path)
    {
        var info = (delegate* unmanaged<nint, int, nint*, int>)Function("dlinfo");
        var open = (delegate* unmanaged<nint, int, nint>)Function("dlopen");
        nint map = 0;
        if (info is null || open is null || info(library, LinkMap, &map) != 0)
        {
            throw Refused(path);
        }

        // A link_map begins with the address of the library; then comes its name.
        _place = (nint*)map + 1;
        _name = *_place;
        _alias = Marshal.StringToCoTaskMemUTF8(path);
        *_place = _alias;
        if (open(_alias, LazyWithoutLoading) != library)
        {
            Dispose();
            throw Refused(path);
        }
    }

    /// <summary>Gives the library its own name again.</summary>
    public void Dispose()
    {
        *_place = _name;
        Marshal.FreeCoTaskMem(_alias);
    }

    // Before version 2.34 of the C library these functions were in one of their own.
    private static nint Function(string name)
    {
        foreach (var library in (ReadOnlySpan<string>)["libc.so.6", "libdl.so.2"])
        {
            if (NativeLibrary.TryLoad(library, out var handle) && NativeLibrary.TryGetExport(handle, name, out var function))
            {
                return function;
            }
        }

        return 0;
    }

    private static DsdException Refused(string path) => new(
        $"The libtorch that is named cannot stand for that of the program, {path}, which TorchSharp would load as a second one. Build with -p:TorchBackend=none, so that the program has none of its own.");
}
