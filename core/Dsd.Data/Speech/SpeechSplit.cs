namespace Dsd.Data;

/// <summary>One split of a speech data set: utterances in memory.</summary>
internal sealed class SpeechSplit
{
    private readonly Utterance[] _utterances;

    internal SpeechSplit(IEnumerable<Utterance> utterances) => _utterances = [.. utterances];

    /// <summary>The number of utterances.</summary>
    public int Count => _utterances.Length;

    /// <summary>The total duration in seconds.</summary>
    public double Seconds => _utterances.Sum(u => (long)u.Spectrogram.Frames) * (Spectrogram.StepSamples / (double)Spectrogram.SamplesPerSecond);

    /// <summary>The total number of characters in the transcripts.</summary>
    public int Characters => _utterances.Sum(u => SpeechAlphabet.LengthOf(u.Transcript));

    /// <summary>Gets an utterance.</summary>
    /// <param name="index">Its position, from 0 to <see cref="Count"/> − 1.</param>
    public Utterance this[int index] => _utterances[index];

    /// <summary>All utterances, in order.</summary>
    public IReadOnlyList<Utterance> Utterances => _utterances;
}
