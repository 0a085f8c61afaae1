using System.IO.Hashing;
using System.Text;
using Dsd.Records;
using Dsd.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Finds examples with the same inputs in two splits, which would be measured on data used for training or selection.</summary>
internal static unsafe class EqualInputs
{
    private const long BytesAtOnce = 1 << 26;
    private const long BytesOfAPiece = 1 << 18;

    /// <summary>Counts the examples of a split whose inputs are also in an earlier one, in the order train, validation, test; examples that are not in memory are not compared.</summary>
    public static ValueList<DataProblem> Find(IReadOnlyList<(DataSplit Split, Examples Examples)> splits)
    {
        var inMemory = splits.Select(s => (s.Split, Inputs: s.Examples.InputHashes())).Where(s => s.Inputs is not null).Select(s => (s.Split, Inputs: s.Inputs!.Value)).ToList();
        var (problems, earlier) = (new List<DataProblem>(), new List<(DataSplit Split, HashSet<int>.AlternateLookup<UInt128> Rows)>());
        foreach (var (split, inputs) in inMemory)
        {
            problems.AddRange(earlier.Select(e => Compare(split, inputs, e.Split, e.Rows)).OfType<DataProblem>());
            if (earlier.Count < inMemory.Count - 1)
            {
                earlier.Add((split, inputs.Index()));
            }
        }

        return problems.ToValueList();
    }

    /// <summary>Hashes each row of a tensor: its bits, its type and its shape.</summary>
    public static UInt128[] Hashes(Tensor rows)
    {
        using var guard = no_grad();
        var hashes = new UInt128[rows.shape[0]];
        var kind = unchecked((long)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes($"{rows.dtype} [{string.Join(", ", rows.shape.Skip(1))}]")));
        var bytes = checked((int)(rows.numel() / rows.shape[0] * rows.element_size()));
        var some = Math.Max(1, BytesAtOnce / bytes);
        for (var first = 0L; first < hashes.LongLength; first += some)
        {
            using var scope = NewDisposeScope();
            Hash(rows.narrow(0, first, Math.Min(some, hashes.LongLength - first)).detach().cpu().contiguous(), bytes, kind, hashes, first);
        }

        return hashes;
    }

    private static DataProblem? Compare(DataSplit split, RowHashes inputs, DataSplit earlier, HashSet<int>.AlternateLookup<UInt128> rows)
    {
        var (count, names) = (0L, new List<string>());
        for (var example = 0; example < inputs.Count; example++)
        {
            var row = inputs.Row(example);
            if (rows.TryGetValue(inputs.OfAll[row], out var same) && count++ < DataProblem.MostExamples)
            {
                names.Add(FormattableString.Invariant($"row {row} = row {same}"));
            }
        }

        return count == 0 ? null : new(
            DataProblemKind.InTwoParts, split, $"examples with the same inputs as one of {earlier.ToString().ToLowerInvariant()} (rows counted from 0)", count, names.ToValueList());
    }

    private static void Hash(Tensor rows, int bytes, long kind, UInt128[] hashes, long first)
    {
        var (count, each) = (rows.shape[0], Math.Max(1, BytesOfAPiece / bytes));
        var memory = (byte*)TensorMemory.Of(rows);
        Parallel.For(0, (count + each - 1) / each, new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() }, piece =>
        {
            for (var row = piece * each; row < Math.Min(count, (piece + 1) * each); row++)
            {
                hashes[first + row] = XxHash128.HashToUInt128(new ReadOnlySpan<byte>(memory + (row * bytes), bytes), kind);
            }
        });
        GC.KeepAlive(rows);
    }
}
