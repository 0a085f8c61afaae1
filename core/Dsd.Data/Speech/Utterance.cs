namespace Dsd.Data;

/// <summary>An utterance: its spectrogram and transcript.</summary>
/// <param name="Name">Its name in messages, e.g. the path of its file.</param>
/// <param name="Spectrogram">The spectrogram.</param>
/// <param name="Transcript">The transcript, in the alphabet of the network.</param>
internal sealed record Utterance(string Name, Spectrogram Spectrogram, string Transcript);
