namespace Dsd.Tests.Torch;

/// <summary>Folders as a PyTorch or a libtorch leaves them, with files that have the header of an ELF library and nothing else.</summary>
internal static class FakeTorch
{
    public const string Cpu = "from typing import Optional\n\n__all__ = ['__version__', 'debug', 'cuda']\n__version__ = '2.11.0+cpu'\ndebug = False\ncuda: Optional[str] = None\nhip: Optional[str] = None\n";
    public const string Cuda = "from typing import Optional\n\n__all__ = ['__version__', 'debug', 'cuda']\n__version__ = '2.11.0+cu130'\ndebug = False\ncuda: Optional[str] = '13.0'\nhip: Optional[str] = None\n";

    /// <summary>Writes libraries of some names into a folder.</summary>
    public static string Libraries(string folder, params string[] names)
    {
        Directory.CreateDirectory(folder);
        Array.ForEach(names, name => File.WriteAllBytes(Path.Combine(folder, name), Elf(62)));
        return folder;
    }

    /// <summary>Writes a package torch.</summary>
    /// <param name="site">The folder of Python's packages.</param>
    /// <param name="version">The text of version.py.</param>
    /// <param name="more">Libraries beside the one for the CPU.</param>
    public static string PyTorch(string site, string version, params string[] more)
    {
        var folder = Libraries(Path.Combine(site, "torch", "lib"), ["libc10.so", "libtorch_cpu.so", "libtorch.so", .. more]);
        File.WriteAllText(Path.Combine(site, "torch", "version.py"), version);
        return folder;
    }

    /// <summary>The header of an ELF library for a processor.</summary>
    public static byte[] Elf(byte machine) => [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, machine, 0];
}
