using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Dsd.Examples.Tests;

/// <summary>The command as a user has it who has no checkout: installed from the packages, or published.</summary>
[Collection(PackageFeed.Collection)]
[Trait("Tier", "slow")]
public sealed partial class InstalledCommandTests(PackageFeed feed)
{
    private const long MostBytes = 40_000_000;

    private const string Install = "dotnet tool install --global Dsd.Cli --add-source packages";
    private const string InstallTorch = "dsd torch install";
    private const string Train = "dsd train";
    private const string InstallTemplate = "dotnet new install Dsd.Templates --add-source packages";
    private const string Create = "dotnet new dsd --output my-experiment --feed /full/path/to/packages";

    // The folder of the .NET that runs here, of which the programs that are started know nothing.
    private static readonly string s_dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    /// <summary>The commands of README's section on installing, which run here.</summary>
    public static IReadOnlyList<string> Commands { get; } = [Install, InstallTorch, Train, InstallTemplate, Create];

    [Fact]
    public void Page_ShowsTheCommandsThatRunHere() => Assert.Equal(
        Commands,
        Repository.Blocks(Repository.Read("README.md").Split("## Installed")[1].Split("\n## ")[0], "bash").SelectMany(b => b.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Where(c => !c.StartsWith("dotnet pack ", StringComparison.Ordinal)));

    [Fact]
    public void Package_HoldsTheCommandForEveryPlatformWithoutLibTorch()
    {
        using var package = feed.Open("Dsd.Cli");
        var files = package.Entries.Select(e => e.FullName).ToList();

        Assert.Contains("tools/net10.0/any/Dsd.Cli.dll", files);
        Assert.Equal(
            ["linux-x64", "osx-arm64", "win-arm64", "win-x64"],
            files.Where(f => f.Contains("LibTorchSharp.", StringComparison.Ordinal)).Select(f => f.Split('/')[4]).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(files, f => f.Contains("torch_cpu", StringComparison.Ordinal) || f.Contains("torch_cuda", StringComparison.Ordinal));
        Assert.DoesNotContain(files, f => Path.GetFileName(f) is "dsd" or "dsd.exe" or "Dsd.Cli" or "Dsd.Cli.exe");
        using var settings = new StreamReader(package.GetEntry("tools/net10.0/any/DotnetToolSettings.xml")!.Open());
        Assert.Contains("Name=\"dsd\" EntryPoint=\"Dsd.Cli.dll\"", settings.ReadToEnd(), StringComparison.Ordinal);
        Assert.InRange(new FileInfo(Path.Combine(feed.Folder, $"Dsd.Cli.{feed.Version}.nupkg")).Length, 1, MostBytes);
    }

    [SkippableFact]
    public void Tool_OfANewUser_BringsLibTorchAndTrains()
    {
        Skip.If(Repository.TorchBackend != "cpu", "What is built here is for CUDA, and so NuGet's folder lacks the libtorch that the tool would bring.");
        var place = feed.Place("tool");
        var home = Directory.CreateDirectory(Path.Combine(place, "home")).FullName;
        var data = Environment.GetEnvironmentVariable("DSD_DATA") is { Length: > 0 } set ? set : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "dsd");
        (string, string)[] user =
        [
            ("HOME", home), ("USERPROFILE", home), ("LOCALAPPDATA", home), ("XDG_DATA_HOME", home), ("DOTNET_CLI_HOME", home), ("DSD_DATA", data),
            ("NUGET_PACKAGES", Path.Combine(home, "packages")), ("NUGET_FALLBACK_PACKAGES", ""), ("DOTNET_ROOT", s_dotnet),
        ];
        (int ExitCode, string Output, string Error) Run(string command, params string[] more)
        {
            var words = command.Replace(" packages", $" {feed.Folder}", StringComparison.Ordinal).Split(' ');
            var program = words[0] == "dsd" ? Path.Combine(home, ".dotnet", "tools", "dsd") : words[0];
            return ChildProcess.Run(place, TimeSpan.FromMinutes(5), program, [.. words[1..], .. more], user);
        }

        string[] small = ["--model", "lenet-300-100", "--train-limit", "6400", "--dense", "1ep", "--sparse", "1ep", "--redense", "1ep", "--out", "run"];
        Succeeded(Run(Install, "--version", feed.Version));

        var without = Run(Train, small);
        Assert.Equal(2, without.ExitCode);
        Assert.Matches(@"^dsd: libtorch \S+ for \S+ is not installed; 'dsd torch install' installs it \([^)]+\)(, and '--libtorch pytorch' uses that of an installed PyTorch)?\.\s*$", without.Error);
        Assert.False(Directory.Exists(Path.Combine(place, "run")));

        Succeeded(Run(InstallTorch, "--source", Repository.PackageFolder));
        Assert.Contains("| control ", Succeeded(Run(Train, small)), StringComparison.Ordinal);

        // Workers are processes of the same program.
        File.WriteAllText(Path.Combine(place, "study.json"), """
            {
              "name": "tool", "seeds": 2, "arms": ["dsd", "control"],
              "setting": { "network": "lenet-300-100", "data": "fashion-mnist", "trainLimit": 640 },
              "schedule": { "phases": [{ "duration": "1ep", "rate": 0.1 }, { "duration": "1ep", "rate": 0.05, "sparsity": 0.5 }] }
            }
            """);
        Assert.Contains("| dsd − control | ", Succeeded(Run("dsd study run study.json --workers 2 --quiet")), StringComparison.Ordinal);
    }

    [Fact]
    public void Publish_GivesOneProgramOfTheCommandsName()
    {
        var place = feed.Place("published");
        var (exit, output, error) = Repository.Run(
            "dotnet", "publish", "core/Dsd.Cli", "-c", Repository.Configuration, "-o", Path.Combine(place, "out"), "--no-build", $"-p:TorchBackend={Repository.TorchBackend}", "-nodeReuse:false");
        Assert.True(exit == 0, output + error);
        var ending = OperatingSystem.IsWindows() ? ".exe" : "";

        Assert.Equal([$"dsd{ending}"], Directory.GetFiles(Path.Combine(place, "out")).Select(Path.GetFileName).Where(f => f == $"dsd{ending}" || f == $"Dsd.Cli{ending}"));
        Assert.Contains(Path.Combine(place, "out"), Succeeded(ChildProcess.Run(place, TimeSpan.FromMinutes(1), Path.Combine(place, "out", $"dsd{ending}"), ["torch"], ("DOTNET_ROOT", s_dotnet))), StringComparison.Ordinal);
    }

    [Fact]
    public void Template_InBothLanguages_MakesTheSameExperimentThatRuns()
    {
        var place = feed.Place("template");
        string[] hive = ["--debug:custom-hive", Path.Combine(place, "hive")];
        Succeeded(feed.Run(place, [.. InstallTemplate.Replace("Dsd.Templates", $"Dsd.Templates@{feed.Version}", StringComparison.Ordinal).Replace(" packages", $" {feed.Folder}", StringComparison.Ordinal).Split(' ')[1..], .. hive]));

        var tables = new[] { "C#", "F#" }.Select(language =>
        {
            var name = $"of-{(language == "C#" ? "csharp" : "fsharp")}";
            Succeeded(feed.Run(place, [.. Create.Replace("my-experiment", name, StringComparison.Ordinal).Replace("/full/path/to/packages", feed.Folder, StringComparison.Ordinal).Split(' ')[1..], "--language", language, "--no-update-check", .. hive]));
            Assert.Contains(feed.Folder, File.ReadAllText(Path.Combine(place, name, "nuget.config")), StringComparison.Ordinal);
            var shown = Succeeded(feed.Run(Path.Combine(place, name), ["run", "-c", "Release"]));
            Assert.DoesNotContain("warning", shown, StringComparison.Ordinal);
            return string.Join('\n', Row().Matches(shown).Select(m => m.Value));
        }).ToList();

        Assert.Contains("| control ", tables[0], StringComparison.Ordinal);
        Assert.Equal(tables[0], tables[1]);
    }

    [Fact]
    public void Template_WithoutAFeed_WritesNoConfiguration()
    {
        var place = feed.Place("template-alone");
        string[] hive = ["--debug:custom-hive", Path.Combine(place, "hive")];
        Succeeded(feed.Run(place, ["new", "install", Path.Combine(feed.Folder, $"Dsd.Templates.{feed.Version}.nupkg"), .. hive]));
        Succeeded(feed.Run(place, ["new", "dsd", "--output", "alone", "--no-update-check", .. hive]));

        Assert.Equal(["Program.cs", "Waves.cs", "alone.csproj"], Directory.GetFiles(Path.Combine(place, "alone")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Contains($"Version=\"{feed.Version}\"", File.ReadAllText(Path.Combine(place, "alone", "alone.csproj")), StringComparison.Ordinal);
    }

    private static string Succeeded((int ExitCode, string Output, string Error) run)
    {
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        return run.Output;
    }

    [GeneratedRegex(@"^\|.*$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
