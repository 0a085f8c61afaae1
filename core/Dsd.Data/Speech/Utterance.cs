namespace Dsd.Data;

/// <summary>Something that was said: its spectrogram and what it says.</summary>
/// <param name="Name">What to call it in messages, e.g. the path of its file.</param>
/// <param name="Spectrogram">What is heard.</param>
/// <param name="Transcript">What is said, as the network is to write it.</param>
public sealed record Utterance(string Name, Spectrogram Spectrogram, string Transcript);
