namespace Dsd.Data;

/// <summary>The folders of data sets according to the platform and environment variables.</summary>
/// <param name="NamedRoot">The value of <see cref="DataFolder.Variable"/>; null or empty if it is not set.</param>
/// <param name="SystemRoots">The folders in which system packages keep data sets.</param>
/// <param name="UserRoot">The per-user folder for data sets; empty if the platform has none.</param>
/// <param name="InstalledRoot">The root folder of installed packages, which holds <c>usr</c>; null if there is none.</param>
/// <param name="CacheRoot">The per-user cache folder; empty if the platform has none.</param>
internal sealed record DataEnvironment(
    string? NamedRoot, ValueList<string> SystemRoots, string UserRoot, string? InstalledRoot = null, string CacheRoot = "")
{
    /// <summary>Reads the environment of this process; reads it again at each call.</summary>
    public static DataEnvironment Current() => From(
        Environment.GetEnvironmentVariable,
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify));

    /// <summary>Derives the folders from environment variables.</summary>
    /// <param name="variable">Returns the value of an environment variable, or null.</param>
    /// <param name="localData">The platform's folder for local application data; may be empty.</param>
    public static DataEnvironment From(Func<string, string?> variable, string localData)
    {
        var user = FolderIn(variable, "XDG_DATA_HOME") ?? localData;
        ValueList<string> system = OperatingSystem.IsWindows() ? [] : ["/usr/local/share/datasets", "/usr/share/datasets"];
        return new(
            variable(DataFolder.Variable), system, user.Length == 0 ? "" : Path.Combine(user, "dsd"), OperatingSystem.IsLinux() ? "/" : null, Cache(variable, localData));
    }

    private static string Cache(Func<string, string?> variable, string localData)
    {
        var cache = FolderIn(variable, "XDG_CACHE_HOME")
            ?? (OperatingSystem.IsLinux() && variable("HOME") is { } home && Path.IsPathFullyQualified(home) ? Path.Combine(home, ".cache") : localData);
        return cache.Length == 0 ? "" : Path.Combine(cache, "dsd");
    }

    // The XDG specification says to ignore a relative path.
    private static string? FolderIn(Func<string, string?> variable, string name) =>
        variable(name) is { } value && UserPath.Expand(value) is var path && Path.IsPathFullyQualified(path) ? path : null;
}
