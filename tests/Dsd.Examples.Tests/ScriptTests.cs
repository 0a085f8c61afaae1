using System.Text.RegularExpressions;
using Dsd.Data;

namespace Dsd.Examples.Tests;

/// <summary>Every script is run as its first lines say, with <c>--quick</c>, in a folder of its own.</summary>
public sealed partial class ScriptTests : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>What every script must print: a number of the kind that it is about.</summary>
    public static TheoryData<string, string> Scripts() => new()
    {
        { "captions.fsx", @"one of five: a .*\n  dsd .*\n  control " },
        { "dsdsd.fsx", @"\| rounds 3 +\| dsd − control +\| +2 \| +[+−]?\d+\.\d\d \|" },
        { "family.fsx", @"exchanged .* of the kept weights of a layer(.|\n)*\| fc1\.weight +\| 300×784 \| 235,200 \| 0\.\d+ \|" },
        { "figure-2.fsx", @"\| tenfold \| 1 \| \d+\.\d\d % \| \d\.\d\d \|" },
        { "first-layer.fsx", @"\| first and last +\| dsd − control +\| +2 \| +[+−]?\d+\.\d\d \|" },
        { "first-run.cs", @"\| dsd +\|( +\d+\.\d\d % \|){4}" },
        { "first-run.fsx", @"\| dsd +\|( +\d+\.\d\d % \|){4}" },
        { "known-orders.fsx", @"\| rigl − set \| 2 \| [+−]?\d+\.\d\d \[.*\] \| \d of 2 \| " },
        { "optimizer-state.fsx", @"\| reset +\| dsd − control +\| +2 \| +[+−]?\d+\.\d\d \|" },
        { "own-laws.fsx", @"✓ grows only the highest(.|\n)*✓ the plan's counts(.|\n)*The law 'exact count' does not hold" },
        { "own-criterion.fsx", @"holds: a positive factor changes nothing(.|\n)*\| weight × gradient +\| dsd − control +\| +2 \| +[+−]?\d+\.\d\d \|" },
        { "own-data.cs", @"\| dsd +\|( +\d+\.\d\d % \|){4}" },
        { "own-data.fsx", @"\| dsd +\|( +\d+\.\d\d % \|){4}" },
        { "own-loop.fsx", @"weights masked in the sparse phase: 80\.0 %" },
        { "own-study.fsx", @"\| dsd − control +\| +2 \| +[+−]?\d+\.\d{4} \|" },
        { "per-layer.fsx", @"uniform +keeps 133100 weights\n.*keeps 133100 weights\n.*keeps 133100 weights\n.*keeps 133100 weights\n(.|\n)*\| one ranking +\| dsd − control +\| +2 \| +[+−]?\d+\.\d\d \|" },
        { "phase-lengths.fsx", @"\| 4\+2\+2 +\| dsd − control +\| +2 \| +[+−]?\d+\.\d\d \|" },
        { "preview-plan.fsx", @"DSD002: (.|\n)*DSD005: (.|\n)*\d+ of 430500 weights stay" },
        { "read-run.fsx", @"the one that was returned: True" },
        { "redense-rigl.fsx", @"\| redense − stays-sparse +\| +2 \| +[+−]?\d+\.\d\d \|" },
        { "spectral.fsx", @"\| eigenvalues +\| +0\.001 \| +2,004 \|(.|\n)*\| lambda-out-and-phi +\| Eigenvalue +\| \d+\.\d\d \[" },
        { "speech.fsx", @"said .*\ndsd .*\ncontrol " },
        { "sweep-sparsity.cs", @"\| sparsity 0\.7 +\| dsd − random-mask +\| +2 \| +[+−]?\d+\.\d\d \|" },
        { "sweep-sparsity.fsx", @"\| sparsity 0\.7 +\| dsd − random-mask +\| +2 \| +[+−]?\d+\.\d\d \|" },
        { "which-method.fsx", @"\| dense − rigl +\| +2 \| +[+−]?\d+\.\d\d \|" },
    };

    public static TheoryData<string> Names() => [.. Scripts().Select(row => (string)row[0])];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Scripts_AreAllRunByATest() => Assert.Equal(
        new[] { "Directory.Build.props", "README.md", "bundle", "dsd.fsx", "fashion.fsx", "orders.fsx" }.Concat(Scripts().Select(row => (string)row[0])).Order(StringComparer.Ordinal),
        Directory.GetFiles(Folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("--data is fashion-mnist or none; got 'cifar-10'.", "--data", "cifar-10")]
    [InlineData("there is no option '--fast'; allowed are --out FILE and --data fashion-mnist|none.", "--fast")]
    [InlineData("--out needs a value", "--out")]
    public void Bundle_OfBadInput_IsRefusedBeforeAnythingIsBuilt(string message, params string[] arguments)
    {
        var (exit, output, error) = Repository.Run("bash", [Path.Combine(Folder, "bundle"), .. arguments]);

        Assert.Equal((2, ""), (exit, output));
        Assert.StartsWith($"bundle: {message}", error, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [MemberData(nameof(Scripts))]
    [Trait("Tier", "slow")]
    public void Script_Quick_EndsWithANumberAndAPicture(string name, string number)
    {
        Skip.If(name == "speech.fsx" && !Recording.CanRead, "Needs libsndfile.");
        var script = Path.Combine(Folder, name);
        string[] arguments = name.EndsWith(".cs", StringComparison.Ordinal) ? ["run", script, "-c", "Release", "--", "--quick"] : ["fsi", script, "--quick"];
        var (exit, output, error) = ChildProcess.Run(_folder.Root, TimeSpan.FromMinutes(5), "dotnet", arguments);

        Assert.True(exit == 0, output + error);
        Assert.Matches(number, output.ReplaceLineEndings("\n"));
        var picture = Pictures().Matches(output.ReplaceLineEndings("\n")).Last().Groups["path"].Value;
        var page = File.ReadAllText(_folder[picture]);
        Assert.Contains("dsdDraw(\"dsd-", page, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Script_IsShort_AndSaysHowItIsRun(string name)
    {
        var lines = Repository.Read($"scripts/{name}").TrimEnd('\n').Split('\n');
        Assert.True(lines.Length <= 84, $"{name} has {lines.Length} lines");
        var run = name.EndsWith(".cs", StringComparison.Ordinal) ? $"//   dotnet run scripts/{name} " : $"//   dotnet fsi scripts/{name}";
        Assert.Contains(lines.Take(6), line => line.StartsWith(run, StringComparison.Ordinal));
    }

    private static string Folder { get; } = Path.Combine(Repository.Root, "scripts");

    [GeneratedRegex("^(picture: )?(?<path>runs/pictures/.*\\.html)$", RegexOptions.Multiline)]
    private static partial Regex Pictures();
}
