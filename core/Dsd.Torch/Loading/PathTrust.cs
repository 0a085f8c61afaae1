namespace Dsd.Torch;

/// <summary>The check that nobody but this user and root can change what a path leads to, so that a library found there may be loaded.</summary>
/// <remarks>
/// Every folder from the root on, and every symbolic link on the way, must belong to this user or root and be writable by nobody else; only
/// above the last one may a folder such as /tmp be writable by all if its sticky bit keeps them from exchanging what is not theirs. Then
/// the path cannot lead elsewhere between the check and the load. Of a path that does not exist, the last part that does must be writable by
/// nobody else, with or without a sticky bit: another user could create the rest. A group with its user's number counts as that user's own.
/// Windows has other permissions, and its per-user folders exclude other users: nothing is checked there.
/// </remarks>
internal static class PathTrust
{
    private const int MostLinks = 40;
    private const uint Root = 0;

    /// <summary>Checks a folder and the files in it.</summary>
    /// <param name="folder">The full path of the folder. Of one that does not exist, what exists of its path is checked.</param>
    /// <returns>What is wrong and how to mend it; null if nothing is.</returns>
    public static string? ProblemOfFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        return Problem(folder) ?? (Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Select(file => Problem(file)).FirstOrDefault(p => p is not null) : null);
    }

    private static string? Problem(string path) => Problem(Path.GetFullPath(path), MostLinks);

    private static string? Problem(string path, int links)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        FileOwner? above = null;
        for (var (i, at) = (0, "/"); ; at = Path.Combine(at, parts[i++]))
        {
            if (FileOwner.Of(at) is not { } owner)
            {
                // It does not exist, and only this user or root can create it; or it may not be looked at, and not be loaded either.
                return above is { } last && IsWritableByOthers(last)
                    ? $"{Path.GetDirectoryName(at)} can be written by other users, who could create {at} before you do; 'mkdir -m 755 {at}' prevents that"
                    : null;
            }

            if (owner.User != Root && owner.User != FileOwner.Self)
            {
                return FormattableString.Invariant($"{at} belongs to user {owner.User}, not to this one ({FileOwner.Self}) or root");
            }

            if (new FileInfo(at).LinkTarget is { } target)
            {
                var rest = Path.Combine([Path.GetDirectoryName(at) ?? "/", target, .. parts[i..]]);
                return links > 0 ? Problem(Path.GetFullPath(rest), links - 1) : $"{at} is one of too many symbolic links";
            }

            var isLast = i == parts.Length;
            if (IsWritableByOthers(owner) && (isLast || !owner.Mode.HasFlag(UnixFileMode.StickyBit)))
            {
                return $"{at} can be written by other users; 'chmod go-w {at}' changes that";
            }

            if (isLast)
            {
                return null;
            }

            above = owner;
        }
    }

    private static bool IsWritableByOthers(FileOwner owner) =>
        owner.Mode.HasFlag(UnixFileMode.OtherWrite)
        || (owner.Mode.HasFlag(UnixFileMode.GroupWrite) && (owner.User == Root || owner.Group != owner.User));
}
