using System.Text.RegularExpressions;
using Dsd.Records;

namespace Dsd.Data;

/// <summary>A speech data set in Czech: the dialogues of the game Fish Fillets, in 78 levels.</summary>
/// <remarks>
/// <para>Levels, in ordinal order, are numbered from 0: those whose number ends in 4 are held out for validation, those whose number ends in
/// 9 for the test, so that nearly all sentences, and many speakers, are new there. Transcripts are in lower case, with
/// a space for everything that is not a letter. Excluded are lines without text, with digits, a percent sign or letters that are not Czech;
/// duplicate sounds (with the same spectrogram; test takes precedence over validation, validation over train); and utterances of the train split
/// whose sentence is in another split, of the validation split whose sentence is in the test split.</para>
/// <para>Source: Fish Fillets – Next Generation, ALTAR Interactive and its authors, released under the GPL, version 2.</para>
/// </remarks>
internal static partial class FilletsCzech
{
    /// <summary>The name of the data set and of its folder.</summary>
    public const string Name = "fillets-cs";

    /// <summary>A short description.</summary>
    public const string Description = "Czech sentences of a game's characters, with levels held out";

    /// <summary>The licence of the data: GPL-2.</summary>
    public const string Licence = "GPL-2";

    /// <summary>The web page of its package.</summary>
    public const string Source = "https://packages.debian.org/fillets-ng-data-cs";

    /// <summary>The size of the download with its unit.</summary>
    public const string DownloadSize = "110 MB";

    /// <summary>The alphabet: a space, then the Czech letters.</summary>
    public const string Characters = " aábcčdďeéěfghiíjklmnňoópqrřsštťuúůvwxyýzž";

    /// <summary>The number of training utterances.</summary>
    public const int TrainCount = 1_380;

    /// <summary>The number of validation utterances.</summary>
    public const int ValidationCount = 160;

    /// <summary>The number of test utterances.</summary>
    public const int TestCount = 129;

    private const string Archive = "fillets-cs.zip";
    private static readonly string s_place = Path.Combine("usr", "share", "games", "fillets-ng");

    /// <summary>The levels held out for validation.</summary>
    public static ValueList<string> ValidationLevels { get; } = ["barrel", "cave", "duckie", "floppy", "labyrinth", "pavement", "stairs", "warcraft"];

    /// <summary>The levels of the test split.</summary>
    public static ValueList<string> TestLevels { get; } = ["cabin1", "computer", "emulator", "hardware", "music", "reactor", "tetris"];

    internal static PublishedSet Published { get; } = new(
        Name, Licence, DownloadSize, ["fillets-ng-data", "fillets-ng-data-cs"], null, Source, [new(Archive, "37b8a14e03319d22011f77b5baa498846e1e9949e25c6d7100108024b257a680", 256L << 20)])
    {
        Open = PublishedPack.Read,
        TakeOut = TakeOut,
        Whereabouts = $"It is a zip archive of all files sound/LEVEL/cs/ID.ogg and script/LEVEL/dialogs_cs.lua that the Debian packages fillets-ng-data and fillets-ng-data-cs have under {s_place} ({Source}).",
    };

    /// <summary>Finds the data; never downloads anything.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <returns>The first folder that holds <c>fillets-cs.zip</c>, or null. Its content is not checked.</returns>
    public static string? Find(string? root = null) => Downloader.For(Published).Find(root);

    /// <summary>Finds and checks the data, extracts it from installed packages, or downloads it.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <param name="log">Receives progress messages: what is fetched, its size and its destination. Default null: none.</param>
    /// <param name="cancellation">Cancels the operation; nothing is left behind.</param>
    /// <returns>The folder that holds <c>fillets-cs.zip</c>, checked against the SHA-256 of its content.</returns>
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

    /// <summary>Gets the split of a level, by its index among all levels.</summary>
    internal static DataSplit SplitOf(int level) => (level % 10) switch
    {
        4 => DataSplit.Validation,
        9 => DataSplit.Test,
        _ => DataSplit.Train,
    };

    /// <summary>Converts a line to a transcript in the alphabet; null if that is not possible.</summary>
    internal static string? Transcript(string line)
    {
        var text = SpeechAlphabet.Composed(line).ToLowerInvariant().Replace("'", "", StringComparison.Ordinal).Replace("’", "", StringComparison.Ordinal);
        if (text.Any(c => (char.IsLetter(c) && !Characters.Contains(c, StringComparison.Ordinal)) || char.IsDigit(c) || c is '%' or '\\'))
        {
            return null;
        }

        text = SpeechAlphabet.Normalise(string.Concat(text.Select(c => char.IsLetter(c) ? c : ' ')));
        return text.Length == 0 ? null : text;
    }

    /// <summary>Lists the utterances to read, level by level.</summary>
    internal static List<UtteranceSource> Sources(SortedDictionary<string, byte[]> files)
    {
        var levels = files.Keys.Where(f => f.EndsWith("/dialogs_cs.lua", StringComparison.Ordinal)).Select(f => f.Split('/')[1])
            .Select(level => Lines(level, files).ToList()).Where(lines => lines.Count > 0);
        return [.. levels.SelectMany((lines, level) => lines.Select(line => (Split: SplitOf(level), line.Sound, Transcript: Transcript(line.Text))))
            .Where(l => l.Transcript is not null)
            .Select(l => new UtteranceSource(l.Split, l.Sound, l.Transcript!, () => Recording.TryDecode(files[l.Sound], Recording.DefaultMaxSeconds)))];
    }

    /// <summary>Lists the lines of a level that have a sound.</summary>
    private static IEnumerable<(string Sound, string Text)> Lines(string level, SortedDictionary<string, byte[]> files)
    {
        var script = System.Text.Encoding.UTF8.GetString(files[$"script/{level}/dialogs_cs.lua"]);
        foreach (Match match in Line().Matches(script))
        {
            var sound = $"sound/{level}/cs/{match.Groups["id"].Value}.ogg";
            if (files.ContainsKey(sound))
            {
                yield return (sound, match.Groups["text"].Value);
            }
        }
    }

    private static string? TakeOut(string unpacked, string target)
    {
        var place = Path.Combine(unpacked, s_place);
        var (sound, script) = (Path.Combine(place, "sound"), Path.Combine(place, "script"));
        if (!Directory.Exists(sound) || !Directory.Exists(script))
        {
            return $"do not hold {s_place}";
        }

        PublishedPack.Write(target, Directory.EnumerateFiles(sound, "*.ogg", SearchOption.AllDirectories)
            .Where(f => Path.GetFileName(Path.GetDirectoryName(f)) == "cs")
            .Concat(Directory.EnumerateFiles(script, "dialogs_cs.lua", SearchOption.AllDirectories))
            .Select(f => (Path.GetRelativePath(place, f).Replace(Path.DirectorySeparatorChar, '/'), f)));
        return null;
    }

    [GeneratedRegex("""dialogId\("(?<id>[^"]+)",\s*"[^"]*",\s*"(?:[^"\\]|\\.)*"\)\s*dialogStr\(\s*"(?<text>(?:[^"\\]|\\.)*)"\s*\)""")]
    private static partial Regex Line();
}
