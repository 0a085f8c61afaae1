using System.Globalization;
using System.Text.RegularExpressions;
using Dsd.Records;
using Dsd.Studies;

namespace Dsd.Examples.Tests;

/// <summary>The evidence page: its numbers are those of the committed trials, and no study is left out.</summary>
public partial class EvidenceTests
{
    /// <summary>By what fraction a first phase that is trained again may differ: sums in 32 bits are not always of one order.</summary>
    private const double Rounding = 1e-6;

    [Fact]
    [Trait("Tier", "slow")]
    public void Page_HasTheNumbersOfTheTrials()
    {
        const string Path = EvidenceClaims.Page;
        var wanted = Evidence.WithTables(Repository.Read(Path));
        if (Environment.GetEnvironmentVariable("DSD_UPDATE_EVIDENCE") is { Length: > 0 })
        {
            File.WriteAllText(System.IO.Path.Combine(Repository.Root, Path), wanted);
        }

        Assert.True(wanted == Repository.Read(Path), $"{Path} is not as the trials say. Run: DSD_UPDATE_EVIDENCE=1 dotnet test tests/Dsd.Examples.Tests -c Release --filter EvidenceTests");
    }

    [Fact]
    public void Differences_AtTheEnd_AreThoseOfTheStudysResults() => Assert.All(Evidence.Studies, study =>
    {
        var trials = Evidence.TrialsOf(study);

        Assert.Equal(trials.Groups.Count * (trials.Arms.Count - 1), trials.Results.Contrasts.Count);
        Assert.All(trials.Results.Contrasts, contrast => Assert.Equal(contrast.Difference!.Differences.Values, trials.Difference(contrast.Group, contrast.Other, trials.Metric, Moment.End).Differences.Values));
    });

    [Fact]
    public void Prose_HasTheNumbersOfTheTrials()
    {
        var pages = EvidenceClaims.Numbers().GroupBy(c => c.Page).ToDictionary(g => g.Key, g => Spaces().Replace(Repository.Read(g.Key), " "));
        var missing = EvidenceClaims.Numbers().Where(c => !pages[c.Page].Contains(c.Words, StringComparison.Ordinal)).Select(c => $"{c.Page} does not say: {c.Words}");
        Assert.Empty(missing);
    }

    [Fact]
    public void Prose_StatesWhatTheTrialsBearOut() =>
        Assert.Empty(EvidenceClaims.Statements().Where(s => !s.Holds).Select(s => s.Statement));

    [Fact]
    public void Regime_HasEveryFirstPhase_WithTheNumbersOfTheTrials()
    {
        foreach (var study in Evidence.Studies)
        {
            var trials = Evidence.TrialsOf(study);
            var ends = trials.FirstPhases().ToLookup(p => p.Seed, p => p.End);
            var lines = Regime.All.SelectMany(r => r.Lines).Where(m => m.Study == study).ToList();
            Assert.True(lines.Count > 0, $"{study} is not in regime.csv. Run: dotnet fsi notebooks/evidence/regime.fsx {study}");
            foreach (var line in lines)
            {
                Assert.Equal(trials.Metric.Name, line.Metric);
                Assert.Contains(ends[line.Seed.ToString(CultureInfo.InvariantCulture)], end =>
                    end.Steps == line.Steps.ToString(CultureInfo.InvariantCulture)
                    && IsSame(end.Value(trials.Metric), line.Validation)
                    && IsSame(end.Value(Metric.Loss), line.ValidationLoss));
            }

            // Every variant's own.
            var all = trials.Groups.Except(Regime.All.SelectMany(r => r.Users).Where(u => u.Study == study).Select(u => u.Group));
            Assert.Empty(all);
        }
    }

    [Fact]
    public void Studies_CanBeRead_AndHaveTheirReports()
    {
        Assert.NotEmpty(Evidence.Studies);
        foreach (var name in Evidence.Studies)
        {
            var study = Study.FromJson(Repository.Read($"notebooks/evidence/studies/{name}.json"));
            Assert.Equal(name, study.Name);
            Assert.True(study.Seeds.Count >= 8);
            Assert.Contains($"# Study {name}", Repository.Read($"notebooks/evidence/{name}/report.md"), StringComparison.Ordinal);
        }
    }

    private static bool IsSame(double value, double again) => Math.Abs(again - value) <= Rounding * Math.Abs(value);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
