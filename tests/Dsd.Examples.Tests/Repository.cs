using System.Reflection;
using System.Text.RegularExpressions;

namespace Dsd.Examples.Tests;

/// <summary>The repository whose examples are run.</summary>
internal static partial class Repository
{
    public static string Root { get; } = Metadata("RepositoryRoot");

    public static string Configuration { get; } = Metadata("Configuration");

    public static string TorchBackend { get; } = Metadata("TorchBackend");

    /// <summary>NuGet's folder, where everything that the repository's build needs has been unpacked.</summary>
    public static string PackageFolder { get; } = Metadata("PackageFolder");

    public static string CliFolder { get; } = Path.Combine(Root, "core", "Dsd.Cli", "bin", Configuration, "net10.0");

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path)).ReplaceLineEndings("\n");

    /// <summary>The fenced code blocks of a language in a Markdown text.</summary>
    public static IReadOnlyList<string> Blocks(string markdown, string language) =>
        [.. Fence().Matches(markdown).Where(m => m.Groups["language"].Value == language).Select(m => m.Groups["code"].Value)];

    /// <summary>The lines of a source of these tests between the comments <c>[name]</c> and <c>[/name]</c>, without the indentation of those.</summary>
    public static string Region(string source, string name)
    {
        var parts = Read($"tests/Dsd.Examples.Tests/{source}").Split($"// [{name}]\n");
        var indent = parts[0].Length - parts[0].TrimEnd(' ').Length;
        return string.Join('\n', parts[1].Split($"// [/{name}]")[0].TrimEnd(' ').Split('\n').Select(line => line.Length >= indent ? line[indent..] : line));
    }

    /// <summary>What a block of F# on a page prints, run in a folder.</summary>
    public static string RunFSharp(TempFolder folder, string code)
    {
        var script = folder["page.fsx"];
        File.WriteAllText(script, code.Replace("#load \"", $"#load \"{Root}/", StringComparison.Ordinal));
        var (exit, output, error) = ChildProcess.Run(folder.Root, TimeSpan.FromMinutes(5), "dotnet", ["fsi", script]);
        Assert.True(exit == 0, output + error);
        return output.ReplaceLineEndings("\n");
    }

    /// <summary>Runs a program from the repository's root to its end.</summary>
    public static (int ExitCode, string Output, string Error) Run(string program, params IEnumerable<string> arguments) =>
        ChildProcess.Run(Root, TimeSpan.FromMinutes(5), program, arguments);

    private static string Metadata(string key) => typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
