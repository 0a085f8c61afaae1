using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>The header of a .safetensors file: type, sizes and offsets of each tensor, checked to fill the file from end to end.</summary>
/// <param name="Path">The file.</param>
/// <param name="Start">The offset of its values, in bytes.</param>
/// <param name="Tensors">The tensors by name.</param>
/// <param name="Metadata">The texts by name; empty if there are none.</param>
internal sealed record SafeTensorsHeader(string Path, long Start, IReadOnlyDictionary<string, SafeTensorsHeader.Entry> Tensors, IReadOnlyDictionary<string, string> Metadata)
{
    private const int MaxHeaderBytes = 100_000_000;
    /// <summary>The name of the texts in the JSON header.</summary>
    public const string MetadataField = "__metadata__";

    private static readonly (ScalarType Type, string Name, int Bytes)[] s_types =
    [
        (ScalarType.Float64, "F64", 8), (ScalarType.Float32, "F32", 4), (ScalarType.Float16, "F16", 2), (ScalarType.BFloat16, "BF16", 2),
        (ScalarType.Int64, "I64", 8), (ScalarType.Int32, "I32", 4), (ScalarType.Int16, "I16", 2), (ScalarType.Int8, "I8", 1),
        (ScalarType.Byte, "U8", 1), (ScalarType.Bool, "BOOL", 1),
    ];

    /// <summary>Returns the format's name of a type.</summary>
    /// <exception cref="DsdException">The format has no such type.</exception>
    public static string NameOf(ScalarType type) => s_types.FirstOrDefault(t => t.Type == type).Name
        ?? throw new DsdException($"A .safetensors file cannot hold numbers of the type {type}; it can hold {string.Join(", ", s_types.Select(t => t.Type))}. Convert the tensor first.");

    /// <summary>True if numbers of a type, by the format's name of it, can be read.</summary>
    public static bool IsRead(string type) => s_types.Any(t => t.Name == type);

    /// <summary>Reads the header of a file and leaves the stream at the start of the values.</summary>
    /// <exception cref="DsdException">It is damaged, or its tensors overlap, leave holes, or do not end with the file.</exception>
    public static SafeTensorsHeader Read(FileStream file, string path)
    {
        try
        {
            Span<byte> prefix = stackalloc byte[8];
            file.ReadExactly(prefix);
            var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
            if (length < 2 || length > MaxHeaderBytes || length > file.Length - 8)
            {
                throw Damaged(path, FormattableString.Invariant($"its header is said to have {(ulong)length} bytes"));
            }

            var text = new byte[length];
            file.ReadExactly(text);
            using var header = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (header.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Damaged(path, "its header is not an object");
            }

            var tensors = header.RootElement.EnumerateObject().Where(p => p.Name != MetadataField).ToDictionary(p => p.Name, p => EntryOf(path, p.Name, p.Value));
            CheckThatTheyFill(path, tensors, file.Length - 8 - length);
            return new(path, 8 + length, tensors, TextsOf(path, header.RootElement));
        }
        catch (Exception e) when (e is JsonException or EndOfStreamException or InvalidOperationException)
        {
            throw Damaged(path, "its header cannot be read", e);
        }
    }

    /// <summary>Returns the type of a tensor's numbers.</summary>
    /// <exception cref="DsdException">The type is not supported.</exception>
    public ScalarType TypeOf(string name)
    {
        var type = Tensors[name].Type;
        return s_types.FirstOrDefault(t => t.Name == type) is { Name: not null } known
            ? known.Type
            : throw new DsdException($"{Path}: {name} has the type {type}, which is not read; the types read are {string.Join(", ", s_types.Select(t => t.Name))}. Convert it.");
    }

    /// <summary>Creates the error for a file that is not a complete file of this format.</summary>
    public static DsdException Damaged(string path, string how, Exception? cause = null) =>
        new($"{path}: not a whole .safetensors file: {how}. Save or fetch it again.", cause);

    private static Dictionary<string, string> TextsOf(string path, JsonElement header)
    {
        if (!header.TryGetProperty(MetadataField, out var texts))
        {
            return [];
        }

        return texts.ValueKind == JsonValueKind.Object && texts.EnumerateObject().All(t => t.Value.ValueKind == JsonValueKind.String)
            ? texts.EnumerateObject().ToDictionary(t => t.Name, t => t.Value.GetString()!)
            : throw Damaged(path, $"its {MetadataField} are not texts by name");
    }

    private static Entry EntryOf(string path, string name, JsonElement entry)
    {
        try
        {
            var type = entry.GetProperty("dtype").GetString() ?? "null";
            var shape = entry.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()).ToValueList();
            var offsets = entry.GetProperty("data_offsets").EnumerateArray().Select(o => o.GetInt64()).ToArray();
            if (offsets is not [>= 0 and var begin, var end] || end < begin)
            {
                throw new FormatException();
            }

            var known = s_types.FirstOrDefault(t => t.Name == type);
            var bytes = shape.Aggregate((Int128)known.Bytes, (product, d) => product > long.MaxValue ? product : product * d);

            // An empty tensor's other sizes must be countable too: libtorch multiplies them for its strides.
            var span = shape.Aggregate((Int128)1, (product, d) => product > long.MaxValue ? product : product * Math.Max(1, d));

            // The size of an unsupported type is unknown; its tensor is rejected only when it is read.
            return shape.Any(d => d < 0) || Int128.Max(bytes, span * Math.Max(1, known.Bytes)) > long.MaxValue ? throw Damaged(path, $"{name} is said to be {type} ({Join(shape)})")
                : known.Name is not null && (long)bytes != end - begin ? throw Damaged(path, FormattableString.Invariant($"{name} is said to be {type} ({Join(shape)}) and to take {end - begin} bytes; that would be {bytes}"))
                : new(type, shape, begin, end);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Damaged(path, $"its entry for {name} cannot be read", e);
        }
    }

    /// <summary>Rejects tensors that overlap, leave gaps, or end before or after the file: the format allows none of it.</summary>
    private static void CheckThatTheyFill(string path, Dictionary<string, Entry> tensors, long bytes)
    {
        var (reached, before) = (0L, (string?)null);
        foreach (var (name, entry) in tensors.OrderBy(t => t.Value.Begin).ThenBy(t => t.Value.End))
        {
            if (entry.Begin != reached)
            {
                throw Damaged(path, FormattableString.Invariant($"the values of {name} begin at {entry.Begin}{(before is null ? ", not at 0" : $" and those of {before} end at {reached}; one must begin where the other ends")}"));
            }

            (reached, before) = (entry.End, name);
            if (reached > bytes)
            {
                throw Damaged(path, FormattableString.Invariant($"the values of {name} do not lie within it: they end at {reached}, and the file at {bytes}"));
            }
        }

        if (reached != bytes)
        {
            throw Damaged(path, FormattableString.Invariant($"its values end at {reached}, and the file goes on to {bytes}"));
        }
    }

    /// <summary>Formats sizes for messages.</summary>
    public static string Join(IEnumerable<long> sizes) => string.Join(", ", sizes.Select(d => d.ToString(CultureInfo.InvariantCulture)));

    /// <summary>A tensor of a file.</summary>
    /// <param name="Type">The format's name of its type, which may be unsupported.</param>
    /// <param name="Shape">Its sizes.</param>
    /// <param name="Begin">The start of its values, in bytes after the header.</param>
    /// <param name="End">The end of its values.</param>
    internal sealed record Entry(string Type, ValueList<long> Shape, long Begin, long End);
}
