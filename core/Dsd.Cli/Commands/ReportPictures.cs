using System.CommandLine;

namespace Dsd.Cli;

/// <summary>The option <c>--pictures</c> of reports, which writes their charts as files.</summary>
internal static class ReportPictures
{
    private const string None = "none";

    public const string Help = """
            --pictures draws by an installed Chromium, Chrome or Edge, without a window; the environment
            variable DSD_BROWSER names one that is not found.
            """;

    public static Option<string> Create() => OptionOf.Choice(
        "--pictures", "Write each chart of the page as a file too, for a paper or slides, in the folder pictures beside the page.", None, "svg", "png");

    /// <summary>Writes the charts of a report, if they are asked for.</summary>
    /// <param name="asked">The value of the option.</param>
    /// <param name="folder">The folder of the page.</param>
    /// <param name="save">Saves the charts into a folder, in a format.</param>
    /// <returns>The paths of the files.</returns>
    /// <exception cref="DsdException">There is no browser, or a file cannot be written.</exception>
    public static IReadOnlyList<string> Write(string? asked, string folder, Func<string, string, IReadOnlyList<string>> save)
    {
        if (asked is null or None)
        {
            return [];
        }

        var target = Path.Combine(folder, "pictures");
        try
        {
            return save(target, asked);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException($"{target}: the pictures cannot be written there ({e.Message.TrimEnd('.')}). Name another place with --out.", e);
        }
    }
}
