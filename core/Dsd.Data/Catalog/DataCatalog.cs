namespace Dsd.Data;

/// <summary>The data sets of this library by name, and the formats of the user's own data.</summary>
/// <remarks>Reading the catalogue loads no native library and opens no file.</remarks>
public static class DataCatalog
{
    /// <summary>The formats of the user's own data: a name, what the path holds, and a function that opens it.</summary>
    private static readonly (string Format, string What, Func<string, DataEntry> Open)[] s_formats =
    [
        (ImageFolder.Format, "a folder of images", ImageFolder.Entry),
        (SpeechManifest.Format, "a folder with train.tsv, validation.tsv and test.tsv, which list recordings and transcripts", SpeechManifest.Entry),
        (CaptionEntries.Format, "a folder of features and captions", CaptionEntries.Folder),
    ];

    /// <summary>All data sets: images, text, captions, speech.</summary>
    public static ValueList<DataEntry> All { get; } =
    [
        FashionMnist.Entry, EmojiGroups.Entry, ImageNet.Entry, BibleKjv.Entry,
        CaptionEntries.Scenes, CaptionEntries.Emoji, CaptionEntries.Flickr8k,
        SpeechEntries.FilletsCzech, SpeechEntries.AsteriskEnglish, SpeechEntries.Wsj,
    ];

    /// <summary>Makes the path in a name absolute, with <c>~</c> as the home folder, so that the name is valid in any working folder. Accesses no file.</summary>
    /// <param name="name">A name as for <see cref="Get"/>.</param>
    public static string Locate(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Own(name) is { Path.Length: > 0 } own ? $"{own.Format}:{own.Path}" : name;
    }

    /// <summary>Finds a data set by name, or opens the user's own, named by <c>FORMAT:PATH</c>.</summary>
    /// <param name="name">
    /// A name, e.g. <c>"fashion-mnist"</c>; case matters. Or a format and a path, e.g. <c>"imagenet:/path"</c>: file names and
    /// counts are read at once, nothing is decoded.
    /// </param>
    /// <exception cref="DsdException">No data set has this name, and the message lists all of them; or the path does not have the layout of its format.</exception>
    public static DataEntry Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Own(name) is { } own)
        {
            return own.Path.Length == 0
                ? throw new DsdException($"'{name}' names no path; write {own.Format}:PATH, where PATH is {own.What}.")
                : own.Open(own.Path);
        }

        return All.FirstOrDefault(e => e.Name == name) ?? throw DsdException.UnknownName(
            $"There is no data set named '{name}'.",
            name,
            All.Select(e => e.Name),
            $"Use one of: {string.Join(", ", All.Select(e => e.Name))}; or your own: {string.Join(", ", s_formats.Select(f => $"{f.What} as {f.Format}:PATH"))}.");
    }

    /// <summary>Parses the format and the full path of the user's own data; the path is empty if the name has none, and the result is null for any other name.</summary>
    private static (string Format, string What, Func<string, DataEntry> Open, string Path)? Own(string name)
    {
        if (s_formats.FirstOrDefault(f => name.StartsWith(f.Format + ":", StringComparison.Ordinal)) is not { Format: { } format } found)
        {
            return null;
        }

        var path = name[(format.Length + 1)..];
        return (format, found.What, found.Open, string.IsNullOrWhiteSpace(path) ? "" : Path.GetFullPath(UserPath.Expand(path)));
    }
}
