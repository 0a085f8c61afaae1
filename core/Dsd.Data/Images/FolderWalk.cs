using Dsd.Records;

namespace Dsd.Data;

/// <summary>Lists the images of class folders recursively, and records every skipped file.</summary>
/// <param name="root">The folder of the data, a full path.</param>
internal sealed class FolderWalk(string root)
{
    /// <summary>The extensions of images that are read; <c>.jfif</c> and <c>.jpe</c> are JPEG.</summary>
    public static readonly string[] Extensions = [".jpeg", ".jpg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif"];

    private static readonly string[] s_otherFormats =
        [".tif", ".tiff", ".heic", ".heif", ".avif", ".jxl", ".jp2", ".j2k", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".ico", ".svg", ".psd", ".dng", ".cr2", ".nef", ".exr", ".hdr"];

    private readonly Dictionary<(DataSplit? Split, string What), List<string>> _passedOver = [];

    /// <summary>The folder of the data.</summary>
    public string Root => root;

    /// <summary>True if a folder entry is hidden: its name starts with a dot.</summary>
    public static bool IsHidden(string name) => name.StartsWith('.');

    /// <summary>Records images and folders that lie beside the folders of the splits.</summary>
    public void NoteBeside(string[] parts)
    {
        Note(null, $"images directly in the folder, beside {string.Join(" and ", parts)}", Files("").Where(IsImage));
        Note(null, $"folders beside {string.Join(" and ", parts)}", Folders("").Where(f => !IsHidden(f) && !parts.Contains(f, StringComparer.Ordinal)));
    }

    /// <summary>Records images that lie in the folder of a split, outside of any class.</summary>
    public void NoteAbove(DataSplit split, string part)
    {
        Note(split, $"images directly in {part}, above the folders of classes", Files(part).Where(IsImage).Select(f => $"{part}/{f}"));
        Note(split, "hidden folders", Folders(part).Where(f => IsHidden(f) && Holds($"{part}/{f}")).Select(f => $"{part}/{f}"));
    }

    /// <summary>Lists the images of a class relative to its folder, with / as separator, in ordinal order.</summary>
    public List<string> ImagesOf(DataSplit split, string folder)
    {
        var images = new List<string>();
        Descend(split, folder, "", images, [Real(System.IO.Path.Combine(root, folder))]);
        images.Sort(StringComparer.Ordinal);
        return images;
    }

    /// <summary>Reports the skipped files.</summary>
    public ValueList<DataProblem> Problems() => _passedOver
        .Select(p => DataProblem.Of(DataProblemKind.LeftOut, p.Key.Split, p.Key.What + Endings(p.Key.What, p.Value), p.Value)!)
        .OrderBy(p => p.Split).ThenBy(p => p.What, StringComparer.Ordinal).ToValueList();

    private const string OtherFiles = "files that are no images by their names";
    private const string OtherFormats = "images in formats that are not read";

    private void Descend(DataSplit split, string folder, string prefix, List<string> images, List<string> above)
    {
        foreach (var name in Files(folder))
        {
            var path = $"{folder}/{name}";
            if (IsHidden(name))
            {
                // Files left by operating systems, such as .DS_Store, are not images.
                Note(split, "hidden images", IsImage(name) ? [path] : []);
            }
            else if (HasEnding(name, Extensions))
            {
                images.Add(prefix + name);
            }
            else
            {
                Note(split, HasEnding(name, s_otherFormats) ? OtherFormats : OtherFiles, [path]);
            }
        }

        foreach (var name in Folders(folder))
        {
            var path = $"{folder}/{name}";
            var real = Real(System.IO.Path.Combine(root, path));
            if (IsHidden(name))
            {
                Note(split, "hidden folders", Holds(path) ? [path] : []);
            }
            else if (above.Contains(real))
            {
                Note(split, "links that lead back to a folder above them", [path]);
            }
            else
            {
                Descend(split, path, $"{prefix}{name}/", images, [.. above, real]);
            }
        }
    }

    private void Note(DataSplit? split, string what, IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            if (!_passedOver.TryGetValue((split, what), out var noted))
            {
                _passedOver.Add((split, what), noted = []);
            }

            noted.Add(path);
        }
    }

    /// <summary>Counts the files by extension, where the extension is the reason for skipping them.</summary>
    private static string Endings(string what, List<string> paths) => what is not (OtherFiles or OtherFormats) ? ""
        : $" ({TextList.FirstFew([.. paths.GroupBy(p => System.IO.Path.GetExtension(p).ToLowerInvariant()).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => FormattableString.Invariant($"{g.Count()} {(g.Key.Length > 0 ? g.Key : "without an ending")}"))], more: "more endings")})";

    private static bool IsImage(string name) => HasEnding(name, Extensions) || HasEnding(name, s_otherFormats);

    private static bool HasEnding(string name, string[] endings) => endings.Contains(System.IO.Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);

    private static string Real(string folder) => Directory.ResolveLinkTarget(folder, returnFinalTarget: true)?.FullName ?? folder;

    private bool Holds(string folder) => Directory.EnumerateFileSystemEntries(System.IO.Path.Combine(root, folder)).Any();

    private IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(System.IO.Path.Combine(root, folder)).Select(p => System.IO.Path.GetFileName(p));

    private IEnumerable<string> Folders(string folder) =>
        Directory.EnumerateDirectories(System.IO.Path.Combine(root, folder)).Select(p => System.IO.Path.GetFileName(p)).Order(StringComparer.Ordinal);
}
