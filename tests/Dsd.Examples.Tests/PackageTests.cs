using System.Collections.Immutable;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Text.Json.Nodes;
using Dsd.Execution;
using Dsd.Models;
using Dsd.Schedules;
using Dsd.Training;

namespace Dsd.Examples.Tests;

[Trait("Tier", "slow")]
[Collection(PackageFeed.Collection)]
public sealed class PackageTests(PackageFeed feed)
{
    // Script and program both touch TorchSharp before the code that names a type of Dsd is even compiled: that TorchSharp's
    // library is found then is the package's work.
    private const string CSharpTorchFirst = "Console.WriteLine(TorchSharp.torch.ones(2).sum().item<float>());";

    // A kernel runs no script of a package's, and so this is left to the user.
    private const string CellTorchFirst = "Dsd.Torch.TorchRuntime.Configure()";

    private const string CSharpLoop = """
        Dsd.Torch.TorchRuntime.Configure();
        var plan = Schedule.Dsd(Dsd.Schedules.Duration.Steps(1), Dsd.Schedules.Duration.Steps(1), Dsd.Schedules.Duration.Steps(1), 0.5, 0.01).On(model, stepsPerEpoch: 1);
        using var optimizer = TorchSharp.torch.optim.SGD(model.parameters(), 0.01);
        using var session = new Session(plan, model, optimizer);
        for (var i = 0; i < 2 && session.BeginStep(); i++)
        {
            optimizer.zero_grad();
            model.call(TorchSharp.torch.randn(4, 1, 28, 28)).square().mean().backward();
            session.MaskGradients();
            optimizer.step();
            session.EndStep();
        }

        Console.WriteLine($"kept {model.get_parameter("fc1.weight")!.count_nonzero().item<long>()}");
        """;

    private const string CSharpChart = """Dsd.Charts.Draw.Timeline(plan).Save("schedule.html");""";

    private const string FSharpTorchFirst = """
        open TorchSharp
        printfn "%g" ((torch.ones 2L).sum().item<float32>())
        """;

    private const string FSharpLoop = """
        open TorchSharp
        open Dsd.Models
        open Dsd.Schedules
        open Dsd.Training

        Dsd.Torch.TorchRuntime.Configure()
        let model = new LeNet300100()
        let step = Duration.Steps 1
        let plan = Schedule.Dsd(step, step, step, 0.5, 0.01).On(model, 1)
        let optimizer = torch.optim.SGD(model.parameters(), 0.01)
        let session = new Session(plan, model, optimizer)

        for _ in 1..2 do
            session.BeginStep() |> ignore
            optimizer.zero_grad()
            model.call(torch.randn(4L, 1L, 28L, 28L)).square().mean().backward()
            session.MaskGradients()
            optimizer.step() |> ignore
            session.EndStep()

        printfn "kept %d" (model.get_parameter("fc1.weight").count_nonzero().item<int64>())
        """;

    // Of the portable PDB format: the kind of debug information that is a source file.
    private static readonly Guid s_embeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    // Packages that a project does not refer to: a .NET tool and a template.
    private static readonly string[] s_programs = ["Dsd.Cli", "Dsd.Templates"];

    // An assembly of its own within another's package.
    private const string Torch = "Dsd.Torch";

    private static readonly string[] s_all =
        [.. Directory.GetDirectories(Path.Combine(Repository.Root, "core")).Select(f => Path.GetFileName(f)).Where(f => f.StartsWith("Dsd", StringComparison.Ordinal) && f != Torch).Order(StringComparer.Ordinal)];

    private static readonly string[] s_projects = [.. s_all.Except(s_programs)];

    public static TheoryData<string> Projects() => [.. s_projects];

    public static TheoryData<string> All() => [.. s_all];

    [Fact]
    public void Pack_OfTheSolution_MakesAPackageOfEveryProjectButTorch() => Assert.Equal(s_all, feed.Ids());

    [Theory]
    [MemberData(nameof(All))]
    public void Package_Says_WhatItIs(string id)
    {
        using var package = feed.Open(id);
        var metadata = PackageFeed.Metadata(package, id);
        string? Said(string name) => metadata.Element(metadata.Name.Namespace + name)?.Value;
        Assert.NotEqual("Package Description", Said("description"));
        Assert.EndsWith(".", Said("description"));
        Assert.Equal("MIT", Said("license"));
        Assert.Equal("README.md", Said("readme"));
        Assert.Contains("torchsharp", Said("tags"));
        Assert.Null(Said("projectUrl"));
        Assert.Equal(Repository.Read("core/PACKAGE.md"), Text(package.GetEntry("README.md")!));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Package_Brings_DocumentationAndSymbolsWithSources(string id)
    {
        using var package = feed.Open(id);
        using var symbols = feed.Open(id, "snupkg");
        string[] assemblies = id == "Dsd" ? [id, Torch] : [id];
        Assert.Equal(assemblies.SelectMany(a => new[] { $"{a}.dll", $"{a}.xml" }).Order(StringComparer.Ordinal), Library(package));
        Assert.Equal(assemblies.Select(a => $"{a}.pdb").Order(StringComparer.Ordinal), Library(symbols));
        Assert.All(assemblies, a =>
        {
            Assert.Contains($"<name>{a}</name>", Text(package.GetEntry($"lib/net10.0/{a}.xml")!));
            Assert.Contains(Encoding.Latin1.GetString(s_embeddedSource.ToByteArray()), Text(symbols.GetEntry($"lib/net10.0/{a}.pdb")!, Encoding.Latin1), StringComparison.Ordinal);
        });

        static IEnumerable<string> Library(ZipArchive package) => package.Entries.Where(e => e.FullName.StartsWith("lib/", StringComparison.Ordinal)).Select(e => e.Name).Order(StringComparer.Ordinal);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Package_NamesNoFolderOfTheMachineThatMadeIt(string id)
    {
        string[] folders = [.. new[] { Repository.Root, Repository.PackageFolder, feed.Folder, Path.GetTempPath() }.Select(f => f.TrimEnd('/', '\\')).Where(f => f.Length > "/tmp".Length)];
        foreach (var file in Directory.GetFiles(feed.Folder, $"{id}.{feed.Version}.*"))
        {
            using var package = ZipFile.OpenRead(file);

            // What others compiled names folders of theirs; without optimisation so do our symbols.
            foreach (var entry in package.Entries.Where(e => Repository.Configuration == "Release" || Path.GetExtension(e.Name) is not (".dll" or ".pdb")))
            {
                var text = Text(entry, Encoding.Latin1);
                Assert.All(folders, folder => Assert.False(text.Contains(folder, StringComparison.Ordinal) || text.Contains(Encoding.Latin1.GetString(Encoding.Unicode.GetBytes(folder)), StringComparison.Ordinal), $"{id}: {entry.FullName} names {folder}"));
            }
        }
    }

    [Theory]
    [InlineData("Dsd", "MathNet.Numerics", "System.IO.Hashing", "TorchSharp")]
    [InlineData("Dsd.Models", "Dsd")]
    [InlineData("Dsd.Data", "ADRaffy.ENSNormalize", "Dsd", "Dsd.Models", "SkiaSharp", "SkiaSharp.NativeAssets.Linux.NoDependencies")]
    [InlineData("Dsd.Charts", "Dsd", "FSharp.Core", "Newtonsoft.Json", "Plotly.NET")]
    [InlineData("Dsd.FSharp", "Dsd", "Dsd.Charts", "Dsd.Data", "Dsd.Models", "FSharp.Core")]
    [InlineData("Dsd.Cli")]
    [InlineData("Dsd.Templates")]
    public void Package_DependsOn_NothingElse(string id, params string[] expected) => Assert.Equal(
        expected,
        feed.Dependencies(id).Select(d => d.Split(' ')[0]).Where(d => !d.StartsWith("libtorch-", StringComparison.Ordinal) && !d.StartsWith("TorchSharp-cuda", StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(All))]
    public void Pack_OfTheSameFiles_GivesTheSamePackage(string id)
    {
        var place = feed.Place($"again-{id}");
        var (exit, output, error) = feed.Pack(id, place);
        Assert.True(exit == 0, output + error);
        using var once = feed.Open(id);
        using var again = ZipFile.OpenRead(Path.Combine(place, $"{id}.{feed.Version}.nupkg"));

        // Beside the files a package holds parts that older SDKs name at random.
        static List<string> Files(ZipArchive package) =>
            [.. package.Entries.Where(e => !e.FullName.EndsWith(".psmdcp", StringComparison.Ordinal) && e.FullName != "_rels/.rels").Select(e => $"{e.FullName} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(e.Open()))}").Order(StringComparer.Ordinal)];
        Assert.Equal(Files(once), Files(again));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Package_DependsOn_ItsSiblingsOfTheSameVersion(string id) => Assert.All(
        feed.Dependencies(id).Where(d => d.StartsWith("Dsd", StringComparison.Ordinal)), d => Assert.EndsWith($" {feed.Version}", d));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Package_WrittenInFSharp_DependsOnItsCoreLibrary(string id) => Assert.Equal(
        File.Exists(Path.Combine(Repository.Root, "core", id, $"{id}.fsproj")),
        feed.Dependencies(id).Any(d => d.StartsWith("FSharp.Core ", StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Assembly_AsksForNoNewerFSharpCore_ThanTheOldestHostBrings(string id)
    {
        // The notebook kernel and dotnet fsi of SDK 10.0.100 bring 10.0, and cannot load what asks for more.
        using var package = feed.Open(id);
        using var assembly = new MemoryStream();
        package.GetEntry($"lib/net10.0/{id}.dll")!.Open().CopyTo(assembly);
        using var file = new PEReader(assembly.ToArray().ToImmutableArray());
        var metadata = file.GetMetadataReader();
        var asked = metadata.AssemblyReferences.Select(metadata.GetAssemblyReference).Where(r => metadata.GetString(r.Name) == "FSharp.Core").ToList();
        Assert.All(asked, r => Assert.Equal(new Version(10, 0, 0, 0), r.Version));
        Assert.Equal(File.Exists(Path.Combine(Repository.Root, "core", id, $"{id}.fsproj")), asked.Count == 1);
    }

    [Fact]
    public void Package_OfTheCore_BringsTheNativeLibraryOfThisBackend() => Assert.Contains(
        feed.Dependencies("Dsd"), d => d.StartsWith(Repository.TorchBackend == "cpu" ? "libtorch-cpu-" : "TorchSharp-cuda-", StringComparison.Ordinal));

    [Fact]
    public void Pack_WithoutABackend_LeavesTheNativeLibraryToTheUser()
    {
        // Outputs of its own: this must restore, and others are running from the usual ones.
        var place = feed.Place("none");
        var (exit, output, error) = Repository.Run(
            "dotnet", "pack", "core/Dsd", "-o", place, "-p:TorchBackend=none", "--artifacts-path", Path.Combine(place, "artifacts"),
            $"-p:RestoreSources={feed.Folder}", $"-p:PackageVersion={feed.Version}", "-nodeReuse:false", "-p:UseSharedCompilation=false");
        Assert.True(exit == 0, output + error);
        using var package = ZipFile.OpenRead(Path.Combine(place, $"Dsd.{feed.Version}.nupkg"));
        Assert.Equal(["MathNet.Numerics", "System.IO.Hashing", "TorchSharp"], PackageFeed.Dependencies(PackageFeed.Metadata(package, "Dsd")).Select(d => d.Split(' ')[0]));
    }

    [Fact]
    public void Script_WithOneReference_Trains()
    {
        // Once there is a package for F#, it is the one to name, and the page's script comes before the training.
        var hasFSharp = s_projects.Contains("Dsd.FSharp");
        var page = hasFSharp ? string.Join('\n', Repository.Blocks(Repository.Read("core/PACKAGE.md"), "fsharp")) : "#r \"nuget: Dsd.Models\"\n";
        var lines = page.Split('\n', 2);
        Assert.Matches("^#r \"nuget: [\\w.]+\"$", lines[0]);
        var reference = $"#i \"nuget: {feed.Folder}\"\n{lines[0].TrimEnd('"')}, {feed.Version}\"\n";
        var place = feed.Place("script", ("first.fsx", $"{reference}{FSharpTorchFirst}\n"), ("train.fsx", $"#load \"first.fsx\"\n{lines[1]}{FSharpLoop}\n"));
        var (exit, output, error) = feed.Run(place, ["fsi", "train.fsx"], ("HOME", place));
        Assert.True(exit == 0, output + error);
        var said = output.ReplaceLineEndings("\n").Split('\n');
        Assert.Contains("2", said);
        Assert.Contains("kept 117600", said);
    }

    [Fact]
    public void Program_OfThePage_RunsAndTrains()
    {
        var example = Assert.Single(Repository.Blocks(Repository.Read("core/PACKAGE.md"), "csharp")).Split("\n\n", 2);
        var project = $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <OutputType>Exe</OutputType>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <CreateHardLinksForCopyLocalIfPossible>true</CreateHardLinksForCopyLocalIfPossible>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Dsd.Models" Version="{feed.Version}" />
                <PackageReference Include="Dsd.Data" Version="{feed.Version}" />
                <PackageReference Include="Dsd.Charts" Version="{feed.Version}" />
              </ItemGroup>
            </Project>
            """;
        var place = feed.Place("program", ("program.csproj", project), ("Program.cs", $"{example[0]}\n\n{CSharpTorchFirst}\nRun();\n\nstatic void Run()\n{{\n{example[1]}{CSharpLoop}\n{CSharpChart}\n}}\n"));
        var (exit, output, error) = feed.Run(place, ["run"]);
        Assert.True(exit == 0, output + error);
        var said = output.ReplaceLineEndings("\n").Split('\n');
        Assert.Contains("2", said);
        Assert.Contains(said, line => line.StartsWith("| control ", StringComparison.Ordinal));
        Assert.Contains("kept 117600", said);
        Assert.Contains("dsdDraw(\"dsd-", File.ReadAllText(Path.Combine(place, "schedule.html")), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("csharp", "Dsd.Charts", "Dsd.Models", CellTorchFirst + ";\n" + CSharpTorchFirst, "using Dsd.Charts;\nusing Dsd.Models;\nusing Dsd.Schedules;\nusing Dsd.Training;\nvar model = new LeNet300100();\nvoid Train()\n{\n" + CSharpLoop + "\n}\nTrain();", "var schedule = Schedule.Start().Dense(epochs: 1, rate: 0.1).Build();\nschedule", "Draw.Timeline(schedule.On(model, stepsPerEpoch: 1))")]
    [InlineData("fsharp", "Dsd.FSharp", "Dsd.FSharp", CellTorchFirst + "\n" + FSharpTorchFirst, FSharpLoop, "plan.Schedule", "Dsd.Charts.Draw.Timeline plan")]
    public void Cells_OfTheKernel_TrainAndShowCharts(string language, string package, string further, params string[] cells)
    {
        Skip.If(Jupyter.Missing is not null, Jupyter.Missing);
        var references = string.Join('\n', new[] { package, further }.Distinct().Select(p => $"#r \"nuget: {p}, {feed.Version}\""));
        var notebook = Jupyter.Of(language, cells.Prepend($"#i \"nuget:{feed.Folder}\"\n{references}"));
        var run = Notebook.CodeOf(Jupyter.Run(notebook, [.. feed.Environment])).Skip(1).Select(c => string.Join('\n', NotebookOutputs.Outline(c, exactly: false)).Trim()).ToList();
        Assert.Equal(["2", "kept 117600", "chart: Schedule", "chart: Plan over time"], run);
    }

    private static string Text(ZipArchiveEntry entry, Encoding? encoding = null)
    {
        using var reader = new StreamReader(entry.Open(), encoding ?? Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
