namespace Dsd;

/// <summary>The expansion of <c>~</c> in paths that no shell reads: options, environment variables and files.</summary>
public static class UserPath
{
    /// <summary>Replaces a leading <c>~</c> by the user's home folder.</summary>
    /// <param name="path">A path; <c>~</c> alone or before a separator is the home folder, <c>~name</c> and <c>./~</c> are ordinary names.</param>
    /// <returns>The path, unchanged unless it starts with <c>~</c>.</returns>
    /// <exception cref="DsdException">The path starts with <c>~</c>, and the account has no home folder.</exception>
    public static string Expand(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0 || path[0] != '~' || (path.Length > 1 && path[1] != Path.DirectorySeparatorChar && path[1] != Path.AltDirectorySeparatorChar))
        {
            return path;
        }

        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        return home.Length == 0
            ? throw new DsdException($"'{path}' starts with ~, the home folder, and this account has none. Use a full path.")
            : path.Length == 1 ? home : Path.Combine(home, path[2..]);
    }
}
