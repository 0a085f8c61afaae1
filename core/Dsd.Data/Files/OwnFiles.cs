using Dsd.Runs;

namespace Dsd.Data;

/// <summary>The inventory of the user's own data, for their fingerprint.</summary>
internal static class OwnFiles
{
    /// <summary>Lists files with sizes and hashes; contents are read once and then identified by size and time.</summary>
    /// <param name="folder">The folder of the data, as a full path.</param>
    /// <param name="paths">The files, as full paths; duplicates count once.</param>
    public static IEnumerable<DataInventory.Entry> List(string folder, IEnumerable<string> paths)
    {
        var all = paths.Distinct(StringComparer.Ordinal).ToList();
        return all.Zip(FileHashes.Files(folder, all), (path, file) => new DataInventory.Entry(NameOf(folder, path), file?.Bytes ?? 0, file?.Hash ?? ""));
    }

    private static string NameOf(string folder, string path)
    {
        // A file name may also start with two dots.
        var name = Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/');
        return Path.IsPathRooted(name) || name == ".." || name.StartsWith("../", StringComparison.Ordinal) ? path : name;
    }
}
