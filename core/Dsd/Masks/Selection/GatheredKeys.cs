using System.Numerics;
using System.Runtime.InteropServices;

namespace Dsd.Masks;

/// <summary>Keys that the blocks of a pool have set aside for a second pass, each with its position in the block.</summary>
/// <remarks>The memory is not the collector's, which would keep it for the rest of a phase.</remarks>
internal sealed unsafe class GatheredKeys<TKey> : IDisposable
    where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
{
    private TKey* _keys;
    private ushort* _offsets;
    private long _room;
    private long _capacity;
    private long _taken;

    /// <summary>True if there was no room for some block's keys.</summary>
    public bool IsTooSmall => _taken > _capacity;

    /// <summary>Reserves room for a number of keys and drops the gathered ones, reusing memory where it suffices.</summary>
    public void Restart(long capacity)
    {
        if (capacity > _room)
        {
            Dispose();
            _keys = (TKey*)NativeMemory.Alloc((nuint)capacity, (nuint)sizeof(TKey));
            _offsets = (ushort*)NativeMemory.Alloc((nuint)capacity, sizeof(ushort));
            _room = capacity;
        }

        (_capacity, _taken) = (capacity, 0);
    }

    /// <summary>Takes room for a number of keys; thread-safe.</summary>
    /// <returns>The start of the range, or −1 where too little room is left.</returns>
    public long Take(int count)
    {
        var end = Interlocked.Add(ref _taken, count);
        return end <= _capacity ? end - count : -1;
    }

    /// <summary>A row of keys; good until the next <see cref="Restart"/> or <see cref="Dispose"/>.</summary>
    public Span<TKey> Keys(long from, int count) => new(_keys + from, count);

    /// <summary>The places of a row of keys.</summary>
    public Span<ushort> Offsets(long from, int count) => new(_offsets + from, count);

    /// <summary>The same row as <see cref="Keys"/>.</summary>
    public KeyRow<TKey> Row(long from, int count) => new(_keys + from, count);

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        NativeMemory.Free(_keys);
        NativeMemory.Free(_offsets);
        _keys = null;
        _offsets = null;
        _room = 0;
    }
}
