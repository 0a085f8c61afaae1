using System.Globalization;
using Dsd.Records;

namespace Dsd.Data;

/// <summary>Finds files with equal bytes in two splits of the user's data, which would be measured on data used for training or selection.</summary>
internal static class EqualFiles
{
    private const long MuchToRead = 1L << 30;

    /// <summary>Finds the files of a split that are also in an earlier one, in the order train, validation, test.</summary>
    /// <remarks>Only files of the same size are read, each once; see <see cref="FileHashes"/>. Empty and unreadable files are not compared.</remarks>
    /// <param name="folder">The folder of the data.</param>
    /// <param name="files">The files, full paths or relative to the folder.</param>
    /// <param name="what">The noun for the files, in the plural, e.g. <c>"images"</c>.</param>
    /// <param name="log">Receives a message before a long read, or null.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    public static ValueList<DataProblem> Find(string folder, IEnumerable<(DataSplit Split, string Path)> files, string what, Action<string>? log = null, CancellationToken cancellation = default)
    {
        var bySize = files.Select(f => (f.Split, Path: Path.GetFullPath(f.Path, folder))).Distinct().AsParallel().AsOrdered()
            .Select(f => (f.Split, f.Path, Size: FileStamp.Of(f.Path)?.Length ?? 0))
            .AsSequential()
            .Where(f => f.Size > 0)
            .GroupBy(f => f.Size)
            .Where(g => g.Select(f => f.Split).Distinct().Count() > 1)
            .SelectMany(g => g)
            .ToList();
        if (bySize.Sum(f => f.Size) is > MuchToRead and var bytes)
        {
            log?.Invoke(string.Create(CultureInfo.InvariantCulture, $"Looking for equal files in two splits of {folder}: reading up to {bytes / 1e9:0.0} GB"));
        }

        var hashes = FileHashes.Of(folder, [.. bySize.Select(f => f.Path)], cancellation);
        return Find(bySize.Zip(hashes).Where(f => f.Second is not null).Select(f => (f.First.Split, Path.GetRelativePath(folder, f.First.Path).Replace('\\', '/'), f.Second!)), what);
    }

    /// <summary>Finds equal examples by a key of their content.</summary>
    public static ValueList<DataProblem> Find(IEnumerable<(DataSplit Split, string Name, string Content)> examples, string what)
    {
        var found = new Dictionary<(DataSplit Later, DataSplit Earlier), List<string>>();
        foreach (var equal in examples.GroupBy(e => e.Content, StringComparer.Ordinal))
        {
            var first = equal.GroupBy(e => e.Split).OrderBy(g => g.Key).Select(g => (g.Key, g.MinBy(e => e.Name, StringComparer.Ordinal).Name)).ToList();
            foreach (var example in equal)
            {
                foreach (var (earlier, name) in first.Where(f => f.Key < example.Split))
                {
                    if (!found.TryGetValue((example.Split, earlier), out var names))
                    {
                        found.Add((example.Split, earlier), names = []);
                    }

                    names.Add($"{example.Name} = {name}");
                }
            }
        }

        return found.OrderBy(f => f.Key)
            .Select(f => DataProblem.Of(DataProblemKind.InTwoParts, f.Key.Later, $"{what} with the same bytes as one of {f.Key.Earlier.ToString().ToLowerInvariant()}", f.Value)!)
            .ToValueList();
    }
}
