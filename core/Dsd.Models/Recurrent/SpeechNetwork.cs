using Dsd.Statistics;
using Dsd.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>The base class of speech networks: spectrograms of utterances in, one score per character and output step out.</summary>
/// <remarks>
/// Takes spectrograms, float32, shape (N, T, bins), and their lengths in frames, int64, shape (N), each from 1 to T, which a <c>SpeechRecognition</c> leaves on the CPU, where networks read them;
/// returns unnormalised scores (logits), shape (N, <see cref="OutputLength"/>(T), classes), of which the first
/// <see cref="OutputLength"/>(length n) belong to utterance n. Class 0 is the blank of connectionist temporal classification (Graves, Fernández, Gomez and
/// Schmidhuber, ICML 2006). Padding beyond an utterance's length must affect neither its scores nor, in training,
/// any statistics. Derive from this class to train a custom speech network.
/// </remarks>
public abstract class SpeechNetwork : nn.Module<Tensor, Tensor, Tensor>
{
    /// <summary>Initialises the network's name and sizes.</summary>
    /// <param name="name">The network's name, e.g. <c>"deep-speech"</c>.</param>
    /// <param name="bins">Number of spectrogram bins, at least 1.</param>
    /// <param name="classes">Number of characters including the blank, at least 2.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    protected SpeechNetwork(string name, int bins, int classes)
        : base(name)
    {
        Check(bins, classes);
        Bins = bins;
        Classes = classes;
    }

    /// <summary>The number of spectrogram bins.</summary>
    public int Bins { get; }

    /// <summary>The number of characters including the blank, which is class 0.</summary>
    public int Classes { get; }

    /// <summary>Computes the number of output steps of an utterance.</summary>
    /// <param name="frames">The length of the utterance in frames, at least 1.</param>
    /// <returns>At least 1, and never less for a longer utterance.</returns>
    public abstract int OutputLength(int frames);

    /// <summary>Checks the sizes, for a network and for its shape alike.</summary>
    private protected static void Check(int bins, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
    }

    /// <summary>Checks a batch and returns its lengths.</summary>
    /// <param name="spectrogram">Spectrograms, shape (N, T, bins).</param>
    /// <param name="lengths">Their lengths, shape (N).</param>
    /// <exception cref="ArgumentException">A shape, type or length is invalid.</exception>
    private protected int[] Lengths(Tensor spectrogram, Tensor lengths)
    {
        TorchRuntime.RequireConfigured(GetName());
        if (spectrogram.shape is not [var count, var frames, var bins] || bins != Bins || count < 1 || frames < 1)
        {
            throw new ArgumentException(
                $"{GetName()} got spectrograms of shape [{string.Join(", ", spectrogram.shape)}]; expected [N, T, {Bins}] with N and T at least 1.", nameof(spectrogram));
        }

        if (lengths.dtype != ScalarType.Int64 || lengths.shape is not [var given] || given != count)
        {
            throw new ArgumentException(
                $"{GetName()} got lengths of type {lengths.dtype} and shape [{string.Join(", ", lengths.shape)}]; expected Int64 and [{count}], one length per spectrogram.", nameof(lengths));
        }

        using var scope = NewDisposeScope();
        var numbers = lengths.cpu().data<long>().ToArray();
        return Array.TrueForAll(numbers, n => n >= 1 && n <= frames)
            ? Array.ConvertAll(numbers, n => (int)n)
            : throw new ArgumentException(
                $"{GetName()} got lengths [{string.Join(", ", numbers)}]; the spectrograms have {frames} frames, so each length must be from 1 to {frames}.", nameof(lengths));
    }
}
