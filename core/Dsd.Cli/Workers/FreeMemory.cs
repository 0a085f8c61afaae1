using System.Globalization;

namespace Dsd.Cli;

/// <summary>The memory that processes started now can take, by Linux and by the control groups of a container.</summary>
internal static class FreeMemory
{
    // A limit near 2^63 means that there is none.
    private const long NoLimit = long.MaxValue / 2;

    /// <summary>Gets the free memory in bytes, caches that the system would give up included; null where it is not known, as on Windows and macOS.</summary>
    /// <param name="root">The root of the file system; tests have their own.</param>
    public static long? Bytes(string root = "/")
    {
        long?[] known = [
            Field(Path.Combine(root, "proc/meminfo"), "MemAvailable:") * 1024,
            Group(Path.Combine(root, "sys/fs/cgroup"), "memory.max", "memory.current", "inactive_file"),
            Group(Path.Combine(root, "sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ];
        return known.Min();
    }

    private static long? Group(string folder, string limit, string used, string cache) =>
        Number(Read(Path.Combine(folder, limit)).Trim()) is { } most and < NoLimit && Number(Read(Path.Combine(folder, used)).Trim()) is { } now
            ? Math.Max(0, most - now + (Field(Path.Combine(folder, "memory.stat"), cache) ?? 0))
            : null;

    private static long? Field(string file, string name) => Read(file).Split('\n')
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(words => words.Length > 1 && words[0] == name)
        .Select(words => Number(words[1]))
        .FirstOrDefault();

    private static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Read(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllText(file) : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not to be read here: unknown.
            return "";
        }
    }
}
