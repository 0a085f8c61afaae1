using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Saves a model's parameters and buffers as a .safetensors file, and loads them back.</summary>
/// <remarks>
/// The format (Hugging Face, safetensors 0.4): the length of a JSON header in 8 bytes, the header with type, shape and place
/// of each tensor, then the raw values. It holds no code: reading one cannot run any.
/// </remarks>
public static class WeightFile
{
    private const int MaxHeaderBytes = 100_000_000;

    private static readonly (ScalarType Type, string Name)[] s_types =
    [
        (ScalarType.Float64, "F64"), (ScalarType.Float32, "F32"), (ScalarType.Float16, "F16"), (ScalarType.BFloat16, "BF16"),
        (ScalarType.Int64, "I64"), (ScalarType.Int32, "I32"), (ScalarType.Int16, "I16"), (ScalarType.Int8, "I8"),
        (ScalarType.Byte, "U8"), (ScalarType.Bool, "BOOL"),
    ];

    /// <summary>Saves a model; the file is complete or not there at all.</summary>
    /// <param name="model">The model, on any device.</param>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <exception cref="IOException">The file cannot be written; one that was there before is as it was.</exception>
    public static void Save(nn.Module model, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var header = new JsonObject { ["__metadata__"] = new JsonObject { ["format"] = "pt" } };
        var tensors = model.state_dict().Select(t => (Name: t.Key, Value: t.Value.detach().cpu().contiguous())).ToList();
        var offset = 0L;
        foreach (var (name, value) in tensors)
        {
            var end = offset + (value.numel() * value.ElementSize);
            header[name] = new JsonObject
            {
                ["dtype"] = s_types.First(t => t.Type == value.dtype).Name,
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
            foreach (var (_, value) in tensors.Where(t => t.Value.numel() > 0))
            {
                file.Write(value.bytes);
            }
        });
    }

    /// <summary>Loads a file into a model whose parameters and buffers have the same names, types and shapes.</summary>
    /// <param name="model">The model, on any device; it is not changed unless the whole file fits.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="DsdException">The file is missing, damaged, or made for another model; the message says what differs.</exception>
    public static void Load(nn.Module model, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!File.Exists(path))
        {
            throw new DsdException($"{path}: there is no such weight file.");
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var file = File.OpenRead(path);
        var (entries, start) = ReadHeader(file, path);
        var targets = model.state_dict();
        var names = entries.Keys.Where(n => n != "__metadata__").ToHashSet();
        if (!names.SetEquals(targets.Keys))
        {
            var differences = new[] { Difference("the file lacks", targets.Keys.Except(names)), Difference("the model lacks", names.Except(targets.Keys)) };
            throw new DsdException($"{path}: made for another model: {string.Join("; ", differences.OfType<string>())}.");
        }

        var values = targets.Select(t => (t.Value, Read(file, start, path, t.Key, entries[t.Key], t.Value))).ToList();
        foreach (var (target, value) in values)
        {
            target.copy_(value);
        }
    }

    /// <summary>The tensors of a file by name with their sizes; none is read.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DsdException">The file is missing, unreadable or damaged.</exception>
    public static IReadOnlyDictionary<string, ValueList<long>> Shapes(string path)
    {
        using var file = Open(path);
        return ReadHeader(file, path).Entries.Where(e => e.Key != "__metadata__").ToDictionary(e => e.Key, e => Layout(path, e.Key, e.Value).Shape.ToValueList());
    }

    /// <summary>Reads one tensor of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">The tensor's name.</param>
    /// <returns>The tensor in its own type, on the CPU; the caller owns it.</returns>
    /// <exception cref="DsdException">The file is missing, unreadable or damaged, or holds no tensor of this name.</exception>
    public static Tensor ReadTensor(string path, string name)
    {
        using var scope = NewDisposeScope();
        using var file = Open(path);
        var (entries, start) = ReadHeader(file, path);
        if (name == "__metadata__" || !entries.TryGetValue(name, out var entry))
        {
            throw new DsdException($"{path}: it holds no tensor '{name}'; it holds {string.Join(", ", entries.Keys.Where(n => n != "__metadata__").Take(8))}.");
        }

        var (type, shape, bytes) = Layout(path, name, entry);
        return bytes <= file.Length - start
            ? Read(file, start, path, name, entry, empty(shape, type)).MoveToOuterDisposeScope()
            : throw Damaged(path, $"the values of {name} do not lie within it");
    }

    private static FileStream Open(string path)
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

    /// <summary>Type, sizes and bytes of a tensor as the header says.</summary>
    private static (ScalarType Type, long[] Shape, long Bytes) Layout(string path, string name, JsonElement entry)
    {
        try
        {
            var type = entry.GetProperty("dtype").GetString();
            var shape = entry.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()).ToArray();
            var known = s_types.FirstOrDefault(t => t.Name == type);
            var bytes = shape.Aggregate((Int128)ElementBytes(known.Type), (product, d) => product > long.MaxValue ? product : product * d);
            return known.Name is not null && shape.All(d => d >= 0) && bytes <= long.MaxValue
                ? (known.Type, shape, (long)bytes)
                : throw Damaged(path, $"{name} is said to be {type} ({Join(shape)})");
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Damaged(path, $"its entry for {name} cannot be read", e);
        }
    }

    private static int ElementBytes(ScalarType type) => type switch
    {
        ScalarType.Float64 or ScalarType.Int64 => 8,
        ScalarType.Float32 or ScalarType.Int32 => 4,
        ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Int16 => 2,
        _ => 1,
    };

    private static (Dictionary<string, JsonElement> Entries, long Start) ReadHeader(FileStream file, string path)
    {
        try
        {
            Span<byte> prefix = stackalloc byte[8];
            file.ReadExactly(prefix);
            var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
            if (length < 2 || length > MaxHeaderBytes || length > file.Length - 8)
            {
                throw Damaged(path, FormattableString.Invariant($"its header is said to have {length} bytes"));
            }

            var text = new byte[length];
            file.ReadExactly(text);
            using var header = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return header.RootElement.ValueKind == JsonValueKind.Object
                ? (header.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.Clone()), 8 + length)
                : throw Damaged(path, "its header is not an object");
        }
        catch (Exception e) when (e is JsonException or EndOfStreamException or InvalidOperationException)
        {
            throw Damaged(path, "its header cannot be read", e);
        }
    }

    private static Tensor Read(FileStream file, long start, string path, string name, JsonElement entry, Tensor target)
    {
        try
        {
            var type = entry.GetProperty("dtype").GetString();
            var shape = entry.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()).ToArray();
            var offsets = entry.GetProperty("data_offsets").EnumerateArray().Select(o => o.GetInt64()).ToArray();
            var wanted = s_types.First(t => t.Type == target.dtype).Name;
            if (type != wanted || !shape.SequenceEqual(target.shape))
            {
                throw new DsdException($"{path}: {name} is {type} ({Join(shape)}) in the file and {wanted} ({Join(target.shape)}) in the model.");
            }

            var bytes = target.numel() * target.ElementSize;
            if (offsets.Length != 2 || offsets[0] < 0 || offsets[1] - offsets[0] != bytes || offsets[1] > file.Length - start)
            {
                throw Damaged(path, $"the values of {name} do not lie within it");
            }

            if (bytes > int.MaxValue)
            {
                throw new DsdException(FormattableString.Invariant($"{path}: {name} has {bytes} bytes; tensors of up to 2 GB are read."));
            }

            var value = empty(target.shape, target.dtype);
            if (bytes > 0)
            {
                file.Position = start + offsets[0];
                file.ReadExactly(value.bytes);
            }

            return value;
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or EndOfStreamException)
        {
            throw Damaged(path, $"its entry for {name} cannot be read", e);
        }
    }

    private static string? Difference(string who, IEnumerable<string> names)
    {
        const int shown = 4;
        var all = names.Order(StringComparer.Ordinal).ToList();
        var more = all.Count > shown ? FormattableString.Invariant($" and {all.Count - shown} more") : "";
        return all.Count == 0 ? null : $"{who} {string.Join(", ", all.Take(shown))}{more}";
    }

    private static string Join(IEnumerable<long> dims) => string.Join(", ", dims.Select(d => d.ToString(CultureInfo.InvariantCulture)));

    private static DsdException Damaged(string path, string how, Exception? cause = null) =>
        new($"{path}: not a whole .safetensors file: {how}. Save or fetch it again.", cause);
}
