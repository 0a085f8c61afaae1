using System.Diagnostics;
using System.Text;

namespace Dsd.Tests.Shared;

/// <summary>Runs a program to its end.</summary>
public static class ChildProcess
{
    /// <summary>Runs a program and returns its exit code and what it wrote; one that takes too long is killed.</summary>
    /// <param name="folder">The working folder.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables to set.</param>
    /// <exception cref="TimeoutException">It took longer.</exception>
    public static (int ExitCode, string Output, string Error) Run(
        string folder,
        TimeSpan limit,
        string program,
        IEnumerable<string> arguments,
        params ReadOnlySpan<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {limit}. {error.Result}");
        }

        return (process.ExitCode, output.Result, error.Result);
    }
}
