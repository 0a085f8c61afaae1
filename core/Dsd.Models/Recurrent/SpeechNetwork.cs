using Dsd.Statistics;
using Dsd.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>A network that hears: spectrograms of utterances in, and for every stretch of an utterance one score for each character out.</summary>
/// <remarks>
/// It is called with the spectrograms, float32, shape (N, T, bins), and their lengths in frames, int64, shape (N), each from 1 to T;
/// it returns unnormalised scores (logits), shape (N, <see cref="OutputLength"/>(T), classes), of which utterance n has the first
/// <see cref="OutputLength"/>(length n). Class 0 is the blank of connectionist temporal classification (Graves, Fernández, Gomez and
/// Schmidhuber, ICML 2006). What lies beyond an utterance's length must change nothing: neither its scores nor, in training,
/// any statistics. Derive from it to learn from speech with a network of your own.
/// </remarks>
public abstract class SpeechNetwork : nn.Module<Tensor, Tensor, Tensor>
{
    /// <summary>Names a network.</summary>
    /// <param name="name">Its name, e.g. <c>"deep-speech"</c>.</param>
    /// <param name="bins">Bins of the spectrogram, at least 1.</param>
    /// <param name="classes">Characters with the blank, at least 2.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    protected SpeechNetwork(string name, int bins, int classes)
        : base(name)
    {
        Check(bins, classes);
        CpuBackend.Prepare();
        Bins = bins;
        Classes = classes;
    }

    /// <summary>Bins of the spectrogram.</summary>
    public int Bins { get; }

    /// <summary>Characters with the blank, which is class 0.</summary>
    public int Classes { get; }

    /// <summary>How many rows of scores an utterance has.</summary>
    /// <param name="frames">Its frames, at least 1.</param>
    /// <returns>At least 1; never less for a longer utterance.</returns>
    public abstract int OutputLength(int frames);

    /// <summary>Refuses numbers that no network can have, for a live one and for its shape alike.</summary>
    private protected static void Check(int bins, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
    }

    /// <summary>The lengths of a batch, after a look at whether it can be one.</summary>
    /// <param name="spectrogram">Spectrograms, shape (N, T, bins).</param>
    /// <param name="lengths">Their lengths, shape (N).</param>
    /// <exception cref="ArgumentException">A shape, a type or a length is not as it must be.</exception>
    private protected int[] Lengths(Tensor spectrogram, Tensor lengths)
    {
        if (spectrogram.shape is not [var count, var frames, var bins] || bins != Bins || count < 1 || frames < 1)
        {
            throw new ArgumentException(
                $"{GetName()} was given spectrograms of shape [{string.Join(", ", spectrogram.shape)}]; expected [N, T, {Bins}] with N and T at least 1.", nameof(spectrogram));
        }

        if (lengths.dtype != ScalarType.Int64 || lengths.shape is not [var given] || given != count)
        {
            throw new ArgumentException(
                $"{GetName()} was given lengths of type {lengths.dtype} and shape [{string.Join(", ", lengths.shape)}]; expected Int64 and [{count}], one for each spectrogram.", nameof(lengths));
        }

        using var scope = NewDisposeScope();
        var numbers = lengths.cpu().data<long>().ToArray();
        return Array.TrueForAll(numbers, n => n >= 1 && n <= frames)
            ? Array.ConvertAll(numbers, n => (int)n)
            : throw new ArgumentException(
                $"{GetName()} was given the lengths [{string.Join(", ", numbers)}]; the spectrograms have {frames} frames, so each must be from 1 to {frames}.", nameof(lengths));
    }
}
