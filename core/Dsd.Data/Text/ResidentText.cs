using System.Collections.Concurrent;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>The texts of one split on a device, one after the other, as symbol indices.</summary>
internal sealed class ResidentText
{
    private readonly Tensor _symbols;
    private readonly long[] _places;
    private readonly ConcurrentDictionary<int, Tensor> _columns = new();

    private ResidentText(TextSplit part, Device device)
    {
        var host = empty(part.Characters, dtype: ScalarType.Byte, device: CPU).DetachFromDisposeScope();
        _places = new long[part.Count];
        var place = 0;
        for (var text = 0; text < part.Count; text++)
        {
            _places[text] = place;
            part.Text(text).CopyTo(host.bytes[place..]);
            place += part.Text(text).Length;
        }

        _symbols = DeviceCopy.IsElsewhere(device) ? host.to(device, disposeAfter: true).DetachFromDisposeScope() : host;
    }

    /// <summary>Gets a split on a device, copied there once; null if it is too large.</summary>
    /// <param name="part">The split.</param>
    /// <param name="device">The device.</param>
    /// <param name="isWanted">True to keep it there in any case, false not to; null to do it on a device other than the CPU if it fits.</param>
    public static ResidentText? Of(TextSplit part, Device? device, bool? isWanted) =>
        part.Characters == 0 ? null : DeviceData.Keep(part, "text", device, isWanted, part.Characters, where => new ResidentText(part, where));

    /// <summary>Computes the place of a character among all.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">The character in the text.</param>
    public long Place(int text, int start) => _places[text] + start;

    /// <summary>Gathers windows.</summary>
    /// <param name="places">The place of the first character of each, int64 on the device, shape (windows).</param>
    /// <param name="length">The number of characters predicted in each.</param>
    /// <returns>The characters and those that follow each, both int64, shape (windows, length); the caller owns both.</returns>
    public (Tensor Input, Tensor Target) Windows(Tensor places, int length)
    {
        using var scope = NewDisposeScope();
        var both = _symbols.take(places.view(1, -1, 1) + _columns.GetOrAdd(length, Columns)).to(ScalarType.Int64);
        return (both.select(0, 0).MoveToOuterDisposeScope(), both.select(0, 1).MoveToOuterDisposeScope());
    }

    /// <summary>Creates the steps from a window's first character to its inputs and targets, shape (2, 1, length).</summary>
    private Tensor Columns(int length)
    {
        using var scope = NewDisposeScope();
        var inputs = arange(length, dtype: ScalarType.Int64, device: _symbols.device).view(1, 1, -1);
        return cat([inputs, inputs + 1]).DetachFromDisposeScope();
    }
}
