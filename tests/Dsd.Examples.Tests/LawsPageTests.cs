namespace Dsd.Examples.Tests;

/// <summary>The F# of core/docs/laws.md; its C# and table are compared by the tests of Dsd.Testing.</summary>
[Trait("Tier", "slow")]
public sealed class LawsPageTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void FSharp_OfThePage_HoldsEveryLaw()
    {
        var script = _folder["page.fsx"];
        File.WriteAllText(script, Repository.Blocks(Repository.Read("core/docs/laws.md"), "fsharp")[0]
            .Replace("#load \"", $"#load \"{Repository.Root}/", StringComparison.Ordinal)
            .Replace("#r \"core", $"#r \"{Repository.Root}/core", StringComparison.Ordinal));
        var (exit, output, error) = ChildProcess.Run(_folder.Root, TimeSpan.FromMinutes(5), "dotnet", ["fsi", script]);
        Assert.True(exit == 0, output + error);
        Assert.Contains("✓ keeps the highest (", output, StringComparison.Ordinal);
        Assert.Contains("✓ the plan's counts (5 cases)", output, StringComparison.Ordinal);
    }
}
