using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Dsd.Torch;

/// <summary>Loads the libraries of a named libtorch by their full paths, each after those it needs, so that no search path of the system's loader has to name them.</summary>
/// <remarks>
/// A library that is loaded already satisfies another that needs one of its name. What a library needs from elsewhere, such as NVIDIA's packages
/// beside PyTorch, it finds by the paths in it, or else the loader names what is missing: that is then loaded from the first folder that has it.
/// </remarks>
/// <param name="vendors">The folders where needed libraries may be.</param>
/// <param name="load">Loads a file; returns null, or the reason why it cannot.</param>
internal sealed partial class LibTorchParts(IReadOnlyList<string> vendors, Func<string, string?> load)
{
    // In the order in which one needs another.
    private static readonly string[] s_parts = ["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"];
    private readonly HashSet<string> _tried = [];

    /// <summary>Loads a libtorch into this process.</summary>
    /// <exception cref="DsdException">A library is missing or cannot be loaded.</exception>
    public static void Load(LibTorchChoice choice) => new LibTorchParts(choice.Vendors, Native).Load(choice.Build);

    /// <summary>Loads the libraries of one folder.</summary>
    /// <exception cref="DsdException">One is missing or cannot be loaded.</exception>
    public void Load(LibTorchBuild build)
    {
        foreach (var part in s_parts)
        {
            var path = Path.Combine(build.Folder, NativeFolders.FileName(part));
            if (!File.Exists(path))
            {
                if (part.EndsWith("_cuda", StringComparison.Ordinal))
                {
                    continue;
                }

                throw new DsdException($"{build.Name} cannot be loaded: {path} is missing. Install it again.");
            }

            if (Missing(path) is { } reason)
            {
                throw new DsdException($"{build.Name} cannot be loaded: {reason}. Its libraries, and NVIDIA's where it has CUDA, must be complete: 'pip install torch' installs both.");
            }
        }
    }

    /// <summary>Loads a library and, as they turn out to be missing, those it needs; returns the reason if it cannot be.</summary>
    private string? Missing(string path)
    {
        while (load(path) is { } reason)
        {
            var needed = Names().Matches(reason).Select(m => Find(m.Value)).OfType<string>().Where(_tried.Add).ToList();
            if (needed.Count == 0)
            {
                return reason;
            }

            // What one of them lacks is the cause, not that it did not load.
            if (needed.Select(Missing).FirstOrDefault(r => r is not null) is { } cause)
            {
                return cause;
            }
        }

        return null;
    }

    private string? Find(string name) => vendors.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static string? Native(string path)
    {
        try
        {
            NativeLibrary.Load(path);
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            // The loader's own words come last, after the runtime's.
            return e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1].TrimEnd('.');
        }
    }

    [GeneratedRegex(@"(?<![\w/.-])lib[\w.+-]+\.so[.\d]*(?=[:\s]|$)")]
    private static partial Regex Names();
}
