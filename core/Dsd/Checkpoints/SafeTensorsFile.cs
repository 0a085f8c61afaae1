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
    /// <summary>The bytes that a span over a tensor's memory is made for: below the 2 GB that it can hold.</summary>
    private const long MostBytesAtOnce = 1 << 30;

    /// <summary>Writes a file; it is either complete or absent.</summary>
    /// <remarks>Wider types come first, so that every value is aligned to its size: PyTorch refuses to view bytes as 64-bit numbers elsewhere.</remarks>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="tensors">The tensors by name, on any device; those of one size of number keep their order.</param>
    /// <param name="metadata">Texts by name, beside the format's own <c>format: pt</c>.</param>
    /// <exception cref="ArgumentException">Two tensors have one name.</exception>
    /// <exception cref="DsdException">A tensor has a type that the format does not have.</exception>
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
        var values = tensors.Select(t => (Name: t.Key, Value: t.Value.detach().cpu().contiguous())).OrderByDescending(t => t.Value.ElementSize).ToList();
        var offset = 0L;
        foreach (var (name, value) in values)
        {
            var end = offset + (value.numel() * value.ElementSize);
            // A repeated name would leave values that no entry names.
            header.Add(name, new JsonObject
            {
                ["dtype"] = SafeTensorsHeader.NameOf(value.dtype),
                ["shape"] = new JsonArray([.. value.shape.Select(d => JsonValue.Create(d))]),
                ["data_offsets"] = new JsonArray(offset, end),
            });
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
            foreach (var piece in values.SelectMany(t => Pieces(t.Value)))
            {
                file.Write(piece.bytes);
            }
        });
    }

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="DsdException">It is missing or cannot be read.</exception>
    public static FileStream Open(string path)
    {
        try
        {
            return File.Exists(path) ? InputFile.Open(path) : throw new DsdException($"{path}: there is no such file.");
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
        using var scope = NewDisposeScope();
        var value = empty([.. entry.Shape], header.TypeOf(name));
        file.Position = header.Start + entry.Begin;
        foreach (var piece in Pieces(value))
        {
            file.ReadExactly(piece.bytes);
        }

        return value.MoveToOuterDisposeScope();
    }

    /// <summary>Divides the memory of a contiguous CPU tensor into views, in order, each small enough for a span.</summary>
    internal static IEnumerable<Tensor> Pieces(Tensor value, long mostBytes = MostBytesAtOnce)
    {
        var (count, step) = (value.numel(), Math.Max(1, mostBytes / value.ElementSize));
        for (var start = 0L; start < count; start += step)
        {
            yield return value.view(-1).narrow(0, start, Math.Min(step, count - start));
        }
    }
}
