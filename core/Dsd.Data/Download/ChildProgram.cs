using System.ComponentModel;
using System.Diagnostics;

namespace Dsd.Data;

/// <summary>Runs a program and waits for it to exit.</summary>
/// <param name="program">The name of the program.</param>
/// <param name="arguments">Its arguments.</param>
/// <param name="folder">The folder to run it in.</param>
/// <param name="limit">The time limit.</param>
/// <param name="cancellation">Kills the program.</param>
internal delegate Task<ProgramOutcome> RunProgram(
    string program, IReadOnlyList<string> arguments, string folder, TimeSpan limit, CancellationToken cancellation);

/// <summary>The outcome of running a program.</summary>
/// <param name="Success">True if it ran, exited in time, and reported success.</param>
/// <param name="Output">Its output, errors last, or the reason why it did not run.</param>
internal sealed record ProgramOutcome(bool Success, string Output)
{
    /// <summary>The last line of the output.</summary>
    public string LastLine => Output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "no message";
}

/// <summary>Runs real programs.</summary>
internal static class ChildProgram
{
    /// <inheritdoc cref="RunProgram"/>
    public static async Task<ProgramOutcome> Run(
        string program, IReadOnlyList<string> arguments, string folder, TimeSpan limit, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        start.Environment["LC_ALL"] = "C";
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Exception e) when (e is Win32Exception or PlatformNotSupportedException)
        {
            return new(false, $"{program} cannot be run: {e.Message}");
        }

        process.StandardInput.Close();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ending.CancelAfter(limit);
        var output = process.StandardOutput.ReadToEndAsync(ending.Token);
        var errors = process.StandardError.ReadToEndAsync(ending.Token);
        try
        {
            await process.WaitForExitAsync(ending.Token).ConfigureAwait(false);
            return new(process.ExitCode == 0, await output.ConfigureAwait(false) + await errors.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            return new(false, $"{program} did not end within {limit.TotalSeconds:0} s");
        }
    }
}
