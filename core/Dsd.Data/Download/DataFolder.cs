namespace Dsd.Data;

/// <summary>The folders in which data sets are searched and stored.</summary>
/// <remarks>
/// The user's folder comes first: an explicit root, or else the environment variable <see cref="Variable"/>; in both, a leading
/// <c>~</c> is the home folder. Then come the folders of the system's packages, <c>share/datasets/NAME</c> under <c>/usr/local</c> and
/// <c>/usr</c>. If the user gave no folder, the per-user one comes last: <c>dsd/NAME</c> under <c>XDG_DATA_HOME</c> if that is set to
/// an absolute path, else under the platform's folder for local application data.
/// </remarks>
internal static class DataFolder
{
    /// <summary>The environment variable for the user's root folder of data sets: <c>DSD_DATA</c>.</summary>
    public const string Variable = "DSD_DATA";

    /// <summary>Lists the folders in which a data set is searched, in order; they need not exist.</summary>
    /// <param name="name">The data set, e.g. <c>"fashion-mnist"</c>.</param>
    /// <param name="root">The user's root folder, or null to use <see cref="Variable"/> if it is set. Default null.</param>
    /// <returns>Full paths. For the user's root, both <c>ROOT/NAME</c> and <c>ROOT</c> itself.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> or <paramref name="root"/> is empty.</exception>
    /// <exception cref="DsdException">No root is given and the account has no folder for local application data.</exception>
    public static ValueList<string> Places(string name, string? root = null) => Places(name, root, DataEnvironment.Current());

    /// <summary>Gets the folder into which a data set is downloaded.</summary>
    /// <param name="name">The data set, e.g. <c>"fashion-mnist"</c>.</param>
    /// <param name="root">The user's root folder, or null to use <see cref="Variable"/> if it is set. Default null.</param>
    /// <returns><c>ROOT/NAME</c> if the user gave a root, else <c>NAME</c> in the per-user folder; a full path.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> or <paramref name="root"/> is empty.</exception>
    /// <exception cref="DsdException">No root is given and the account has no folder for local application data.</exception>
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
            $"This account has no folder for its data sets. Set the environment variable {Variable}, or give a folder as an argument.");

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
