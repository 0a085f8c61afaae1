using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dsd.Examples.Tests;

/// <summary>Packages are restored as the lock files say, wherever there are any.</summary>
public sealed partial class LockFileTests
{
    public static TheoryData<string> Projects() => [.. Project().Matches(Repository.Read("Dsd.sln")).Select(m => m.Groups[1].Value.Replace('\\', '/'))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void LockFiles_OfEveryProject_AreThereForTheSamePlatforms(string project) =>
        Assert.Equal(LockFiles("core/Dsd/Dsd.csproj"), LockFiles(project));

    [Theory]
    [InlineData("true", "")]
    [InlineData("true", "none")]
    [InlineData("", "")]
    [Trait("Tier", "slow")]
    public void Restore_WhereCiRuns_IsLockedIfThereIsALockFile(string ci, string backend)
    {
        var (exit, output, error) = Repository.Run(
            "dotnet", "msbuild", "core/Dsd", "-getProperty:RestoreLockedMode,NuGetLockFilePath", $"-p:CI={ci}", $"-p:TorchBackend={(backend.Length > 0 ? backend : Repository.TorchBackend)}", "-nodeReuse:false");

        Assert.True(exit == 0, output + error);
        var said = JsonDocument.Parse(output).RootElement.GetProperty("Properties");
        var isLocked = ci == "true" && File.Exists(said.GetProperty("NuGetLockFilePath").GetString());
        Assert.Equal(isLocked ? "true" : "", said.GetProperty("RestoreLockedMode").GetString());
    }

    private static IEnumerable<string> LockFiles(string project) =>
        Directory.GetFiles(Path.Combine(Repository.Root, Path.GetDirectoryName(project)!), "packages.*.lock.json").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal);

    [GeneratedRegex(@"^Project\(.*?\) = "".*?"", ""([^""]+proj)""", RegexOptions.Multiline)]
    private static partial Regex Project();
}
