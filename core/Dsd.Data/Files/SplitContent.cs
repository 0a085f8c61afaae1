using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Dsd.Records;
using Dsd.Runs;

namespace Dsd.Data;

/// <summary>Sizes and hashes of splits in memory, by which a study recognises its data.</summary>
internal static class SplitContent
{
    /// <summary>Returns the size and the hash of a split.</summary>
    /// <param name="split">The split, which names the entry.</param>
    /// <param name="form">What the bytes are, e.g. the shape of images; part of the hash, not of the size.</param>
    /// <param name="parts">The content; where a part ends is part of the hash.</param>
    public static DataInventory.Entry Of(DataSplit split, string form, IEnumerable<ReadOnlyMemory<byte>> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{form}\n"));
        var (bytes, length) = (0L, new byte[sizeof(long)]);
        foreach (var part in parts)
        {
            BinaryPrimitives.WriteInt64LittleEndian(length, part.Length);
            hash.AppendData(length);
            hash.AppendData(part.Span);
            bytes += part.Length;
        }

        return new(split.ToString().ToLowerInvariant(), bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
