namespace Dsd.Tests.Torch;

/// <summary>Runs a text as an F# script in a process of its own.</summary>
internal static class FSharpScript
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>Runs a script in a given folder and returns what it wrote and its exit code.</summary>
    public static (int ExitCode, string Output) Run(string folder, string text, params (string Name, string Value)[] environment)
    {
        var file = Path.Combine(folder, "script.fsx");
        File.WriteAllText(file, text);
        var (exitCode, output, error) = ChildProcess.Run(folder, Limit, "dotnet", ["fsi", "--nologo", "--quiet", file], environment);
        return (exitCode, output + error);
    }
}
