using Spectre.Console;

namespace Dsd.Cli;

/// <summary>The terminal on standard error, which shows progress also where standard output goes to a file.</summary>
internal static class Terminal
{
    /// <summary>Opens the terminal; null if standard error is none that can redraw lines.</summary>
    public static IAnsiConsole? OnStandardError()
    {
        if (Console.IsErrorRedirected || Environment.GetEnvironmentVariable("TERM") is "dumb")
        {
            return null;
        }

        // Left to itself the library would look at standard output.
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Console.Error),
            Interactive = InteractionSupport.Yes,
            Ansi = OperatingSystem.IsWindows() ? AnsiSupport.Detect : AnsiSupport.Yes,
        });
        return console.Profile.Capabilities.Ansi ? console : null;
    }
}
