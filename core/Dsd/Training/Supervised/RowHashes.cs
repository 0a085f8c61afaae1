namespace Dsd.Training;

/// <summary>Hashes of the inputs of examples, shared by all their parts.</summary>
/// <param name="OfAll">The hash of each row of the tensor or array that the examples are from.</param>
/// <param name="Part">The rows of a part, in its order; null for all.</param>
internal readonly record struct RowHashes(UInt128[] OfAll, ReadOnlyMemory<int>? Part)
{
    /// <summary>The number of examples.</summary>
    public int Count => Part?.Length ?? OfAll.Length;

    /// <summary>Returns the row of an example.</summary>
    public int Row(int example) => Part is { } rows ? rows.Span[example] : example;

    /// <summary>Indexes the first row of each hash.</summary>
    public HashSet<int>.AlternateLookup<UInt128> Index()
    {
        var rows = new HashSet<int>(Count, new ByHash(OfAll));
        for (var example = 0; example < Count; example++)
        {
            rows.Add(Row(example));
        }

        return rows.GetAlternateLookup<UInt128>();
    }

    /// <summary>Compares rows by their hashes, so that an index holds no copy of them.</summary>
    private sealed class ByHash(UInt128[] hashes) : IEqualityComparer<int>, IAlternateEqualityComparer<UInt128, int>
    {
        public bool Equals(int x, int y) => hashes[x] == hashes[y];

        public int GetHashCode(int row) => GetHashCode(hashes[row]);

        public bool Equals(UInt128 alternate, int other) => alternate == hashes[other];

        public int GetHashCode(UInt128 alternate) => unchecked((int)(ulong)alternate);

        public int Create(UInt128 alternate) => throw new NotSupportedException();
    }
}
