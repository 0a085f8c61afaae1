namespace Dsd.Data;

/// <summary>Some utterances in memory: one part of a data set.</summary>
public sealed class SpeechSplit
{
    private readonly Utterance[] _utterances;

    internal SpeechSplit(IEnumerable<Utterance> utterances) => _utterances = [.. utterances];

    /// <summary>How many there are.</summary>
    public int Count => _utterances.Length;

    /// <summary>How long they last in all, in seconds.</summary>
    public double Seconds => _utterances.Sum(u => (long)u.Spectrogram.Frames) * (Spectrogram.StepSamples / (double)Spectrogram.SamplesPerSecond);

    /// <summary>How many characters their transcripts have in all.</summary>
    public int Characters => _utterances.Sum(u => SpeechAlphabet.LengthOf(u.Transcript));

    /// <summary>An utterance.</summary>
    /// <param name="index">Its position, from 0 to <see cref="Count"/> − 1.</param>
    public Utterance this[int index] => _utterances[index];

    /// <summary>All of them, in order.</summary>
    public IReadOnlyList<Utterance> Utterances => _utterances;
}
