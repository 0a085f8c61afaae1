using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>The positions of a batch's steps in three orders: padded, packed without padding, and the order of a recurrent layer.</summary>
/// <remarks>
/// Packed, the steps of all utterances are consecutive rows, utterance by utterance, so that layers and norms see no
/// padding. The recurrent order is (step, direction, utterance); backwards it starts at the end of each utterance.
/// The tensors belong to the dispose scope in which the layout was created.
/// </remarks>
internal sealed class UtteranceLayout
{
    private readonly bool _isFull;

    /// <summary>Computes the layout of a batch.</summary>
    /// <param name="lengths">The number of steps of each utterance, each at least 1.</param>
    /// <param name="steps">The number of steps with padding, at least that of the longest utterance.</param>
    /// <param name="device">The device of the batch.</param>
    public UtteranceLayout(int[] lengths, int steps, Device device)
    {
        (Count, Steps, Walk) = (lengths.Length, steps, lengths.Max());
        var rows = lengths.Sum();
        _isFull = rows == Count * Steps;
        var (padded, forward, backward, order) = (new long[rows], new long[rows], new long[rows], new long[Walk * 2 * Count]);
        for (var (utterance, row) = (0, 0); utterance < Count; utterance++)
        {
            for (var step = 0; step < lengths[utterance]; step++, row++)
            {
                padded[row] = (utterance * (long)steps) + step;
                forward[row] = (step * 2L * Count) + utterance;
                backward[row] = ((((lengths[utterance] - 1 - step) * 2L) + 1) * Count) + utterance;
                (order[forward[row]], order[backward[row]]) = (row, row);
            }
        }

        Padded = DeviceCopy.Send(tensor(padded), device);
        Forward = DeviceCopy.Send(tensor(forward), device);
        Backward = DeviceCopy.Send(tensor(backward), device);
        Order = DeviceCopy.Send(tensor(order), device);
    }

    /// <summary>The number of utterances.</summary>
    public int Count { get; }

    /// <summary>The number of steps with padding.</summary>
    public int Steps { get; }

    /// <summary>The number of steps of the longest utterance.</summary>
    public int Walk { get; }

    /// <summary>The index of each row in the padded batch (utterance, step).</summary>
    public Tensor Padded { get; }

    /// <summary>The index of each row in the recurrent order (step, direction, utterance), forwards.</summary>
    public Tensor Forward { get; }

    /// <summary>The index of each row in the recurrent order, backwards.</summary>
    public Tensor Backward { get; }

    /// <summary>The row at each index of the recurrent order; row 0 where there is none.</summary>
    public Tensor Order { get; }

    /// <summary>Zeroes spectrograms beyond the end of each utterance.</summary>
    /// <param name="spectrogram">Shape (N, T, bins).</param>
    /// <param name="lengths">The number of frames of each utterance.</param>
    public static Tensor Silence(Tensor spectrogram, int[] lengths)
    {
        if (lengths.All(n => n == spectrogram.size(1)))
        {
            return spectrogram;
        }

        // Selected, not multiplied: values beyond the end may be anything, even NaN.
        var frames = arange(spectrogram.size(1), dtype: ScalarType.Int64, device: spectrogram.device).view(1, -1, 1);
        var ends = DeviceCopy.Send(tensor(Array.ConvertAll(lengths, n => (long)n)), spectrogram.device).view(-1, 1, 1);
        return where(frames.less(ends), spectrogram, zeros_like(spectrogram));
    }

    /// <summary>Packs a padded batch into rows.</summary>
    /// <param name="batch">Shape (N, steps, features …).</param>
    /// <returns>Shape (rows, features).</returns>
    public Tensor Pack(Tensor batch)
    {
        var rows = batch.reshape(Count * (long)Steps, -1);
        return _isFull ? rows : rows.index_select(0, Padded);
    }

    /// <summary>Unpacks rows into a padded batch, with zeros for padding.</summary>
    /// <param name="rows">Shape (rows, features).</param>
    /// <returns>Shape (N, steps, features).</returns>
    public Tensor Unpack(Tensor rows)
    {
        var all = _isFull ? rows : zeros(Count * (long)Steps, rows.size(1), dtype: rows.dtype, device: rows.device).index_copy(0, Padded, rows);
        return all.view(Count, Steps, rows.size(1));
    }
}
