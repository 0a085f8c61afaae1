namespace Dsd.Examples.Tests;

/// <summary>Tests lie where the code lies: tests/P.Tests/R holds the tests of core/P/R.</summary>
public class MirrorTests
{
    private static readonly string[] s_projects = ["Dsd", "Dsd.Testing", "Dsd.Models", "Dsd.Data", "Dsd.Cli"];

    /// <summary>Folders of tests that mirror no room of the same project, each with the reason.</summary>
    private static readonly Dictionary<string, string> s_otherFolders = new()
    {
        ["Dsd.Tests/Torch"] = "the tests of core/Dsd.Torch",
        ["Dsd.Tests/Fixtures"] = "files",
        ["Dsd.Testing.Tests/Broken"] = "rules and loops that laws must catch",
        ["Dsd.Data.Tests/Fixtures"] = "files",
        ["Dsd.Data.Tests/Fuzzing"] = "one fuzzer of all parsers, of Dsd and of Dsd.Data",
        ["Dsd.Models.Tests/Fixtures"] = "files",
        ["Dsd.Cli.Tests/Fixtures"] = "files",
    };

    /// <summary>Rooms without a folder of tests, each with the place of its tests.</summary>
    private static readonly Dictionary<string, string> s_testedElsewhere = new()
    {
        ["Dsd/Package"] = "tests/Dsd.Examples.Tests/PackageTests.cs: the package as a user has it",
        ["Dsd.Cli/Commands"] = "tests/Dsd.Cli.Tests: commands as processes",
        ["Dsd.Cli/Torch"] = "tests/Dsd.Cli.Tests/TorchTests.cs: the command dsd torch",
    };

    [Fact]
    public void Tests_OfAType_LieInItsRoom()
    {
        Assert.Equal([], from project in s_projects
                         let rooms = Files($"core/{project}", ".cs").Concat(project == "Dsd" ? Files("core/Dsd.Torch", ".cs") : [])
                             .ToLookup(f => Path.GetFileNameWithoutExtension(f), Room)
                         from test in Files($"tests/{project}.Tests", "Tests.cs")
                         let type = Path.GetFileName(test)[..^"Tests.cs".Length]
                         where rooms[type].Any() && !rooms[type].Any(room => room == Room(test) || (Room(test) == "Dsd/Torch" && room.StartsWith("Dsd.Torch", StringComparison.Ordinal)))
                         select $"{test}: {type} lies in core/{string.Join(" and core/", rooms[type])}");
    }

    [Fact]
    public void Folders_OfTests_AreRoomsOfCore() => Assert.Equal(
        s_otherFolders.Keys.Order(StringComparer.Ordinal),
        (from project in s_projects
         from folder in Folders($"tests/{project}.Tests")
         where !Directory.Exists(Path.Combine(Repository.Root, "core", folder.Replace(".Tests/", "/", StringComparison.Ordinal)))
         where !s_otherFolders.Keys.Any(other => folder.StartsWith($"{other}/", StringComparison.Ordinal))
         select folder).Order(StringComparer.Ordinal));

    [Fact]
    public void Rooms_OfCore_HaveAFolderOfTests() => Assert.Equal(
        s_testedElsewhere.Keys.Order(StringComparer.Ordinal),
        (from project in s_projects
         from room in Folders($"core/{project}")
         where !Directory.Exists(Path.Combine(Repository.Root, "tests", $"{project}.Tests{room[project.Length..]}"))
         select room).Order(StringComparer.Ordinal));

    /// <summary>The room of a file of core or its tests, e.g. <c>Dsd/Masks/Bits</c>.</summary>
    private static string Room(string file) => Path.GetDirectoryName(file)!.Replace('\\', '/').Split('/', 2)[1].Replace(".Tests", "", StringComparison.Ordinal);

    /// <summary>The source files of a project, relative to the repository.</summary>
    private static IEnumerable<string> Files(string project, string ending) =>
        from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, project), $"*{ending}", SearchOption.AllDirectories)
        let path = Path.GetRelativePath(Repository.Root, file).Replace('\\', '/')
        where !IsBuilt(path)
        select path;

    /// <summary>The folders of a project, relative to the folder that holds it.</summary>
    private static IEnumerable<string> Folders(string project) =>
        from folder in Directory.EnumerateDirectories(Path.Combine(Repository.Root, project), "*", SearchOption.AllDirectories)
        let path = Path.GetRelativePath(Path.Combine(Repository.Root, project.Split('/')[0]), folder).Replace('\\', '/')
        where !IsBuilt($"{path}/") && Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Any()
        select path;

    private static bool IsBuilt(string path) =>
        path.Contains("/bin/", StringComparison.Ordinal) || path.Contains("/obj/", StringComparison.Ordinal) || path.Contains("/TestResults/", StringComparison.Ordinal);
}
