using System.Text.RegularExpressions;
using Dsd.Models;

namespace Dsd.Data;

/// <summary>The King James Bible as a data set for character-level language models: 66 books, 4.1 million characters.</summary>
/// <remarks>
/// The file holds one verse per line, preceded by the book's short name, chapter and verse: <c>Ge1:1 In the beginning …</c>. Each book is a
/// separate text of its verses without the prefix, each with its line break, so that there are 63 symbols.
/// </remarks>
internal static partial class BibleKjv
{
    /// <summary>The name of the data set and of its folder.</summary>
    public const string Name = "bible-kjv";

    /// <summary>A short description.</summary>
    public const string Description = "the King James Bible, 66 books of 4.1 million characters in all";

    /// <summary>The licence of the data: in the public domain.</summary>
    public const string Licence = "public domain";

    /// <summary>The web page of its package.</summary>
    public const string Source = "https://packages.debian.org/bible-kjv-text";

    /// <summary>The size of the download with its unit.</summary>
    public const string DownloadSize = "2.4 MB";

    /// <summary>The number of symbols: 63, including the line break.</summary>
    public const int Symbols = 63;

    /// <summary>The number of training windows of 64 characters.</summary>
    public const int TrainCount = 56_818;

    /// <summary>The number of characters in the validation split.</summary>
    public const int ValidationCharacters = 229_100;

    /// <summary>The number of characters in the test split.</summary>
    public const int TestCharacters = 267_368;

    /// <summary>The books held out for validation, 5.5 % of all characters: a history, wisdom, a prophet, a gospel and a letter.</summary>
    public static ValueList<string> ValidationBooks { get; } = ["Ruth", "Prv", "Amos", "John", "Gal"];

    /// <summary>The books of the test split, 6.5 % of all characters: history, wisdom, song, prophets and letters.</summary>
    public static ValueList<string> TestBooks { get; } = ["Josh", "Eccl", "Lam", "Dan", "Jonah", "Phi", "Heb", "Jude"];

    /// <summary>The entry in the catalogue.</summary>
    internal static DataEntry Entry { get; } = new(Find, Download, (root, limit, _) => Load(root, limit))
    {
        Name = Name,
        Description = Description,
        Licence = Licence,
        Source = Source,
        Size = DownloadSize,
        Contents = FormattableString.Invariant(
            $"{TrainCount:N0} windows of {TextDataset.DefaultWindowLength} characters to train, {ValidationCharacters:N0} characters validation, {TestCharacters:N0} test; {Symbols} symbols"),
        Kind = TaskKind.Text,
        Inputs = Symbols,
        Classes = Symbols,
        TrainExamples = TrainCount,
        ValidationExamples = ValidationCharacters,
        TestExamples = TestCharacters,
        Files = () => Published!.Checksums,
    };

    internal static PublishedSet Published { get; } = new(
        Name, Licence, DownloadSize, ["bible-kjv-text"], null, Source,
        [new("bible-kjv.txt", "cd45f0c9cedab8e4439bd6486c8952c77cc8b0ecc5d1f6ae3513f2039f47229d", 16L << 20)])
    {
        Open = PublishedText.Read,
        TakeOut = BibleArchive.TakeOut,
        Whereabouts = "It is what 'bible -f Ge1:1-Rev22:21 > bible-kjv.txt' writes on Debian and its derivatives, where the packages bible-kjv and "
            + $"bible-kjv-text are installed ({Source}).",
    };

    /// <summary>Finds the data; never downloads anything.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <returns>The first folder that holds <c>bible-kjv.txt</c>, or null. Its content is not checked.</returns>
    public static string? Find(string? root = null) => Downloader.For(Published).Find(root);

    /// <summary>Finds and checks the data, or downloads it: 2.4 MB.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <param name="log">Receives progress messages: what is fetched, its size and its destination. Default null: none.</param>
    /// <param name="cancellation">Cancels the operation; nothing is left behind.</param>
    /// <returns>The folder that holds <c>bible-kjv.txt</c>, checked against its SHA-256.</returns>
    /// <exception cref="DsdException">The file found is damaged or a different one, or none is found and none can be downloaded.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    /// <remarks>
    /// On Linux the text is extracted from its Debian package, by <c>apt-get download</c> and <c>dpkg-deb -x</c>: nothing is
    /// installed and no root privileges are needed. Elsewhere the error says how to place the file by hand.
    /// </remarks>
    public static string Download(string? root = null, Action<string>? log = null, CancellationToken cancellation = default) =>
        Downloader.For(Published).Download(root, log, cancellation);

    /// <summary>Reads the data into memory; never downloads anything.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <param name="trainLimit">The number of training windows: the first ones. Default null: all. The validation and test splits stay whole.</param>
    /// <param name="windowLength">The number of characters predicted in a training window, at least 1. Default 64.</param>
    /// <returns>53 books for training, 5 for validation and 8 for the test.</returns>
    /// <exception cref="DsdException">The file is missing, damaged or a different one.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static TextDataset Load(string? root = null, int? trainLimit = null, int windowLength = TextDataset.DefaultWindowLength)
    {
        var books = Books(((PublishedText)Downloader.For(Published).Read(root)[0]).Text);
        return new(
            Name,
            books.Where(b => !ValidationBooks.Contains(b.Name) && !TestBooks.Contains(b.Name)),
            books.Where(b => ValidationBooks.Contains(b.Name)),
            books.Where(b => TestBooks.Contains(b.Name)),
            windowLength,
            trainLimit);
    }

    /// <summary>Parses the books in their order, each verse without its prefix and with its line break.</summary>
    internal static IReadOnlyList<TextDocument> Books(string text) =>
    [
        .. Verse().Matches(text)
            .GroupBy(m => m.Groups["book"].Value)
            .Select(book => new TextDocument(book.Key, string.Concat(book.Select(m => m.Groups["verse"].Value + "\n")))),
    ];

    [GeneratedRegex(@"^(?<book>[1-3]?[A-Za-z]+)[0-9]+:[0-9]+ (?<verse>.+)$", RegexOptions.Multiline)]
    private static partial Regex Verse();
}
