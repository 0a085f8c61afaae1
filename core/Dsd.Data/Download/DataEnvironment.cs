namespace Dsd.Data;

/// <summary>What the surroundings say about where data lives.</summary>
/// <param name="NamedRoot">The value of <see cref="DataFolder.Variable"/>; null or empty where it is not set.</param>
/// <param name="SystemRoots">The folders in which system packages keep data sets.</param>
/// <param name="UserRoot">The per-user folder for data sets; empty where the platform knows none.</param>
/// <param name="InstalledRoot">The folder under which installed packages lie, <c>usr</c> and all; null where there is none to look at.</param>
/// <param name="CacheRoot">The per-user folder for what can be made again; empty where the platform knows none.</param>
internal sealed record DataEnvironment(
    string? NamedRoot, ValueList<string> SystemRoots, string UserRoot, string? InstalledRoot = null, string CacheRoot = "")
{
    /// <summary>The surroundings of this process, read anew at each call.</summary>
    public static DataEnvironment Current() => From(
        Environment.GetEnvironmentVariable,
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify));

    /// <summary>The surroundings that some environment variables give.</summary>
    /// <param name="variable">Gives the value of an environment variable, or null.</param>
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
