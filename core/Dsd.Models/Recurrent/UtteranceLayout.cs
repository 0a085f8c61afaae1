using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>Where the steps of a batch's utterances lie: padded, packed without padding, and in the order in which a recurrent layer walks.</summary>
/// <remarks>
/// Packed, the steps of all utterances are rows one after the other, utterance by utterance, so that layers and norms see no
/// padding at all. The walk goes over (step, direction, utterance); backwards it begins at each utterance's own end.
/// Its tensors belong to the dispose scope in which it was made.
/// </remarks>
internal sealed class UtteranceLayout
{
    private readonly bool _isFull;

    /// <summary>Lays out utterances.</summary>
    /// <param name="lengths">Steps of each utterance, each at least 1.</param>
    /// <param name="steps">Steps with padding, at least the longest.</param>
    /// <param name="device">Where the batch is.</param>
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

        Padded = tensor(padded, device: device);
        Forward = tensor(forward, device: device);
        Backward = tensor(backward, device: device);
        Order = tensor(order, device: device);
    }

    /// <summary>Utterances.</summary>
    public int Count { get; }

    /// <summary>Steps with padding.</summary>
    public int Steps { get; }

    /// <summary>Steps of the longest utterance.</summary>
    public int Walk { get; }

    /// <summary>The place of each row in the padded batch (utterance, step).</summary>
    public Tensor Padded { get; }

    /// <summary>The place of each row in the walk (step, direction, utterance), forwards.</summary>
    public Tensor Forward { get; }

    /// <summary>The place of each row in the walk, backwards.</summary>
    public Tensor Backward { get; }

    /// <summary>The row at each place of the walk; row 0 where there is none.</summary>
    public Tensor Order { get; }

    /// <summary>Spectrograms with zeros beyond each utterance's end.</summary>
    /// <param name="spectrogram">Shape (N, T, bins).</param>
    /// <param name="lengths">Frames of each utterance.</param>
    public static Tensor Silence(Tensor spectrogram, int[] lengths)
    {
        if (lengths.All(n => n == spectrogram.size(1)))
        {
            return spectrogram;
        }

        // Chosen, not multiplied: what lies beyond the end may be anything, NaN too.
        var frames = arange(spectrogram.size(1), dtype: ScalarType.Int64, device: spectrogram.device).view(1, -1, 1);
        var ends = tensor(Array.ConvertAll(lengths, n => (long)n), device: spectrogram.device).view(-1, 1, 1);
        return where(frames.less(ends), spectrogram, zeros_like(spectrogram));
    }

    /// <summary>Rows of a padded batch.</summary>
    /// <param name="batch">Shape (N, steps, features …).</param>
    /// <returns>Shape (rows, features).</returns>
    public Tensor Pack(Tensor batch)
    {
        var rows = batch.reshape(Count * (long)Steps, -1);
        return _isFull ? rows : rows.index_select(0, Padded);
    }

    /// <summary>A padded batch of rows, with zeros for padding.</summary>
    /// <param name="rows">Shape (rows, features).</param>
    /// <returns>Shape (N, steps, features).</returns>
    public Tensor Unpack(Tensor rows)
    {
        var all = _isFull ? rows : zeros(Count * (long)Steps, rows.size(1), dtype: rows.dtype, device: rows.device).index_copy(0, Padded, rows);
        return all.view(Count, Steps, rows.size(1));
    }
}
