using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Dsd.Torch;

/// <summary>The processor that an ELF library is built for, as its header says.</summary>
internal static class ElfMachine
{
    private const int HeaderSize = 20;
    private const ushort X64 = 62;
    private const ushort Arm64 = 183;

    /// <summary>Checks that a file is a library for this process's processor.</summary>
    /// <param name="path">The path of an existing file.</param>
    /// <param name="wanted">The processor. Default null: this process's.</param>
    /// <returns>What it is instead, e.g. <c>"is built for arm64, and this process runs on x64"</c>; null if it fits.</returns>
    public static string? Problem(string path, Architecture? wanted = null)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        using (var file = File.OpenRead(path))
        {
            if (file.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) < HeaderSize || !header.StartsWith("\u007fELF"u8))
            {
                return "is no ELF library";
            }
        }

        var processor = wanted ?? RuntimeInformation.ProcessArchitecture;
        var machine = BinaryPrimitives.ReadUInt16LittleEndian(header[18..]);
        return (machine, processor) is (X64, Architecture.X64) or (Arm64, Architecture.Arm64)
            ? null
            : $"is built for {Name(machine)}, and this process runs on {processor.ToString().ToLowerInvariant()}";
    }

    private static string Name(ushort machine) => machine switch
    {
        X64 => "x64",
        Arm64 => "arm64",
        _ => string.Create(CultureInfo.InvariantCulture, $"another processor (ELF machine {machine})"),
    };
}
