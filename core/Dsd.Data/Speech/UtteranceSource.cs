using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Dsd.Records;

namespace Dsd.Data;

/// <summary>A source of an utterance, before its sound is read.</summary>
/// <param name="Split">The split that it belongs to.</param>
/// <param name="Name">Its name in messages.</param>
/// <param name="Transcript">The transcript.</param>
/// <param name="Open">Reads the sound, or returns the problem, as the rest of a sentence that starts with its name.</param>
internal sealed record UtteranceSource(DataSplit Split, string Name, string Transcript, Func<(Recording? Recording, string? Problem)> Open)
{
    /// <summary>Reads utterances on all processors, in order.</summary>
    /// <param name="sources">The sources to read.</param>
    /// <param name="skipped">Receives the utterances that cannot be read.</param>
    /// <returns>The readable utterances, by split.</returns>
    /// <exception cref="DsdException">libsndfile is not installed.</exception>
    public static ILookup<DataSplit, Utterance> ReadAll(IReadOnlyList<UtteranceSource> sources, List<SkippedUtterance> skipped)
    {
        var read = new (Utterance? Utterance, string? Problem)[sources.Count];
        try
        {
            Parallel.For(0, sources.Count, i => read[i] = sources[i].Read());
        }
        catch (AggregateException e) when (e.InnerExceptions[0] is DsdException first)
        {
            throw new DsdException(first.Message, e);
        }

        for (var i = 0; i < read.Length; i++)
        {
            if (read[i].Problem is { } problem)
            {
                skipped.Add(new(sources[i].Split, sources[i].Name, problem));
            }
        }

        return Enumerable.Range(0, read.Length).Where(i => read[i].Utterance is not null).ToLookup(i => sources[i].Split, i => read[i].Utterance!);
    }

    /// <summary>Reads a published set with each sound once and no sentence in two splits; test takes precedence over validation, validation over train.</summary>
    /// <returns>The utterances, by split.</returns>
    /// <exception cref="DsdException">libsndfile is not installed.</exception>
    public static ILookup<DataSplit, Utterance> ReadApart(IReadOnlyList<UtteranceSource> sources, List<SkippedUtterance> skipped)
    {
        var read = ReadAll(sources, skipped);
        var (sounds, sentences) = (new HashSet<string>(), new Dictionary<string, DataSplit>());
        return new[] { DataSplit.Test, DataSplit.Validation, DataSplit.Train }
            .SelectMany(split => read[split].Select(utterance => (Split: split, Utterance: utterance)))
            .Where(u => sounds.Add(Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(u.Utterance.Spectrogram.Values.Span))))
                && (sentences.TryAdd(u.Utterance.Transcript, u.Split) || sentences[u.Utterance.Transcript] == u.Split))
            .ToLookup(u => u.Split, u => u.Utterance);
    }

    private (Utterance? Utterance, string? Problem) Read()
    {
        var (recording, problem) = Open();
        if (recording is null)
        {
            return (null, problem);
        }

        var (spectrogram, reason) = Spectrogram.TryOf(recording);
        return spectrogram is null ? (null, reason) : (new(Name, spectrogram, Transcript), null);
    }
}
