using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using PublicApiGenerator;

namespace Dsd.Examples.Tests;

/// <summary>The public surface of each package is what its PublicAPI.txt says, so that growth is a decision.</summary>
/// <remarks>To accept a change: <c>DSD_UPDATE_PUBLIC_API=1 dotnet test tests/Dsd.Examples.Tests -c Release --filter PublicApi</c>, and commit the files.</remarks>
public partial class PublicApiTests
{
    /// <summary>The most public types that all packages may have together. Raise it only on purpose.</summary>
    private const int MostTypes = 198;

    private static readonly string[] s_packages = ["Dsd.Torch", "Dsd", "Dsd.Testing", "Dsd.Models", "Dsd.Data", "Dsd.Charts", "Dsd.FSharp"];

    public static TheoryData<string> Packages { get; } = [.. s_packages];

    [Theory]
    [MemberData(nameof(Packages))]
    public void Surface_OfAPackage_IsThatOfItsFile(string package)
    {
        var file = Path.Combine(Repository.Root, "core", package, "PublicAPI.txt");
        var surface = Surface(package);
        if (Environment.GetEnvironmentVariable("DSD_UPDATE_PUBLIC_API") is { Length: > 0 })
        {
            File.WriteAllText(file, surface);
        }

        Assert.Equal(File.ReadAllText(file), surface);
    }

    [Fact]
    public void Types_OfAllPackages_AreNoMoreThanDecided() =>
        Assert.InRange(s_packages.Sum(p => PublicType().Count(Surface(p))), 1, MostTypes);

    // The command's package holds the assemblies that it was built with, so it cannot meet others. Dsd.Torch is in the package Dsd.
    [Fact]
    public void Packages_OfCore_ShowTheirInternalsToTestsAndTheCommandAlone() => Assert.Empty(
        from project in Directory.EnumerateFiles(Path.Combine(Repository.Root, "core"), "*.*proj", SearchOption.AllDirectories)
        from Match friend in Friend().Matches(File.ReadAllText(project))
        where !friend.Groups[1].Value.EndsWith(".Tests", StringComparison.Ordinal) && friend.Groups[1].Value is not ("Dsd.Benchmarks" or "Dsd.DeviceChecks" or "Dsd.Cli")
        where (Path.GetFileName(project), friend.Groups[1].Value) != ("Dsd.Torch.csproj", "Dsd")
        select $"{Path.GetFileName(project)} → {friend.Groups[1].Value}");

    private static string Surface(string package) => AssemblyLoadContext.Default.LoadFromAssemblyName(new AssemblyName(package))
        .GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false })
        .ReplaceLineEndings("\n");

    [GeneratedRegex(@"^    (?:public|\[).*?public [\w ]*(?:class|struct|interface|enum|delegate)|^    public [\w ]*(?:class|struct|interface|enum|delegate)", RegexOptions.Multiline)]
    private static partial Regex PublicType();

    [GeneratedRegex("InternalsVisibleTo Include=\"([^\"]+)\"")]
    private static partial Regex Friend();
}
