using System.Globalization;
using System.Text;
using Dsd.Models;
using Dsd.Records;

namespace Dsd.Data;

/// <summary>The user's own speech data: a folder with three lists, <c>train.tsv</c>, <c>validation.tsv</c> and <c>test.tsv</c>.</summary>
/// <remarks>
/// A line is an utterance: the path of a sound file, a tab, and the transcript, in UTF-8. Relative paths start at the folder.
/// Empty lines and those that start with # are skipped. Transcripts are used as written, including case,
/// except for composed accents (NFC) and single spaces; the alphabet is that of the lines of <c>train.tsv</c> whose sound exists. A sound that cannot be read, is longer
/// than 60 s or too short for its transcript is excluded and listed in <see cref="SpeechDataset.Skipped"/>; more than ten and more than
/// a tenth of a list are an error. For the Wall Street Journal
/// corpus, convert its files to WAV or FLAC and write one line for each utterance.
/// </remarks>
internal sealed class SpeechManifest
{
    /// <summary>The format name on a command line, before a colon and the folder: <c>speech</c>.</summary>
    public const string Format = "speech";

    private const int FewSkipped = 10;
    private const double MostSkipped = 0.1;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly List<UtteranceSource> _sources = [];

    private SpeechManifest(string folder) => Folder = folder;

    /// <summary>The path of the folder.</summary>
    public string Folder { get; }

    /// <summary>The characters of the training transcripts.</summary>
    public SpeechAlphabet Alphabet { get; private init; } = null!;

    /// <summary>Counts the utterances in the list of a split.</summary>
    /// <param name="split">The split.</param>
    public int Count(DataSplit split) => _sources.Count(s => s.Split == split);

    /// <summary>Reads the three lists, and no sound.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="DsdException">
    /// A list is missing or empty, a line is malformed, or transcripts of the other splits have characters that the train split
    /// lacks; the message lists them with their counts.
    /// </exception>
    public static SpeechManifest Open(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        folder = Path.GetFullPath(folder);
        var sources = new List<UtteranceSource>();
        foreach (var split in new[] { DataSplit.Train, DataSplit.Validation, DataSplit.Test })
        {
            sources.AddRange(ReadList(folder, split));
        }

        // Missing sounds do not count; reading all sounds to find unusable ones would take too long for a plan.
        var there = sources.Where(IsThere).ToList();
        if (!there.Exists(s => s.Split == DataSplit.Train))
        {
            throw new DsdException($"'{PathOf(folder, DataSplit.Train)}': none of its {sources.Count(s => s.Split == DataSplit.Train)} sounds exists, the first being '{sources[0].Name}'. Check the paths; relative ones start at the folder of the list.");
        }

        var manifest = new SpeechManifest(folder) { Alphabet = SpeechAlphabet.Of(there.Where(s => s.Split == DataSplit.Train).Select(s => s.Transcript)) };
        manifest._sources.AddRange(sources);
        SpeechDataset.CheckCharacters(folder, manifest.Alphabet, there.Select(s => (s.Name, s.Transcript)));
        return manifest;
    }

    /// <summary>Reads the sounds.</summary>
    /// <param name="trainLimit">The number of training utterances: the first ones. Default null: all.</param>
    /// <param name="framesPerStep">The number of frames per output step of the network, at least 1. Default 2.</param>
    /// <exception cref="DsdException">libsndfile is not installed, or a list has no usable utterance, or more than ten and more than a tenth unusable ones.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public SpeechDataset Load(int? trainLimit = null, int framesPerStep = SpeechDataset.DefaultFramesPerStep)
    {
        if (trainLimit is { } limit && (limit < 1 || limit > Count(DataSplit.Train)))
        {
            throw new ArgumentOutOfRangeException(
                nameof(trainLimit), limit, $"The number of training utterances must be 1 to {Count(DataSplit.Train)}; leave it out to take all.");
        }

        var skipped = new List<SkippedUtterance>();
        var wanted = Wanted(trainLimit);
        var read = UtteranceSource.ReadAll(wanted, skipped);
        var data = new SpeechDataset($"{Format}:{Folder}", read[DataSplit.Train], read[DataSplit.Validation], read[DataSplit.Test], Alphabet, framesPerStep, skipped) { Notes = InTwoParts(wanted) };
        foreach (var part in wanted.GroupBy(s => s.Split))
        {
            var (listed, left) = (part.Count(), data.Skipped.Where(s => s.Split == part.Key).ToList());
            if (left.Count == listed || (left.Count > FewSkipped && left.Count > MostSkipped * listed))
            {
                throw new DsdException(
                    $"'{PathOf(Folder, part.Key)}': {left.Count} of {listed} utterances cannot be used; the first: '{left[0].Name}' {left[0].Reason}. "
                    + "Up to a tenth of a list may be unusable. Check that the paths are right and the sounds complete, or remove those lines.");
            }
        }

        return data;
    }

    /// <summary>Creates the catalogue entry of a folder.</summary>
    /// <exception cref="DsdException">The folder does not have the layout that <see cref="Open"/> requires.</exception>
    internal static DataEntry Entry(string folder) => Open(folder).Entry();

    private DataEntry Entry() => new(_ => Folder, Download, (_, limit, _) => Load(limit))
    {
        Name = $"{Format}:{Folder}",
        Description = "speech of yours in a folder",
        Licence = "its owner's",
        Source = Folder,
        Folder = Folder,
        Size = "nothing to download",
        Contents = string.Create(
            CultureInfo.InvariantCulture,
            $"{Count(DataSplit.Train):N0} utterances to train, {Count(DataSplit.Validation):N0} validation, {Count(DataSplit.Test):N0} test; {Alphabet.Count} characters"),
        Kind = TaskKind.Speech,
        Inputs = Spectrogram.Bins,
        Classes = Alphabet.Classes,
        TrainExamples = Count(DataSplit.Train),
        ValidationExamples = Count(DataSplit.Validation),
        TestExamples = Count(DataSplit.Test),
        Files = () => OwnFiles.List(Folder, [.. Enum.GetValues<DataSplit>().Select(s => PathOf(Folder, s)), .. _sources.Select(s => s.Name)]),
        FindProblems = (limit, log, cancellation) => Problems(Wanted(limit), log, cancellation),
    };

    private string Download(string? root, Action<string>? log, CancellationToken cancellation)
    {
        InTwoParts(_sources, log, cancellation);
        return Folder;
    }

    /// <summary>Lists the problems that are known without reading a sound.</summary>
    private ValueList<DataProblem> Problems(List<UtteranceSource> wanted, Action<string>? log, CancellationToken cancellation) =>
    [
        .. wanted.GroupBy(s => s.Split).Select(g => DataProblem.Of(DataProblemKind.LeftOut, g.Key, "utterances", g.Where(s => !IsThere(s)).Select(s => $"'{s.Name}' is not there, or is empty"))).OfType<DataProblem>(),
        .. InTwoParts(wanted, log, cancellation),
    ];

    private List<UtteranceSource> Wanted(int? trainLimit) =>
        [.. _sources.Where(s => s.Split == DataSplit.Train).Take(trainLimit ?? int.MaxValue), .. _sources.Where(s => s.Split != DataSplit.Train)];

    private ValueList<DataProblem> InTwoParts(List<UtteranceSource> wanted, Action<string>? log = null, CancellationToken cancellation = default) =>
        EqualFiles.Find(Folder, wanted.Select(s => (s.Split, s.Name)), "sounds", log, cancellation);

    private static bool IsThere(UtteranceSource source) => FileStamp.Of(source.Name) is { Length: > 0 };

    private static List<UtteranceSource> ReadList(string folder, DataSplit split)
    {
        var path = PathOf(folder, split);
        var sources = new List<UtteranceSource>();
        var number = 0;
        try
        {
            using var reader = new StreamReader(InputFile.Open(path, FileOptions.SequentialScan), s_strict);
            while (reader.ReadLine() is { } line)
            {
                number++;
                if (line.Length == 0 || line[0] == '#')
                {
                    continue;
                }

                var parts = line.Split('\t');
                if (parts.Length != 2 || string.IsNullOrWhiteSpace(parts[0]))
                {
                    throw new DsdException(
                        $"'{path}', line {number}: '{Shortened(line)}' has {parts.Length - 1} tabs; a line must be a path, one tab, and the transcript.");
                }

                if (parts[0].Contains('\0', StringComparison.Ordinal))
                {
                    throw new DsdException($"'{path}', line {number}: the path holds a character of value 0, as UTF-16 does. Convert the file to UTF-8.");
                }

                var (sound, transcript) = (Path.GetFullPath(parts[0].Trim(), folder), SpeechAlphabet.Normalise(parts[1]));
                if (transcript.Length == 0)
                {
                    throw new DsdException($"'{path}', line {number}: '{parts[0]}' has an empty transcript. Write the transcript, or remove the line.");
                }

                if (sources.Count == 0 && IsHeading(parts[0].Trim()) && !File.Exists(sound))
                {
                    throw new DsdException($"'{path}', line {number}: '{Shortened(line)}' reads like the heading of a table: there is no file '{sound}'. Remove the line, or start it with #.");
                }

                sources.Add(new(split, sound, transcript, () => Recording.TryRead(sound, Recording.DefaultMaxSeconds)));
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DsdException($"There is no file '{path}'. A folder of speech needs train.tsv, validation.tsv and test.tsv, each line a path, a tab, and the transcript.", e);
        }
        catch (DecoderFallbackException e)
        {
            throw new DsdException($"'{path}', line {number + 1} or soon after: the text is not UTF-8. Convert the file to UTF-8.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException($"The file '{path}' cannot be read: {e.Message}", e);
        }

        return sources.Count > 0 ? sources : throw new DsdException($"The file '{path}' lists no utterance; each line must be a path, a tab, and the transcript.");
    }

    private static string PathOf(string folder, DataSplit split) => Path.Combine(folder, $"{split.ToString().ToLowerInvariant()}.tsv");

    /// <summary>True if the path of a list's first line looks like a column name and not like a sound file.</summary>
    private static bool IsHeading(string path) => Path.GetExtension(path).Length == 0 && !path.Contains('/', StringComparison.Ordinal) && !path.Contains('\\', StringComparison.Ordinal);

    private static string Shortened(string line) => line.Length <= 60 ? line : line[..60] + "…";
}
