using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dsd.Checkpoints;
using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Records;
using static TorchSharp.torch;

namespace Dsd.Data.Tests.Fuzzing;

/// <summary>A small checkpoint, and what a forger makes of it: another note with the right checksum.</summary>
internal static class CheckpointSample
{
    public static byte[] Make()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var session = new SessionState(
            5, 1, TimeSpan.FromSeconds(1), 0,
            [new ParameterState("fc1.weight", new OrderedDictionary<string, object?> { ["step"] = 5L, ["momentum_buffer"] = ones(2, 3) })],
            new MaskSetState(new Dictionary<string, BitMask>(), new Dictionary<string, Tensor>(), new Dictionary<string, LayerState>()),
            new Dictionary<string, Tensor>());
        var left = new DataProblem(DataProblemKind.LeftOut, DataSplit.Train, "images", 2, ["a.png"]);
        var state = new TrainingState(new() { ["fc1.weight"] = ones(2, 3), ["fc1.bias"] = zeros(2) }, get_rng_state(), session, 2, ["fc1: otherwise"], new LossesSeen((0, 2.3), (4, 1.5), 1.5), [left]);
        CheckpointFile.Write(folder["c.safetensors"], new Checkpoint("dsd", "sparse", state, new Dictionary<string, byte[]> { ["dsd"] = Samples.Log() }, new Dictionary<string, double> { ["dsd/dense"] = 0.5 }));
        return File.ReadAllBytes(folder["c.safetensors"]);
    }

    /// <summary>Changes the note of a checkpoint and writes the checksum that belongs to it.</summary>
    public static byte[] Forged(byte[] file, Random random)
    {
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        var header = JsonNode.Parse(file.AsSpan(8, length))!.AsObject();
        var values = file.AsSpan(8 + length).ToArray();
        var texts = header["__metadata__"]!.AsObject();
        var note = Encoding.UTF8.GetString(Mutations.Text(Encoding.UTF8.GetBytes(texts["dsd.checkpoint"]!.GetValue<string>()), random));
        var hash = new XxHash128();
        hash.Append(Encoding.UTF8.GetBytes(note));
        foreach (var (name, entry) in header.Where(e => e.Key != "__metadata__").OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            var (begin, end) = (entry!["data_offsets"]![0]!.GetValue<int>(), entry["data_offsets"]![1]!.GetValue<int>());
            hash.Append(Encoding.UTF8.GetBytes($"\n{name} {entry["dtype"]} {string.Join(", ", entry["shape"]!.AsArray().Select(d => d!.ToString()))}\n"));
            hash.Append(values.AsSpan(begin, end - begin));
        }

        texts["dsd.checkpoint"] = note;
        texts["dsd.checksum"] = Convert.ToHexStringLower(hash.GetHashAndReset());
        var text = JsonSerializer.SerializeToUtf8Bytes(header);
        var changed = new byte[8 + text.Length + values.Length];
        BinaryPrimitives.WriteInt64LittleEndian(changed, text.Length);
        text.CopyTo(changed, 8);
        values.CopyTo(changed, 8 + text.Length);
        return changed;
    }
}
