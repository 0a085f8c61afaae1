using Dsd.Data;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Statistics;
using Dsd.Studies;
using static TorchSharp.torch;

namespace Dsd.Examples.Tests;

[Trait("Tier", "slow")]
public sealed class ReadmeTests
{
    private static readonly string s_page = Repository.Read("README.md");
    private static readonly Lazy<Comparison> s_comparison = new(ReadmeSnippets.Compare);

    [Fact]
    public void CSharp_OnThePage_IsTheCodeThatIsRunHere()
    {
        string[] regions = ["compare", "folder", "study", "own data", "own study", "own loop"];
        Assert.Equal(regions.Select(name => Repository.Region("ReadmeSnippets.cs", name)), Repository.Blocks(s_page, "csharp"));
    }

    [Fact]
    public void CSharp_Comparison_Completes() => Assert.True(s_comparison.Value.IsComplete);

    [Fact]
    public void CSharp_Folder_HoldsTheRun()
    {
        using var folder = new TempFolder();
        using var model = new LeNet300100();
        var schedule = Schedule.Dsd(Duration.Steps(2), Duration.Steps(2), Duration.Steps(2), 0.5, 0.01);

        ReadmeSnippets.Folder(folder.Root, schedule, model, new ImageClassification(FashionMnist.Load(trainLimit: 128), batchSize: 64, seed: 1));

        Assert.True(Comparison.Load(folder["runs", "mine"]).IsComplete);
        Assert.Equal(schedule, RunFolder.ConfigOf(folder["runs", "mine"])!.Schedule);
    }

    [Fact]
    public void CSharp_Study_IsJudged()
    {
        using var folder = new TempFolder();
        var results = ReadmeSnippets.Studies(folder.Root);

        Assert.True(results.IsJudged);
        Assert.Equal((35, 2), (results.Trials.Count(), results.Contrasts.Count));
        Assert.All(results.Contrasts, c => Assert.Equal(5, c.Pairs.Count));
    }

    [Fact]
    public void FSharp_Study_Ends()
    {
        using var folder = new TempFolder();
        var script = folder["page.fsx"];
        File.WriteAllText(script, Repository.Blocks(s_page, "fsharp")[1]
            .Replace("trainLimit = 12800", "trainLimit = 128", StringComparison.Ordinal)
            .Replace("#load \"", $"#load \"{Repository.Root}/", StringComparison.Ordinal));

        var (exit, output, error) = ChildProcess.Run(folder.Root, TimeSpan.FromMinutes(5), "dotnet", ["fsi", script]);

        Assert.True(exit == 0, output + error);
        Assert.Matches(@"\| dsd − random-mask +\| +5 \|", output);
    }

    [Fact]
    public void OwnData_InBothLanguages_GivesTheSameDigits()
    {
        using var folder = new TempFolder();
        var result = ReadmeSnippets.OwnData();

        Assert.Equal(["within 0.1", "loss"], result.Runs[0].Test!.Metrics.Select(m => m.Name));
        Assert.All(result.Runs, r => Assert.Equal(450, r.Test!.Metrics[0].Outcomes!.Count));
        Assert.Contains(result.Describe(), Repository.RunFSharp(folder, Repository.Blocks(s_page, "fsharp")[2]));
    }

    [Fact]
    public void OwnStudy_InBothLanguages_GivesTheSameDigits()
    {
        using var folder = new TempFolder();
        var results = ReadmeSnippets.OwnStudy(folder.Root);

        Assert.Equal(3, Assert.Single(results.Contrasts).Pairs.Count);
        Assert.Contains(results.Describe(), Repository.RunFSharp(folder, Repository.Blocks(s_page, "fsharp")[3]));
    }

    [Theory]
    [InlineData("csharp", 2, 15)]
    [InlineData("fsharp", 2, 15)]
    [InlineData("csharp", 3, 20)]
    [InlineData("fsharp", 3, 20)]
    public void OwnExperiment_OnThePage_IsShort(string language, int block, int most) =>
        Assert.InRange(Repository.Blocks(s_page, language)[block].Split('\n').Count(l => l.Length > 0 && !l.StartsWith("open ", StringComparison.Ordinal) && !l.StartsWith('#')), 5, most);

    [Fact]
    public void CSharp_OwnLoop_EndsDenseWithLiveMasksBetween()
    {
        using var model = new LeNet300100();
        var steps = 0;
        ReadmeSnippets.OwnLoop(Schedule.Dsd(Duration.Steps(2), Duration.Steps(2), Duration.Steps(2), 0.5, 0.01), model, 2, (m, step) =>
        {
            steps++;

            // The forward pass of step 4 is the first after the mask is lifted: its regrown weights have not moved yet.
            Assert.Equal(step is 2 or 3 or 4, model.get_parameter("fc1.weight")!.count_nonzero().item<long>() <= 117_600);
            return m.call(randn(4, 1, 28, 28)).square().mean();
        });
        Assert.Equal(6, steps);
    }

    [Fact]
    public void Json_OnThePage_IsTheScheduleOfTheCSharp()
    {
        var schedule = Schedule.FromJson(Assert.Single(Repository.Blocks(s_page, "json")));
        Assert.Equal(s_comparison.Value.Runs[0].Start!.Schedule, schedule);
        Assert.Empty(Plan.Check(schedule, LeNet5.Shape(), 859));
    }

    [Fact]
    public void FSharp_OnThePage_GivesTheDigitsOfTheCSharpAndOfTheCommand()
    {
        // A slice of the data stands in for all of it, as it does for the C#.
        var slice = """

            module FashionMnist =
                let Download () = Dsd.Data.FashionMnist.Download()
                let Load () = Dsd.Data.FashionMnist.Load(null, System.Nullable 128)

            let schedule =
            """;
        using var folder = new TempFolder();
        var code = Repository.Blocks(s_page, "fsharp")[0];
        var script = folder["page.fsx"];
        File.WriteAllText(script, code
            .Replace("\nlet schedule =", slice, StringComparison.Ordinal)
            .Replace("#load \"", $"#load \"{Repository.Root}/", StringComparison.Ordinal));
        var (exit, output, error) = ChildProcess.Run(folder.Root, TimeSpan.FromMinutes(5), "dotnet", ["fsi", script]);
        Assert.True(exit == 0, output + error);
        Assert.Contains(s_comparison.Value.Describe(), output.ReplaceLineEndings("\n"));

        var command = CommandsOf("bash").Single(c => c.Contains(" train --sparsity", StringComparison.Ordinal));
        (exit, output, error) = Dsd(command, "--train-limit", "128", "--out", folder["run"]);
        Assert.True(exit == 0, output + error);
        Assert.Contains(s_comparison.Value.Describe(), output.ReplaceLineEndings("\n"));
    }

    public static TheoryData<string> Commands() => [.. CommandsOf("bash").Except(InstalledCommandTests.Commands)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Command_OnThePage_Works(string command)
    {
        using var folder = new TempFolder();
        var expected = command switch
        {
            ListsTests => "The following Tests are available",
            BuildsFSharp => "Dsd.FSharp -> ",
            Packs => "Successfully created package",
            _ => "| ",
        };
        var (exit, output, error) = command switch
        {
            // What these build is what is run here, so it is not built again; and of all tests, only the names are asked for.
            ListsTests => Dotnet(command, "--no-build", "--list-tests"),
            BuildsFSharp => Dotnet(command, "--no-restore", "--no-dependencies"),
            Packs => Dotnet(command.Replace(" packages", $" {folder["packages"]}", StringComparison.Ordinal), "--no-build", $"-p:NuspecOutputPath={folder["nuspec"]}"),
            _ when command.Contains(" --scale small", StringComparison.Ordinal) => Dsd(command, "--train-limit", "128", "--epochs", "3", "--out", folder["run"]),
            _ when command.Contains(" --method ", StringComparison.Ordinal) => Dsd(command, "--model", "lenet-300-100", "--train-limit", "1280", "--epochs", "2", "--with", "rigl.interval=5st", "--out", folder["run"]),
            _ when command.Contains(" train", StringComparison.Ordinal) => Dsd(command, Small(folder["run"])),
            _ when command.Contains(" study ", StringComparison.Ordinal) => Study(command, folder),
            _ when command.Contains(" report runs/NAME", StringComparison.Ordinal) => Report(command, folder["run"]),
            _ when command.StartsWith(Cli, StringComparison.Ordinal) => Dsd(command),
            _ => ChildProcess.Run(folder.Root, TimeSpan.FromMinutes(5), "dotnet", command["dotnet ".Length..].Replace("scripts/", $"{Repository.Root}/scripts/", StringComparison.Ordinal).Split(' ')),
        };
        Assert.True(exit == 0, output + error);
        Assert.Contains(expected, output);
        if (command == ListsTests)
        {
            Assert.All(Directory.GetDirectories(Path.Combine(Repository.Root, "tests"), "Dsd.*.Tests").Select(Path.GetFileName), project => Assert.Contains($"{project}.dll", output));
        }
        else if (command == Packs)
        {
            Assert.NotEmpty(Directory.GetFiles(folder["packages"], "Dsd.*.nupkg"));
        }
    }

    [Fact]
    public void Pictures_OnThePage_AreThereAndSmall()
    {
        var pictures = System.Text.RegularExpressions.Regex.Matches(s_page, @"!\[[^\]]+\]\(([^)]+)\)").Select(m => new FileInfo(Path.Combine(Repository.Root, m.Groups[1].Value))).ToList();
        Assert.Equal(4, pictures.Count);
        Assert.InRange(pictures.Sum(p => p.Length), 1, 300_000);
    }

    [Fact]
    public void Links_OnThePage_LeadSomewhere() => Assert.All(
        System.Text.RegularExpressions.Regex.Matches(s_page, @"(?<!!)\[[^\]]+\]\((?!https://)([^)]+)\)").Select(m => m.Groups[1].Value),
        link => Assert.True(Path.Exists(Path.Combine(Repository.Root, link)), link));

    private const string Cli = "dotnet run -c Release --project core/Dsd.Cli -- ";
    private const string ListsTests = "dotnet test -c Release";
    private const string BuildsFSharp = "dotnet build core/Dsd.FSharp -c Release";
    private const string Packs = "dotnet pack -c Release -o packages";

    private static IEnumerable<string> CommandsOf(string language) => Repository.Blocks(s_page, language)
        .SelectMany(b => b.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        .Select(line => line.Split("  #")[0].Trim());

    private static (int ExitCode, string Output, string Error) Dsd(string command, params IEnumerable<string> more) =>
        Repository.Run("dotnet", [Path.Combine(Repository.CliFolder, "Dsd.Cli.dll"), .. command[Cli.Length..].Split(' '), .. more]);

    /// <summary>A command of the page in the repository itself, in the configuration that is tested, with the back end that it was built for.</summary>
    private static (int ExitCode, string Output, string Error) Dotnet(string command, params IEnumerable<string> more) => Repository.Run(
        "dotnet", [.. command["dotnet ".Length..].Replace("-c Release", $"-c {Repository.Configuration}", StringComparison.Ordinal).Split(' '), .. more, $"-p:TorchBackend={Repository.TorchBackend}", "-nodeReuse:false"]);

    private static string[] Small(string folder) => ["--train-limit", "128", "--dense", "1ep", "--sparse", "1ep", "--redense", "1ep", "--out", folder];

    private static (int ExitCode, string Output, string Error) Report(string command, string folder)
    {
        var run = Dsd($"{Cli}train", Small(folder));
        Assert.True(run.ExitCode == 0, run.Error);
        var (exit, output, error) = Dsd(command.Replace("runs/NAME", folder, StringComparison.Ordinal));
        Assert.Equal(Path.Combine(folder, "report.html"), output.Trim());
        return (exit, run.Output, error);
    }

    /// <summary>A command on the page's study, made small, after what has to come before it.</summary>
    private static (int ExitCode, string Output, string Error) Study(string command, TempFolder folder)
    {
        const string Named = "notebooks/evidence/studies/sweep-rounds.json";
        var small = folder["small.json"];
        File.WriteAllText(small, System.Text.RegularExpressions.Regex.Replace(Repository.Read(Named), "\"seeds\": \\d+", "\"seeds\": 2").Replace("\"trainLimit\": 12800", "\"trainLimit\": 640", StringComparison.Ordinal));
        string[] to = ["--out", folder["run"]];
        var here = command.Replace(Named, small, StringComparison.Ordinal);
        if (!command.Contains(" report ", StringComparison.Ordinal))
        {
            return Dsd(here, command.Contains("study run", StringComparison.Ordinal) ? to : []);
        }

        var run = Dsd($"{Cli}study run {small}", to);
        Assert.True(run.ExitCode == 0, run.Error);
        var (exit, output, error) = Dsd(here.Replace("runs/sweep-rounds", folder["run"], StringComparison.Ordinal));
        Assert.Equal(["report.html", "report.md", "trials.csv"], output.Trim().ReplaceLineEndings("\n").Split('\n').Select(Path.GetFileName));
        return (exit, run.Output, error);
    }
}
