namespace Dsd.Data;

/// <summary>The data sets that can be named, e.g. on a command line.</summary>
/// <remarks>Reading it needs no native library and touches no file.</remarks>
public static class DataCatalog
{
    /// <summary>Layouts in which the user's own data can be: a name, what stands at the path, and how it is opened.</summary>
    private static readonly (string Format, string What, Func<string, DataEntry> Open)[] s_formats =
    [
        (ImageFolder.Format, "a folder of images", ImageFolder.Entry),
        (SpeechManifest.Format, "a folder of train.tsv, validation.tsv and test.tsv, which name sounds and what is said in them", SpeechManifest.Entry),
        (CaptionEntries.Format, "a folder of features and captions", CaptionEntries.Folder),
    ];

    /// <summary>Every data set, by name: images, text, captions, speech.</summary>
    public static ValueList<DataEntry> All { get; } =
    [
        FashionMnist.Entry, EmojiGroups.Entry, ImageNet.Entry, BibleKjv.Entry,
        CaptionEntries.Scenes, CaptionEntries.Emoji, CaptionEntries.Flickr8k,
        SpeechEntries.FilletsCzech, SpeechEntries.AsteriskEnglish, SpeechEntries.Wsj,
    ];

    /// <summary>The name that finds data from any working folder: the path in it is made a full one, with <c>~</c> as the home folder. Nothing is looked up.</summary>
    /// <param name="name">A name as for <see cref="Get"/>.</param>
    public static string Locate(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Own(name) is { Path.Length: > 0 } own ? $"{own.Format}:{own.Path}" : name;
    }

    /// <summary>The data set of a name, or the user's own, named by <c>FORMAT:PATH</c>.</summary>
    /// <param name="name">
    /// Its name, e.g. <c>"fashion-mnist"</c>; capitals and small letters differ. Or a layout and a path, e.g. <c>"imagenet:/path"</c>: names and
    /// counts are read at once, nothing is decoded.
    /// </param>
    /// <exception cref="DsdException">There is none of that name; the message lists those that there are. Or the path is not laid out as its format asks.</exception>
    public static DataEntry Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Own(name) is { } own)
        {
            return own.Path.Length == 0
                ? throw new DsdException($"'{name}' names no path; write {own.Format}:PATH, where PATH is {own.What}.")
                : own.Open(own.Path);
        }

        var hint = NearestNames.Likely(name, All.Select(e => e.Name), 1) is [var nearest] ? $" Did you mean '{nearest}'?" : "";
        return All.FirstOrDefault(e => e.Name == name) ?? throw new DsdException(
            $"There is no data set named '{name}'.{hint} Use one of: {string.Join(", ", All.Select(e => e.Name))}; or your own: {string.Join(", ", s_formats.Select(f => $"{f.What} as {f.Format}:PATH"))}.");
    }

    /// <summary>The layout and the full path in a name of the user's own data; the path is empty where the name has none, and null is given for any other name.</summary>
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
