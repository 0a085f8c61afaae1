using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Dsd.Records;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Finds examples with the same inputs in two splits, which would be measured on data used for training or selection.</summary>
internal static class EqualInputs
{
    private const long BytesAtOnce = 1 << 24;

    /// <summary>Counts the examples of a split whose inputs are also in an earlier one, in the order train, validation, test; examples that are not in memory are not compared.</summary>
    public static ValueList<DataProblem> Find(IReadOnlyList<(DataSplit Split, Examples Examples)> splits)
    {
        var (problems, earlier) = (new List<DataProblem>(), new List<(DataSplit Split, Dictionary<UInt128, int> Rows)>());
        foreach (var (split, examples) in splits)
        {
            if (examples.InputHashes() is not { } hashes)
            {
                continue;
            }

            var (rows, counts, names) = (new Dictionary<UInt128, int>(examples.Count), new long[earlier.Count], earlier.ConvertAll(_ => new List<string>()));
            foreach (var (row, hash) in hashes)
            {
                rows.TryAdd(hash, row);
                for (var e = 0; e < earlier.Count; e++)
                {
                    if (earlier[e].Rows.TryGetValue(hash, out var same) && counts[e]++ < DataProblem.MostExamples)
                    {
                        names[e].Add(FormattableString.Invariant($"row {row} = row {same}"));
                    }
                }
            }

            problems.AddRange(earlier.Select((e, i) => new DataProblem(
                DataProblemKind.InTwoParts, split, $"examples with the same inputs as one of {e.Split.ToString().ToLowerInvariant()} (rows counted from 0)", counts[i], names[i].ToValueList())).Where(p => p.Count > 0));
            earlier.Add((split, rows));
        }

        return problems.ToValueList();
    }

    /// <summary>Hashes each row of a tensor: its bits, its type and its shape.</summary>
    public static UInt128[] Hashes(Tensor rows)
    {
        using var guard = no_grad();
        var hashes = new UInt128[rows.shape[0]];
        var kind = Hash(Encoding.UTF8.GetBytes($"{rows.dtype} [{string.Join(", ", rows.shape.Skip(1))}]"));
        var bytes = checked((int)(rows.numel() / rows.shape[0] * rows.element_size()));
        var some = Math.Max(1, BytesAtOnce / bytes);
        for (var first = 0L; first < hashes.LongLength; first += some)
        {
            using var scope = NewDisposeScope();
            var part = rows.narrow(0, first, Math.Min(some, hashes.LongLength - first)).detach().cpu().contiguous();
            var content = part.bytes;
            for (var row = 0; row < part.shape[0]; row++)
            {
                hashes[first + row] = kind ^ Hash(content.Slice(row * bytes, bytes));
            }
        }

        return hashes;
    }

    private static UInt128 Hash(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
