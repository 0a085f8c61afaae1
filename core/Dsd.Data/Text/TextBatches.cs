using System.Runtime.InteropServices;
using Dsd.Records;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>Batches of windows of texts: gathered on the device if the texts lie there, otherwise made on the CPU and copied.</summary>
internal sealed class TextBatches
{
    private readonly TextDataset _data;
    private readonly BatchOrder _order;
    private readonly long _seed;
    private readonly Device? _device;
    private readonly bool? _keeps;
    private readonly ResidentText? _train;
    private readonly StepTable? _plan;

    /// <summary>Prepares the batches of a task, and moves the train split to the device if it fits.</summary>
    /// <param name="data">The texts.</param>
    /// <param name="order">The order of windows.</param>
    /// <param name="seed">The seed of the start of the windows.</param>
    /// <param name="device">The device.</param>
    /// <param name="keeps">True to keep texts on the device in any case, false not to; null to do it on a device other than the CPU if they fit.</param>
    public TextBatches(TextDataset data, BatchOrder order, long seed, Device? device, bool? keeps)
    {
        (_data, _order, _seed, _device, _keeps) = (data, order, seed, device, keeps);
        _train = ResidentText.Of(data.Train, device, keeps);
        _plan = _train is null ? null : new(device ?? CPU, [order.BatchSize], Plan);
    }

    /// <summary>Creates the batch of a step: characters and those that follow each.</summary>
    public (Tensor Input, Tensor Target) Batch(long step)
    {
        if (_train is null)
        {
            var (offset, examples) = At(step);
            return OnHost(_data.WindowLength, examples.Length, i => _data.Window(examples.Span[i], offset));
        }

        using var places = _plan!.At(step);
        return _train.Windows(places, _data.WindowLength);
    }

    /// <summary>Lists the batches that measure a split: windows of one length, every character of <see cref="TextDataset.ToMeasure"/> but the first of each text once.</summary>
    /// <param name="split">The split.</param>
    /// <param name="longest">The length of a window, but for the last one of a text.</param>
    /// <param name="atOnce">The windows in a batch, at most.</param>
    /// <returns>The number of windows, their length, and a function that creates the batch.</returns>
    public IEnumerable<(int Count, int Length, Func<(Tensor Input, Tensor Target)> Read)> ToMeasure(DataSplit split, int longest, int atOnce)
    {
        var part = _data.Part(split);
        var windows = Windows(split, longest).GroupBy(w => w.Length).OrderByDescending(g => g.Key).SelectMany(g => g).ToList();
        var resident = windows.Count == 0 ? null : ResidentText.Of(part, _device, _keeps);
        using var places = resident is null ? null
            : DeviceCopy.Send(tensor(windows.ConvertAll(w => resident.Place(w.Text, w.Start)), dtype: ScalarType.Int64), _device).DetachFromDisposeScope();
        for (var first = 0; first < windows.Count;)
        {
            var (begin, length) = (first, windows[first].Length);
            var count = windows.Skip(first).Take(atOnce).TakeWhile(w => w.Length == length).Count();
            yield return (count, length, Read);
            first += count;

            (Tensor Input, Tensor Target) Read()
            {
                if (resident is null)
                {
                    return OnHost(length, count, i => part.Text(windows[begin + i].Text).Slice(windows[begin + i].Start, length + 1));
                }

                using var here = places!.narrow(0, begin, count);
                return resident.Windows(here, length);
            }
        }
    }

    private IEnumerable<(int Text, int Start, int Length)> Windows(DataSplit split, int longest)
    {
        for (var text = 0; text < _data.Part(split).Count; text++)
        {
            var predicted = _data.ToMeasure(split, text).Length - 1;
            for (var start = 0; start < predicted; start += longest)
            {
                yield return (text, start, Math.Min(longest, predicted - start));
            }
        }
    }

    private (int Offset, ReadOnlyMemory<int> Examples) At(long step)
    {
        var (epoch, _, examples) = _order.At(step);
        return (CounterRandom.For(_seed, "window", epoch).Below(0, _data.WindowLength), examples);
    }

    private void Plan(long step, Span<long> places)
    {
        var (offset, examples) = At(step);
        for (var i = 0; i < places.Length; i++)
        {
            var (text, start) = _data.WindowAt(examples.Span[i]);
            places[i] = _train!.Place(text, start + offset);
        }
    }

    private (Tensor Input, Tensor Target) OnHost(int length, int count, Characters characters)
    {
        var input = empty([count, length], dtype: ScalarType.Int64, device: CPU);
        var target = empty([count, length], dtype: ScalarType.Int64, device: CPU);
        var inputs = MemoryMarshal.Cast<byte, long>(input.bytes);
        var targets = MemoryMarshal.Cast<byte, long>(target.bytes);
        for (var i = 0; i < count; i++)
        {
            var window = characters(i);
            for (var j = 0; j < length; j++)
            {
                inputs[(i * length) + j] = window[j];
                targets[(i * length) + j] = window[j + 1];
            }
        }

        return (DeviceCopy.Send(input, _device), DeviceCopy.Send(target, _device));
    }

    /// <summary>The characters of a window and the one after them.</summary>
    private delegate ReadOnlySpan<byte> Characters(int window);
}
