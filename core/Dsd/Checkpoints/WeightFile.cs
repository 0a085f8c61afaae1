using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dsd.Execution;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>Saves a model's parameters and buffers as a .safetensors file, and loads them back.</summary>
/// <remarks>
/// The format (Hugging Face, safetensors 0.4): the length of a JSON header in 8 bytes, the header with type, shape and offsets
/// of each tensor, then the raw values. It holds no code, so reading one cannot run any.
/// </remarks>
public static class WeightFile
{
    private const string BatchCount = ".num_batches_tracked";

    /// <summary>Saves a model; the file is either complete or absent.</summary>
    /// <param name="model">The model, on any device.</param>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <exception cref="IOException">The file cannot be written; an existing one is unchanged.</exception>
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
            foreach (var (_, value) in tensors.Where(t => t.Value.numel() > 0))
            {
                file.Write(value.bytes);
            }
        });
    }

    /// <summary>Loads a file into a model whose parameters and buffers have the same names, types and shapes.</summary>
    /// <remarks>
    /// If a file has none of the batch counts that norms keep (<c>num_batches_tracked</c>), such as files from before PyTorch 0.4.1, they start
    /// at 0, as in PyTorch.
    /// </remarks>
    /// <param name="model">The model, on any device; it is not changed unless the whole file fits.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="DsdException">
    /// The file is missing, damaged, or made for another model (the message says what differs), or holds NaN or an infinite number (the message says
    /// where) in a parameter that is trained or in a norm's running statistics. Frozen parameters and other buffers may hold any, as a causal mask does.
    /// </exception>
    public static void Load(nn.Module model, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!File.Exists(path))
        {
            throw new DsdException($"{path}: there is no such weight file.");
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var file = Open(path);
        var header = SafeTensorsHeader.Read(file, path);
        var targets = model.state_dict();
        var counts = header.Tensors.Keys.Any(IsBatchCount) ? [] : targets.Where(t => IsBatchCount(t.Key) && t.Value.dtype == ScalarType.Int64).ToDictionary();
        var names = header.Tensors.Keys.Concat(counts.Keys).ToHashSet();
        if (!names.SetEquals(targets.Keys))
        {
            var differences = new[] { Difference("the file lacks", targets.Keys.Except(names)), Difference("the model lacks", names.Except(targets.Keys)) };
            throw new DsdException($"{path}: made for another model: {string.Join("; ", differences.OfType<string>())}.");
        }

        var values = targets.Where(t => !counts.ContainsKey(t.Key)).Select(t => (t.Value, Value: Read(file, header, t.Key, t.Value))).ToList();
        foreach (var (target, value) in values)
        {
            target.copy_(value);
        }

        foreach (var count in counts.Values)
        {
            count.zero_();
        }
    }

    /// <summary>Lists the tensors of a file by name with their sizes, without reading their values.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DsdException">The file is missing, unreadable or damaged.</exception>
    public static IReadOnlyDictionary<string, ValueList<long>> Shapes(string path)
    {
        using var file = Open(path);
        return SafeTensorsHeader.Read(file, path).Tensors.ToDictionary(e => e.Key, e => e.Value.Shape);
    }

    /// <summary>Reads one tensor of a file, without checking its values.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">The tensor's name.</param>
    /// <returns>The tensor in its own type, on the CPU; the caller owns it.</returns>
    /// <exception cref="DsdException">The file is missing, unreadable or damaged, or holds no tensor of this name.</exception>
    public static Tensor ReadTensor(string path, string name)
    {
        using var file = Open(path);
        var header = SafeTensorsHeader.Read(file, path);
        return header.Tensors.TryGetValue(name, out var entry)
            ? Read(file, header, name, entry)
            : throw new DsdException($"{path}: it holds no tensor '{name}'; it holds {string.Join(", ", header.Tensors.Keys.Take(8))}.");
    }

    private static FileStream Open(string path)
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

    private static bool IsBatchCount(string name) => name.EndsWith(BatchCount, StringComparison.Ordinal);

    private static bool IsRunningStatistic(string name) => name.Split('.')[^1] is "running_mean" or "running_var";

    /// <summary>Reads a tensor for a model; rejects one of another type or shape, and trained weights and running statistics that are not finite.</summary>
    private static Tensor Read(FileStream file, SafeTensorsHeader header, string name, Tensor target)
    {
        var entry = header.Tensors[name];
        if (header.TypeOf(name) != target.dtype || !entry.Shape.SequenceEqual(target.shape))
        {
            throw new DsdException(
                $"{header.Path}: {name} is {entry.Type} ({SafeTensorsHeader.Join(entry.Shape)}) in the file and {SafeTensorsHeader.NameOf(target.dtype)} ({SafeTensorsHeader.Join(target.shape)}) in the model.");
        }

        var value = Read(file, header, name, entry);
        if ((target.requires_grad || IsRunningStatistic(name)) && NonFinite.In(value) is { } bad)
        {
            var count = value.isfinite().logical_not().sum().item<long>();
            throw new DsdException(FormattableString.Invariant(
                $"{header.Path}: {name} holds {bad}, the first of {count} that are not finite numbers. Training that diverged leaves such weights; take a file from before."));
        }

        return value;
    }

    private static Tensor Read(FileStream file, SafeTensorsHeader header, string name, SafeTensorsHeader.Entry entry)
    {
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

    private static string? Difference(string who, IEnumerable<string> names)
    {
        const int shown = 4;
        var all = names.Order(StringComparer.Ordinal).ToList();
        var more = all.Count > shown ? FormattableString.Invariant($" and {all.Count - shown} more") : "";
        return all.Count == 0 ? null : $"{who} {string.Join(", ", all.Take(shown))}{more}";
    }
}
