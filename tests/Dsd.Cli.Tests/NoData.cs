namespace Dsd.Cli.Tests;

/// <summary>An environment without the data and without a way to get it.</summary>
internal static class NoData
{
    /// <summary>Whether a package of the system provides the data, where no variable can hide it.</summary>
    public static bool IsImpossible => new[] { "/usr/share/datasets/fashion-mnist", "/usr/local/share/datasets/fashion-mnist" }.Any(Directory.Exists);

    public static Dictionary<string, string?> Environment(TempFolder folder)
    {
        var home = Directory.CreateDirectory(folder["home"]).FullName;
        return new()
        {
            ["DSD_DATA"] = null,
            ["HOME"] = home,
            ["USERPROFILE"] = home,
            ["LOCALAPPDATA"] = home,
            ["XDG_DATA_HOME"] = home,
            ["PATH"] = Directory.CreateDirectory(folder["programs"]).FullName,

            // A port of this machine at which nothing listens.
            ["HTTPS_PROXY"] = "http://127.0.0.1:1",
            ["https_proxy"] = "http://127.0.0.1:1",
            ["ALL_PROXY"] = "http://127.0.0.1:1",
            ["NO_PROXY"] = null,
            ["no_proxy"] = null,
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        };
    }
}
