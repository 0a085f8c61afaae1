namespace Dsd.Tests.Shared;

/// <summary>A browser without a window, as pages are looked at.</summary>
public static class Browser
{
    /// <summary>Why no page can be looked at here, where <see cref="Path"/> is null.</summary>
    public const string Missing = "There is no Chromium or Chrome on PATH, which this test looks at pages with.";

    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    /// <summary>The program, or null where there is none.</summary>
    public static string? Path { get; } = s_names
        .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator), (name, folder) => System.IO.Path.Combine(folder, name))
        .FirstOrDefault(File.Exists);

    /// <summary>The elements of a page once its scripts have run.</summary>
    /// <param name="page">The page's file.</param>
    /// <param name="folder">A folder for what the browser writes.</param>
    /// <param name="options">Further options of the command line.</param>
    /// <returns>The exit code, the elements as HTML, and what the browser logged.</returns>
    public static (int ExitCode, string Elements, string Log) Visit(string page, string folder, params IEnumerable<string> options) => ChildProcess.Run(
        folder,
        TimeSpan.FromMinutes(2),
        Path ?? throw new InvalidOperationException(Missing),
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--hide-scrollbars", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--no-first-run", $"--user-data-dir={System.IO.Path.Combine(folder, "profile")}",
            "--virtual-time-budget=60000", .. options, "--dump-dom", new Uri(page).AbsoluteUri,
        ]);
}
