using System.IO.Compression;
using System.Xml.Linq;

namespace Dsd.Examples.Tests;

/// <summary>The packages, made once from what is built, and a place where a stranger's script or program uses them.</summary>
/// <remarks>
/// Nothing is left behind, fetched or copied: what the feed lacks is read where the build unpacked it, and what the feed has is
/// unpacked into a folder that goes with the tests. So all of it works without a network.
/// </remarks>
public sealed class PackageFeed : IDisposable
{
    private const string NugetConfig = """
        <configuration>
          <packageSources>
            <clear />
            <add key="feed" value="FEED" />
          </packageSources>
        </configuration>
        """;

    /// <summary>The tests that share the packages.</summary>
    public const string Collection = "packages";

    private readonly TempFolder _folder = new();

    public PackageFeed()
    {
        var (exit, output, error) = Pack(project: null, Folder);
        Assert.True(exit == 0, output + error);
        Assert.DoesNotContain("warning", output);
    }

    /// <summary>A version that no machine has seen, so that no old copy stands in for the new package.</summary>
    public string Version { get; } = $"0.1.0-test.{DateTime.UtcNow.Ticks}";

    /// <summary>The variables under which what the feed has is unpacked into a folder that goes with the tests.</summary>
    public (string Name, string Value)[] Environment =>
    [
        ("NUGET_PACKAGES", _folder["unpacked"]), ("NUGET_FALLBACK_PACKAGES", Repository.PackageFolder),
        ("MSBUILDDISABLENODEREUSE", "1"), ("UseSharedCompilation", "false"),
    ];

    /// <summary>Packs what is built.</summary>
    /// <param name="project">The project, or null for all.</param>
    /// <param name="folder">Where the packages go.</param>
    public (int ExitCode, string Output, string Error) Pack(string? project, string folder) => Repository.Run(
        "dotnet", "pack", project is null ? "Dsd.sln" : Path.Combine("core", project), "-c", Repository.Configuration, "-o", folder, "--no-build", $"-p:TorchBackend={Repository.TorchBackend}",
        $"-p:PackageVersion={Version}", $"-p:NuspecOutputPath={_folder["nuspec"]}", "-nodeReuse:false");

    /// <summary>The folder of the packages.</summary>
    public string Folder => _folder["feed"];

    public string[] Ids() =>
        [.. Directory.GetFiles(Folder, "*.nupkg").Select(f => Path.GetFileName(f).Replace($".{Version}.nupkg", "")).Order(StringComparer.Ordinal)];

    public ZipArchive Open(string id, string ending = "nupkg") => ZipFile.OpenRead(Path.Combine(Folder, $"{id}.{Version}.{ending}"));

    /// <summary>The dependencies of a package, each as <c>"Id version"</c>, sorted.</summary>
    public string[] Dependencies(string id)
    {
        using var package = Open(id);
        return Dependencies(Metadata(package, id));
    }

    public static string[] Dependencies(XElement metadata) =>
        [.. metadata.Descendants(metadata.Name.Namespace + "dependency").Select(d => $"{d.Attribute("id")?.Value} {d.Attribute("version")?.Value}").Order(StringComparer.Ordinal)];

    /// <summary>What a package's .nuspec says.</summary>
    public static XElement Metadata(ZipArchive package, string id)
    {
        using var nuspec = package.GetEntry($"{id}.nuspec")!.Open();
        return XDocument.Load(nuspec).Root!.Elements().First(e => e.Name.LocalName == "metadata");
    }

    /// <summary>A new folder from which only the feed and what the repository's build needs can be had.</summary>
    /// <param name="name">The folder's name.</param>
    /// <param name="files">The files to write into it.</param>
    public string Place(string name, params ReadOnlySpan<(string Name, string Text)> files)
    {
        var place = Directory.CreateDirectory(_folder[name]).FullName;
        File.WriteAllText(Path.Combine(place, "nuget.config"), NugetConfig.Replace("FEED", Folder));
        File.Copy(Path.Combine(Repository.Root, "global.json"), Path.Combine(place, "global.json"));
        foreach (var (file, text) in files)
        {
            File.WriteAllText(Path.Combine(place, file), text);
        }

        return place;
    }

    /// <summary>Runs dotnet in such a folder.</summary>
    public (int ExitCode, string Output, string Error) Run(string place, string[] arguments, params (string Name, string Value)[] environment) => ChildProcess.Run(
        place,
        TimeSpan.FromMinutes(5),
        "dotnet",
        arguments,
        [.. Environment, .. environment]);

    public void Dispose() => _folder.Dispose();
}

[CollectionDefinition(PackageFeed.Collection, DisableParallelization = true)]
public sealed class PackageCollection : ICollectionFixture<PackageFeed>;
