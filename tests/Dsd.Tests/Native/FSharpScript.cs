using System.Diagnostics;

namespace Dsd.Tests.Native;

/// <summary>Runs a text as an F# script in a process of its own.</summary>
internal static class FSharpScript
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>Runs a script in a given folder and returns what it wrote and its exit code.</summary>
    public static (int ExitCode, string Output) Run(string folder, string text, params (string Name, string Value)[] environment)
    {
        var file = Path.Combine(folder, "script.fsx");
        File.WriteAllText(file, text);
        var start = new ProcessStartInfo("dotnet", ["fsi", "--nologo", "--quiet", file])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"The script did not end within {Limit}: {text}");
        }

        return (process.ExitCode, output.Result + error.Result);
    }
}
