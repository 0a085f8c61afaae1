using System.Text.Json;
using Dsd.Statistics;
using Xunit.Abstractions;

namespace Dsd.Tests.Statistics;

/// <summary>Agreement with SciPy, statsmodels and mpmath; reference.py made the numbers. Each test prints its largest relative difference.</summary>
public class ReferenceTests(ITestOutputHelper output)
{
    private static readonly JsonElement s_reference = Read();

    private static IEnumerable<(JsonElement Expected, PairedDifference Actual)> Samples => s_reference.GetProperty("samples").EnumerateArray()
        .Select(s => (s, PairedDifference.Of(s.GetProperty("differences").EnumerateArray().Select(d => d.GetDouble()), s.Get("confidence"))));

    [Fact]
    public void Reference_HasManySamples()
    {
        var counts = Samples.Select(s => s.Actual.Differences.Count).ToList();

        Assert.Equal(22, counts.Count);
        Assert.Equal((2, 80), (counts.Min(), counts.Max()));
    }

    [Fact]
    public void MeanAndDeviation_OfSamples_AreScipys()
    {
        Agree(1e-12, Samples.Select(s => (s.Expected.Get("mean"), s.Actual.Differences.Mean)));
        Agree(1e-12, Samples.Select(s => (s.Expected.Get("sd"), s.Actual.Differences.StandardDeviation!.Value)));
    }

    [Fact]
    public void T_OfSamples_IsScipys() => Agree(1e-9, Samples.Select(s => (s.Expected.Get("t"), s.Actual.T!.Value)));

    [Fact]
    public void PValue_OfSamples_IsScipys() => Agree(1e-9, Samples.Select(s => (s.Expected.Get("p"), s.Actual.PValue!.Value)));

    [Fact]
    public void Interval_OfSamples_IsMpmaths() => Agree(1e-9, Samples.SelectMany(s => new[]
    {
        (s.Expected.Get("low"), s.Actual.Interval!.Value.Low), (s.Expected.Get("high"), s.Actual.Interval!.Value.High),
    }));

    [Fact]
    public void PermutationPValue_UpToTwentyPairs_IsThatOfAllSigns() => Agree(
        1e-12,
        Samples.Where(s => s.Actual.Differences.Count <= 20).Select(s =>
        {
            Assert.True(s.Actual.IsExact);
            return (s.Expected.Get("permutation"), s.Actual.PermutationPValue!.Value);
        }));

    [Fact]
    public void PermutationPValue_OfMorePairs_IsCloseToExact()
    {
        var drawn = Samples.Where(s => s.Actual.Differences.Count > 20).ToList();

        Assert.Equal(3, drawn.Count);
        Assert.All(drawn, s =>
        {
            var exact = s.Expected.Get("permutation");
            Assert.False(s.Actual.IsExact);
            Assert.InRange(s.Actual.PermutationPValue!.Value, exact - (5 * Math.Sqrt(exact / 100_000)), exact + (5 * Math.Sqrt(exact / 100_000)));
        });
    }

    [Fact]
    public void EffectSizes_OfSamples_AreNumpysAndMpmaths()
    {
        Agree(1e-9, Samples.Select(s => (s.Expected.Get("dz"), s.Actual.EffectSize!.Value)));
        Agree(1e-9, Samples.Where(s => s.Actual.Differences.Count > 2).Select(s => (s.Expected.Get("g"), s.Actual.HedgesG!.Value)));
        Assert.All(Samples.Where(s => s.Actual.Differences.Count == 2), s => Assert.Null(s.Actual.HedgesG));
    }

    [Fact]
    public void Equivalence_OfSamples_IsStatsmodelsAndMpmaths()
    {
        Agree(1e-9, Samples.Select(s => (s.Expected.Get("equivalence"), s.Actual.EquivalencePValue(s.Expected.Get("margin"))!.Value)));
        Agree(1e-9, Samples.Select(s => (s.Expected.Get("excluded"), s.Actual.NoDifferenceLargerThan!.Value)));
    }

    [Fact]
    public void SmallestDetectable_OfSamples_IsMpmaths() =>
        Agree(1e-9, Samples.Select(s => (s.Expected.Get("detectable"), s.Actual.SmallestDetectable!.Value)));

    [Fact]
    public void NoncentralT_AtManyPlaces_IsMpmaths() => Agree(
        1e-9,
        s_reference.GetProperty("noncentral").EnumerateArray().Select(x => (x.Get("above"), NoncentralT.Above(x.Get("t"), x.Get("df"), x.Get("delta")))));

    [Fact]
    public void PowerOf_ManyStudies_IsMpmaths() => Agree(
        1e-9,
        s_reference.GetProperty("powers").EnumerateArray().Select(x => (x.Get("power"), Power.PowerOf((int)x.Get("pairs"), x.Get("effect"), 1, x.Get("alpha")))));

    [Fact]
    public void SmallestDetectable_OfManyStudies_IsMpmaths() => Agree(
        1e-9,
        s_reference.GetProperty("detectable").EnumerateArray().Select(x => (x.Get("effect"), Power.SmallestDetectable((int)x.Get("pairs"), 1, x.Get("alpha"), x.Get("power")))));

    [Fact]
    public void PairsFor_ManyEffects_IsStatsmodels() => Agree(
        0,
        s_reference.GetProperty("pairs").EnumerateArray().Select(x => (x.Get("pairs"), (double)Power.PairsFor(x.Get("effect"), 1, x.Get("alpha"), x.Get("power")))));

    [Fact]
    public void Holm_OfSeveralSets_IsStatsmodels() => Agree(
        1e-12,
        s_reference.GetProperty("holm").EnumerateArray().SelectMany(x =>
            x.GetProperty("adjusted").EnumerateArray().Select(p => p.GetDouble()).Zip(Holm.Adjust(x.GetProperty("raw").EnumerateArray().Select(p => p.GetDouble())))));

    [Fact]
    public void Wilson_OfManyProportions_IsStatsmodels() => Agree(1e-12, s_reference.GetProperty("wilson").EnumerateArray().SelectMany(x =>
    {
        var (low, high) = Wilson.Interval((int)x.Get("successes"), (int)x.Get("trials"), x.Get("confidence"));
        return new[] { (x.Get("low"), low), (x.Get("high"), high) };
    }));

    [Fact]
    public void PairedProportions_OfManyCounts_AreMpmathsAndStatsmodels() => Agree(1e-9, s_reference.GetProperty("paired").EnumerateArray().SelectMany(x =>
    {
        var counts = new PairedProportions((int)x.Get("both"), (int)x.Get("firstOnly"), (int)x.Get("secondOnly"), (int)x.Get("neither"));
        var (low, high) = counts.Interval(x.Get("confidence"));
        return new[] { (x.Get("low"), low), (x.Get("high"), high), (x.Get("mcnemar"), counts.McNemarPValue!.Value) };
    }));

    [Fact]
    public void PairedBootstrap_OfSeveralSamples_IsNumpys() => Agree(1e-9, s_reference.GetProperty("bootstrap").EnumerateArray().SelectMany(x =>
    {
        var seeds = x.GetProperty("first").EnumerateArray().Zip(x.GetProperty("second").EnumerateArray(), (a, b) => (Numbers(a), Numbers(b))).ToList();
        var (weights, confidence, seed) = (Numbers(x.GetProperty("weights")), x.Get("confidence"), (long)x.Get("seed"));
        var (low, high) = (seeds.Count == 1
            ? PairedBootstrap.OverExamples(seeds[0].Item1, seeds[0].Item2, weights, confidence, seed)
            : PairedBootstrap.OverSeedsAndExamples(seeds, weights, confidence, seed))!.Value;
        return new[] { (x.Get("low"), low), (x.Get("high"), high) };

        static IReadOnlyList<double> Numbers(JsonElement array) => [.. array.EnumerateArray().Select(n => n.GetDouble())];
    }));

    private static JsonElement Read()
    {
        using var stream = typeof(ReferenceTests).Assembly.GetManifestResourceStream("Statistics/reference.json")!;
        return JsonDocument.Parse(stream).RootElement;
    }

    private void Agree(double tolerance, IEnumerable<(double Expected, double Actual)> pairs)
    {
        var all = pairs.ToList();
        Assert.NotEmpty(all);
        var errors = all.Select(p => p.Expected == p.Actual ? 0 : Math.Abs(p.Actual - p.Expected) / Math.Abs(p.Expected)).ToList();
        output.WriteLine($"{all.Count} numbers, largest relative difference {errors.Max():G3}");
        Assert.All(all.Zip(errors), x => Assert.True(x.Second <= tolerance, $"expected {x.First.Expected:R}, got {x.First.Actual:R}, off by {x.Second:G3}"));
    }
}

file static class JsonReading
{
    public static double Get(this JsonElement element, string name) => element.GetProperty(name).GetDouble();
}
