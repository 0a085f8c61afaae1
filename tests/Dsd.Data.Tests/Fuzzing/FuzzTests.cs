using Xunit.Abstractions;

namespace Dsd.Data.Tests.Fuzzing;

/// <summary>Every parser of files from elsewhere, fed with damaged ones: it reads them or says what is wrong, within bounds of memory and time.</summary>
/// <remarks>More cases: <c>DSD_FUZZ_CASES=100000 dotnet test tests/Dsd.Data.Tests -c Release --filter FullyQualifiedName~Fuzzing</c>; see SECURITY.md.</remarks>
public class FuzzTests(ITestOutputHelper output)
{
    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(t => t.Name)];

    /// <summary>Files that once did harm, by target.</summary>
    public static TheoryData<string, string> Finds
    {
        get
        {
            var finds = new TheoryData<string, string>();
            foreach (var file in Directory.EnumerateFiles(Fixture(), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                finds.Add(Path.GetFileName(Path.GetDirectoryName(file)!), Path.GetFileName(file));
            }

            return finds;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Targets))]
    public void Parser_OfAWholeFile_AcceptsIt(string name)
    {
        Skip.If(name == "sound" && !Recording.CanRead, "Needs libsndfile.");
        var target = Target(name);
        Assert.All(target.Samples(), sample =>
        {
            Assert.Null(Fuzzer.Case(target, sample, out var refusal));
            Assert.Null(refusal);
        });
    }

    [SkippableTheory]
    [Trait("Tier", "slow")]
    [MemberData(nameof(Targets))]
    public void Parser_OfDamagedFiles_ReadsThemOrSaysWhatIsWrong(string name)
    {
        Skip.If(name == "sound" && !Recording.CanRead, "Needs libsndfile.");
        var target = Target(name);
        var cases = (int)Math.Max(1, Fuzzer.Cases * target.Share / FuzzTargets.All.Sum(t => t.Share));
        var (done, accepted, faults) = Fuzzer.Run(target, cases);
        output.WriteLine($"{name}: {done} cases, {accepted} accepted, {faults.Count} faults");
        foreach (var (fault, file) in faults)
        {
            var path = Path.Combine(Path.GetTempPath(), $"dsd-fuzz-find-{name}-{Guid.NewGuid():N}");
            File.WriteAllBytes(path, file);
            output.WriteLine($"{fault}\n  {path}");
        }

        Assert.Equal([], faults.Select(f => f.Fault));
    }

    [Theory]
    [MemberData(nameof(Finds))]
    public void Parser_OfAFileThatOnceDidHarm_ReadsItOrSaysWhatIsWrong(string target, string find) =>
        Assert.Null(Fuzzer.Case(Target(target), File.ReadAllBytes(Path.Combine(Fixture(), target, find)), out _));

    [Fact]
    public void Mutations_OfOneSeed_AreTheSame()
    {
        var sample = FuzzTargets.All[0].Samples()[0];
        Assert.Equal(Mutations.Apply(sample, sample, new Random(5)), Mutations.Apply(sample, sample, new Random(5)));
        Assert.NotEqual(sample, Mutations.Apply(sample, sample, new Random(5)));
    }

    [Fact]
    public void Case_OfAParserThatThrowsAllocatesOrEscapes_IsAFault()
    {
        var harmless = new FuzzTarget("self", "x", () => [[1]], _ => { });
        Assert.Null(Fuzzer.Case(harmless, [1], out _));
        Assert.Null(Fuzzer.Case(harmless with { Parse = _ => throw new DsdException("wrong") }, [1], out var refusal));
        Assert.Equal("wrong", refusal);
        Assert.Contains("InvalidOperationException", Fuzzer.Case(harmless with { Parse = _ => throw new InvalidOperationException("x") }, [1], out _));
        Assert.Contains("allocates", Fuzzer.Case(harmless with { Parse = _ => GC.KeepAlive(new byte[70 << 20]) }, [1], out _));
        var outside = Path.Combine(Path.GetTempPath(), "dsd-fuzz-escaped-self");
        try
        {
            Assert.Contains("outside", Fuzzer.Case(harmless with { Parse = _ => File.WriteAllText(outside, "") }, [1], out _));
        }
        finally
        {
            File.Delete(outside);
        }
    }

    private static FuzzTarget Target(string name) => FuzzTargets.All.Single(t => t.Name == name);

    private static string Fixture() => Path.Combine(AppContext.BaseDirectory, "Fuzzing", "Finds");
}
