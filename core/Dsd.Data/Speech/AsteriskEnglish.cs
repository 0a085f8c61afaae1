using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Dsd.Records;

namespace Dsd.Data;

/// <summary>A speech data set in English: the announcements of the telephone exchange Asterisk, one speaker, 8 kHz.</summary>
/// <remarks>
/// Sentences in ordinal order of their files are numbered from 0: those whose number ends in 4 are held out for validation, in 9 for the
/// test. There is one recording of each digit, letter and word, so single words in the held-out splits never occur in training:
/// the set is for trying things out, not for measurements. Transcripts are in lower case with spaces; an apostrophe within a word stays. Excluded
/// are sounds that are not speech (in square brackets), texts with digits or signs, and in the train split texts that are in another.
/// Source: the Asterisk core sounds, Digium, spoken by Allison Smith.
/// </remarks>
internal static partial class AsteriskEnglish
{
    /// <summary>The name of the data set and of its folder.</summary>
    public const string Name = "asterisk-en";

    /// <summary>A short description.</summary>
    public const string Description = "English announcements of a telephone exchange, one speaker";

    /// <summary>The licence of the data: CC-BY-SA-3.0.</summary>
    public const string Licence = "CC-BY-SA-3.0";

    /// <summary>The web page of its package.</summary>
    public const string Source = "https://packages.debian.org/asterisk-core-sounds-en-wav";

    /// <summary>The size of the download with its unit.</summary>
    public const string DownloadSize = "18 MB";

    /// <summary>The alphabet: a space, an apostrophe, then the letters; with the blank these are the 29 classes of Deep Speech.</summary>
    public const string Characters = " 'abcdefghijklmnopqrstuvwxyz";

    /// <summary>The number of training utterances.</summary>
    public const int TrainCount = 366;

    /// <summary>The number of validation utterances.</summary>
    public const int ValidationCount = 48;

    /// <summary>The number of test utterances.</summary>
    public const int TestCount = 47;

    private const string Archive = "asterisk-en.zip";
    private const string Texts = "core-sounds-en.txt";
    private static readonly string s_sounds = Path.Combine("usr", "share", "asterisk", "sounds", "en_US_f_Allison");
    private static readonly string s_texts = Path.Combine("usr", "share", "doc", "asterisk-core-sounds-en", Texts + ".gz");

    internal static PublishedSet Published { get; } = new(
        Name, Licence, DownloadSize, ["asterisk-core-sounds-en", "asterisk-core-sounds-en-wav"], null, Source, [new(Archive, "e31cdbda6da7cdd20dd9d2e9090b8affe9e3f34648e88d6db3fce9fca11c22c3", 64L << 20)])
    {
        Open = PublishedPack.Read,
        TakeOut = TakeOut,
        Whereabouts = $"It is a zip archive of all .wav files that the Debian package asterisk-core-sounds-en-wav has under {s_sounds}, with {Texts} of asterisk-core-sounds-en beside them ({Source}).",
    };

    /// <summary>Finds the data; never downloads anything.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <returns>The first folder that holds <c>asterisk-en.zip</c>, or null. Its content is not checked.</returns>
    public static string? Find(string? root = null) => Downloader.For(Published).Find(root);

    /// <summary>Finds and checks the data, extracts it from installed packages, or downloads it: 18 MB.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <param name="log">Receives progress messages: what is fetched, its size and its destination. Default null: none.</param>
    /// <param name="cancellation">Cancels the operation; nothing is left behind.</param>
    /// <returns>The folder that holds <c>asterisk-en.zip</c>, checked against the SHA-256 of its content.</returns>
    /// <exception cref="DsdException">The file found is damaged or a different one, or none is found and none can be downloaded.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public static string Download(string? root = null, Action<string>? log = null, CancellationToken cancellation = default) =>
        Downloader.For(Published).Download(root, log, cancellation);

    /// <summary>Reads the data into memory; never downloads anything.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <param name="trainLimit">The number of training utterances: the first ones. Default null: all. The other splits stay whole.</param>
    /// <param name="framesPerStep">The number of frames per output step of the network, at least 1. Default 2.</param>
    /// <exception cref="DsdException">The file is missing, damaged or a different one, or libsndfile is not installed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static SpeechDataset Load(string? root = null, int? trainLimit = null, int framesPerStep = SpeechDataset.DefaultFramesPerStep)
    {
        var files = ((PublishedPack)Downloader.For(Published).Read(root)[0]).Files;
        var skipped = new List<SkippedUtterance>();
        var read = UtteranceSource.ReadApart(Sources(files), skipped);
        return new(Name, read[DataSplit.Train], read[DataSplit.Validation], read[DataSplit.Test], new(Characters), framesPerStep, skipped, trainLimit);
    }

    /// <summary>Converts a line to a transcript in the alphabet; null if that is not possible.</summary>
    internal static string? Transcript(string text)
    {
        if (text.Any(c => char.IsDigit(c) || c is '[' or ']' or '<' or '>' or '*' or '#' or '@'))
        {
            return null;
        }

        text = string.Concat(text.Trim().ToLowerInvariant().Select(c => Characters.Contains(c, StringComparison.Ordinal) ? c : ' '));
        text = string.Join(' ', text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => w.Trim('\'')).Where(w => w.Length > 0));
        return text.Length == 0 ? null : text;
    }

    /// <summary>Lists the utterances to read, in the order of their files.</summary>
    internal static List<UtteranceSource> Sources(SortedDictionary<string, byte[]> files)
    {
        var lines = Line().Matches(Encoding.UTF8.GetString(files[Texts]))
            .Select(m => (Sound: m.Groups["name"].Value + ".wav", Transcript: Transcript(m.Groups["text"].Value)))
            .Where(l => l.Transcript is not null && files.ContainsKey(l.Sound))
            .DistinctBy(l => l.Sound)
            .OrderBy(l => l.Sound, StringComparer.Ordinal);
        return [.. lines.Select((l, i) => new UtteranceSource(
            FilletsCzech.SplitOf(i), l.Sound, l.Transcript!, () => Recording.TryDecode(files[l.Sound], Recording.DefaultMaxSeconds)))];
    }

    private static string? TakeOut(string unpacked, string target)
    {
        var (sounds, texts) = (Path.Combine(unpacked, s_sounds), Path.Combine(unpacked, s_texts));
        if (!Directory.Exists(sounds) || !File.Exists(texts))
        {
            return $"do not hold {s_sounds} and {s_texts}";
        }

        var plain = target + ".txt";
        try
        {
            using (var packed = new GZipStream(File.OpenRead(texts), CompressionMode.Decompress))
            using (var text = File.Create(plain))
            {
                packed.CopyTo(text);
            }

            PublishedPack.Write(target, Directory.EnumerateFiles(sounds, "*.wav", SearchOption.AllDirectories)
                .Select(f => (Path.GetRelativePath(sounds, f).Replace(Path.DirectorySeparatorChar, '/'), f))
                .Append((Texts, plain)));
        }
        finally
        {
            File.Delete(plain);
        }

        return null;
    }

    [GeneratedRegex("^(?<name>[A-Za-z0-9_/-]+): (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Line();
}
