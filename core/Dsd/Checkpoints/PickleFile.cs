using System.Buffers.Binary;
using System.IO.Compression;

namespace Dsd.Checkpoints;

/// <summary>Recognises files of <c>torch.save</c>. They hold Python pickles, programs that build objects, and are never read.</summary>
internal static class PickleFile
{
    private const byte Protocol = 0x80;

    /// <summary>Explains how to convert the file if it is one of <c>torch.save</c>; null if it is not. The stream is then where it was.</summary>
    public static DsdException? Refusal(FileStream file, string path)
    {
        var start = file.Position;
        Span<byte> begin = stackalloc byte[8];
        var isPickle = file.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false) == begin.Length
            && (begin.StartsWith("PK\u0003\u0004"u8) ? HoldsPickle(file) : begin[0] == Protocol && begin[1] is >= 2 and <= 5 && !CanBeALength(begin, file.Length));
        file.Position = start;
        return isPickle
            ? new($"{path}: a file of torch.save, which holds a Python pickle: reading one can run code, so it is not read. Convert it once, with torch and safetensors installed in Python:\n  {Converter(Path.GetFileName(path)).ReplaceLineEndings("\n  ")}")
            : null;
    }

    /// <summary>The lines of Python that convert a file.</summary>
    internal static string Converter(string file) => $$"""
        import torch; from safetensors.torch import save_file
        save_file({name: value.clone().contiguous() for name, value in torch.load("{{file}}", map_location="cpu", weights_only=True).items()}, "{{Path.ChangeExtension(file, ".safetensors")}}")
        """;

    /// <summary>True if the eight bytes can be the length of a .safetensors header, which may begin with the byte of a pickle too.</summary>
    private static bool CanBeALength(ReadOnlySpan<byte> begin, long fileLength) => BinaryPrimitives.ReadInt64LittleEndian(begin) is >= 2 and var length && length <= fileLength - 8;

    private static bool HoldsPickle(FileStream file)
    {
        try
        {
            file.Position = 0;
            using var archive = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
            return archive.Entries.Any(e => e.Name == "data.pkl");
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
