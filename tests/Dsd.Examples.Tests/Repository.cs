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

    /// <summary>Runs a program from the repository's root to its end.</summary>
    public static (int ExitCode, string Output, string Error) Run(string program, params IEnumerable<string> arguments) =>
        ChildProcess.Run(Root, TimeSpan.FromMinutes(5), program, arguments);

    private static string Metadata(string key) => typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
