namespace Dsd;

/// <summary>Paths as people write them, in options, environment variables and files that no shell reads.</summary>
public static class UserPath
{
    /// <summary>A path whose first part is not <c>~</c> any more, but the user's home folder.</summary>
    /// <param name="path">A path; <c>~</c> alone or before a separator is the home folder, <c>~name</c> and <c>./~</c> are names like others.</param>
    /// <returns>The path, unchanged where it does not begin so.</returns>
    /// <exception cref="DsdException">The path begins so, and the account has no home folder.</exception>
    public static string Expand(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0 || path[0] != '~' || (path.Length > 1 && path[1] != Path.DirectorySeparatorChar && path[1] != Path.AltDirectorySeparatorChar))
        {
            return path;
        }

        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        return home.Length == 0
            ? throw new DsdException($"'{path}' begins with ~, the home folder, and this account has none. Write the path out.")
            : path.Length == 1 ? home : Path.Combine(home, path[2..]);
    }
}
