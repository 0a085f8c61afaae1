using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Dsd.Records;

namespace Dsd.Data;

/// <summary>An utterance before it is read.</summary>
/// <param name="Split">The part that it belongs to.</param>
/// <param name="Name">What to call it in messages.</param>
/// <param name="Transcript">What is said.</param>
/// <param name="Open">Reads the sound, or says what is wrong with it, as the rest of a sentence that begins with its name.</param>
internal sealed record UtteranceSource(DataSplit Split, string Name, string Transcript, Func<(Recording? Recording, string? Problem)> Open)
{
    /// <summary>Reads many, on all processors, and keeps their order.</summary>
    /// <param name="sources">What to read.</param>
    /// <param name="skipped">Gets those that cannot be read.</param>
    /// <returns>Those that can, by part.</returns>
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

    /// <summary>Reads a published set: each sound once, and no sentence in two parts; test goes before validation before train.</summary>
    /// <returns>The utterances, by part.</returns>
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
