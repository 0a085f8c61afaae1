using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>Writes .safetensors files and reads single tensors of them; knows nothing of models.</summary>
/// <remarks>
/// The format (Hugging Face, safetensors 0.4): the length of a JSON header in 8 bytes, the header with type, shape and offsets
/// of each tensor and texts by name, then the raw values. It holds no code, so reading one cannot run any.
/// </remarks>
internal static class SafeTensorsFile
{
    /// <summary>Writes a file; it is either complete or absent.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="tensors">The tensors by name, on any device, in the order of their values.</param>
    /// <param name="metadata">Texts by name, beside the format's own <c>format: pt</c>.</param>
    /// <exception cref="IOException">The file cannot be written; an existing one is unchanged.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IEnumerable<KeyValuePair<string, string>>? metadata = null)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var texts = new JsonObject { ["format"] = "pt" };
        foreach (var (name, text) in metadata ?? [])
        {
            texts[name] = text;
        }

        var header = new JsonObject { [SafeTensorsHeader.MetadataField] = texts };
        var values = tensors.Select(t => (Name: t.Key, Value: t.Value.detach().cpu().contiguous())).ToList();
        var offset = 0L;
        foreach (var (name, value) in values)
        {
            var end = offset + (value.numel() * value.ElementSize);
            header[name] = new JsonObject
            {
                ["dtype"] = SafeTensorsHeader.NameOf(value.dtype),
                ["shape"] = new JsonArray([.. value.shape.Select(d => JsonValue.Create(d))]),
                ["data_offsets"] = new JsonArray(offset, end),
            };
            offset = end;
        }

        AtomicFile.Write(path, file =>
        {
            var text = JsonSerializer.SerializeToUtf8Bytes(header);
            var padded = (text.Length + 7) / 8 * 8;
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, padded);
            file.Write(length);
            file.Write(text);
            file.Write(new string(' ', padded - text.Length).Select(c => (byte)c).ToArray());
            foreach (var (_, value) in values.Where(t => t.Value.numel() > 0))
            {
                file.Write(value.bytes);
            }
        });
    }

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="DsdException">It is missing or cannot be read.</exception>
    public static FileStream Open(string path)
    {
        try
        {
            return File.Exists(path) ? File.OpenRead(path) : throw new DsdException($"{path}: there is no such file.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads one tensor in its own type onto the CPU; the caller owns it.</summary>
    public static Tensor Read(FileStream file, SafeTensorsHeader header, string name)
    {
        var entry = header.Tensors[name];
        var bytes = entry.End - entry.Begin;
        if (bytes > int.MaxValue)
        {
            throw new DsdException(FormattableString.Invariant($"{header.Path}: {name} has {bytes} bytes; tensors of up to 2 GB are read."));
        }

        var value = empty([.. entry.Shape], header.TypeOf(name));
        if (bytes > 0)
        {
            file.Position = header.Start + entry.Begin;
            file.ReadExactly(value.bytes);
        }

        return value;
    }
}
