namespace Dsd.Data;

/// <summary>Where data sets are looked for and where they are put.</summary>
/// <remarks>
/// A folder named by the user comes first: an explicit root, or else the environment variable <see cref="Variable"/>; in both, a leading
/// <c>~</c> is the home folder. Then come the folders of the system's packages, <c>share/datasets/NAME</c> under <c>/usr/local</c> and
/// <c>/usr</c>. Where the user named no folder, the per-user one comes last: <c>dsd/NAME</c> under <c>XDG_DATA_HOME</c> if that is set to
/// an absolute path, else under the platform's folder for local application data.
/// </remarks>
public static class DataFolder
{
    /// <summary>The environment variable that names the root of the user's data: <c>DSD_DATA</c>.</summary>
    public const string Variable = "DSD_DATA";

    /// <summary>The folders in which a data set is looked for, the first one first; they need not exist.</summary>
    /// <param name="name">The data set, e.g. <c>"fashion-mnist"</c>.</param>
    /// <param name="root">The root named by the user, or null to take <see cref="Variable"/> if it is set. Default null.</param>
    /// <returns>Full paths. Under a root named by the user, both <c>ROOT/NAME</c> and <c>ROOT</c> itself.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> or <paramref name="root"/> is empty.</exception>
    /// <exception cref="DsdException">No root is named and the account has no folder for local application data.</exception>
    public static ValueList<string> Places(string name, string? root = null) => Places(name, root, DataEnvironment.Current());

    /// <summary>The folder into which a data set is put when it has to be obtained.</summary>
    /// <param name="name">The data set, e.g. <c>"fashion-mnist"</c>.</param>
    /// <param name="root">The root named by the user, or null to take <see cref="Variable"/> if it is set. Default null.</param>
    /// <returns><c>ROOT/NAME</c> where the user named a root, else <c>NAME</c> in the per-user folder; a full path.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> or <paramref name="root"/> is empty.</exception>
    /// <exception cref="DsdException">No root is named and the account has no folder for local application data.</exception>
    public static string Target(string name, string? root = null) => Target(name, root, DataEnvironment.Current());

    internal static ValueList<string> Places(string name, string? root, DataEnvironment environment)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var system = environment.SystemRoots.Select(r => Path.Combine(r, name));
        var places = Named(root, environment) is { } named
            ? system.Prepend(named).Prepend(Path.Combine(named, name))
            : system.Append(Path.Combine(UserRoot(environment), name));
        return places.ToValueList();
    }

    internal static string Target(string name, string? root, DataEnvironment environment)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return Path.Combine(Named(root, environment) ?? UserRoot(environment), name);
    }

    private static string UserRoot(DataEnvironment environment) => environment.UserRoot.Length > 0
        ? environment.UserRoot
        : throw new DsdException(
            $"This account has no folder for data of its own. Name one by the environment variable {Variable} or as an argument.");

    private static string? Named(string? root, DataEnvironment environment)
    {
        if (root is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(root);
            return Path.GetFullPath(UserPath.Expand(root));
        }

        return string.IsNullOrWhiteSpace(environment.NamedRoot) ? null : Path.GetFullPath(UserPath.Expand(environment.NamedRoot));
    }
}
