using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Statistics;
using Dsd.Tests.Training;
using Dsd.Training;
using TorchSharp;

namespace Dsd.Tests.Records;

/// <summary>Several runs side by side: settings that differ, and differences where runs are pairs.</summary>
public sealed class RunSetTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Settings_OfTwoRuns_AreThoseThatDiffer()
    {
        Train("a", 1, 0.5);
        Train("b", 1, 0.8);

        var rows = Load("a", "b").Settings().Rows;

        Assert.Equal(["dsd: phases.sparse.sparsity", "0.5", "0.8"], Assert.Single(rows));
    }

    [Fact]
    public void Differences_OfOneRunOfEach_AreOverExamples()
    {
        Train("a", 1, 0.5);
        Train("b", 1, 0.8);

        var set = Load("a", "b");

        var differences = set.Differences().ToList();
        Assert.Equal(["b/dsd − a/dsd", "b/control − a/control"], differences.Select(d => $"{d.First} − {d.Other}"));
        Assert.All(differences, d => Assert.Null(d.OverSeeds));
        Assert.Equal(Test("b", "dsd") - Test("a", "dsd"), differences[0].Value, 12);
        Assert.Equal(0, differences[1].Value);
    }

    /// <summary>Runs named in any order are paired by their seeds.</summary>
    [Fact]
    public void Differences_OfRepetitionsWithTheSameSeeds_ArePairedSeedBySeed()
    {
        foreach (var seed in new[] { 1, 2, 3 })
        {
            Train($"half-{seed}", seed, 0.5);
            Train($"most-{seed}", seed, 0.8);
        }

        var set = Load("half-1", "half-3", "half-2", "most-2", "most-1", "most-3");

        var difference = set.Differences().First();
        Assert.Equal(("most-*/dsd", "half-*/dsd"), (difference.First, difference.Other));
        var wanted = PairedDifference.Between(new[] { 1, 2, 3 }.Select(s => (Test($"most-{s}", "dsd"), Test($"half-{s}", "dsd"))));
        Assert.Equal(wanted.Differences.Mean, difference.Value, 12);
        Assert.Equal(3, difference.OverSeeds!.Differences.Count);
        Assert.Contains("| most-*/dsd − half-*/dsd ", set.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void Differences_OfRepetitionsAlone_AreOfTheirArms()
    {
        Train("a-1", 1, 0.5);
        Train("a-2", 2, 0.5);

        var difference = Assert.Single(Load("a-1", "a-2").Differences());

        Assert.Equal(("dsd", "control"), (difference.First, difference.Other));
        Assert.Equal(((Test("a-1", "dsd") - Test("a-1", "control")) + (Test("a-2", "dsd") - Test("a-2", "control"))) / 2, difference.Value, 12);
    }

    /// <summary>A run and its copy are one seed, not two.</summary>
    [Fact]
    public void Differences_OfTheSameSeedTwice_AreNotRepetitions()
    {
        Train("a", 1, 0.5);
        Train("again", 1, 0.5);

        Assert.All(Load("a", "again").Differences(), d => Assert.Null(d.OverSeeds));
    }

    [Fact]
    public void Runs_OfTheSameName_AreToldApartByTheirFolders()
    {
        Train("x/run", 1, 0.5);
        Train("y/run", 1, 0.8);

        Assert.Equal(["x/run", "y/run"], Load("x/run", "y/run").Runs.Select(r => r.Name));
    }

    [Fact]
    public void Load_BadFolders_ListsAllProblems()
    {
        Train("a", 1, 0.5);
        Directory.CreateDirectory(_folder["empty"]);

        var e = Assert.Throws<DsdException>(() => Load("a", "empty", "nowhere"));
        Assert.Contains($"{_folder["empty"]}: the folder holds no run", e.Message, StringComparison.Ordinal);
        Assert.Contains($"{_folder["nowhere"]}: there is no such folder", e.Message, StringComparison.Ordinal);
        Assert.Contains("at least two", Assert.Throws<DsdException>(() => Load("a")).Message, StringComparison.Ordinal);
        Assert.Contains("given twice", Assert.Throws<DsdException>(() => Load("a", "a")).Message, StringComparison.Ordinal);
    }

    private RunSet Load(params string[] names) => RunSet.Load([.. names.Select(n => _folder[n])]);

    private double Test(string run, string arm) => Comparison.Load(_folder[run]).Runs.First(r => r.Arm == arm).Test!.Metrics[0].Value;

    private void Train(string name, long seed, double sparsity)
    {
        var config = new RunConfig(new TrainingConfig("my-net", "my-data", batch: 8), Schedule.Dsd(Duration.Steps(4), Duration.Steps(3), Duration.Steps(2), sparsity, 0.02), seed: seed);
        torch.manual_seed(seed);
        using var net = new ToyNet(4, 6);
        using var folder = RunFolder.Create(_folder[name], config);
        FairComparison.Run(config.Arms, net, new ToyTask(4), TrainerSettings.Of(config), Observer.None, folder: folder);
    }
}
