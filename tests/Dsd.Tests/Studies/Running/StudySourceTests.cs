using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Studies;
using Dsd.Tests.Training;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Tests.Studies;

public sealed class StudySourceTests : IDisposable
{
    private static readonly Schedule s_schedule = Schedule.Start().Dense(1, 0.1).Sparse(1, 0.1, 0.5).Dense(1, 0.01).Build();
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"dsd-{Guid.NewGuid():N}");

    public void Dispose()
    {
        if (Directory.Exists(_root))
        {
            Directory.Delete(_root, recursive: true);
        }
    }

    [Fact]
    public void Run_OwnNetworkAndTask_HasTheBitsOfAComparison_AndGoesOnWithMoreSeeds()
    {
        var source = Source();
        var results = Of(source).Run(_root, source, Observer.None);

        Assert.True(results.IsJudged);
        Assert.Equal(2, results.Contrasts.Single().Pairs.Count);
        manual_seed(2);
        using var network = Net();
        var alone = FairComparison.Run([Arm.Dsd(s_schedule), Arm.Control(s_schedule)], network, Task(2), new TrainerSettings(seed: 2, optimizer: source.Config.Optimizer), Observer.None);
        var trial = results.Trials.Single(t => t.Trial.Seed == 2 && t.Trial.Name.StartsWith("dsd", StringComparison.Ordinal));
        Assert.Equal(alone.Runs[0].Validation!.Metrics.Select(m => m.Value), trial.Record.Validation!.Metrics.Select(m => m.Value));
        Assert.Equal(3, Of(source).WithSeeds(3).Run(_root, Source(), Observer.None, extend: true).Contrasts.Single().Pairs.Count);
        Assert.All(results.Contrasts, c => Assert.NotNull(c));
    }

    [Fact]
    public void Run_OtherData_IsRefusedByTheSplitThatChanged()
    {
        var source = Source();
        Of(source).Run(_root, source, Observer.None);
        var other = Source(seed => Task(seed, SupervisedTaskTests.Data(21, 4, 3)));

        var error = Assert.Throws<DsdException>(() => Of(other).WithSeeds(3).Run(_root, other, Observer.None, extend: true));

        Assert.Contains("the data are not those that the study was begun with", error.Message);
        Assert.Contains("1 file changed (test)", error.Message);
    }

    [Fact]
    public void Run_OtherNetwork_IsRefused()
    {
        var source = Source();
        Of(source).Run(_root, source, Observer.None);
        var wider = StudySource.Of(() => nn.Linear(4, 5), s => Task(s), name: "net");

        Assert.Contains("holds another study", Assert.Throws<DsdException>(() => Of(wider).Run(_root, wider, Observer.None)).Message);
    }

    [Fact]
    public void Of_SeedsWithOtherData_AreRefused()
    {
        var source = Source(seed => Task(seed, SupervisedTaskTests.Data(20 + (int)seed, 4, 3)));

        var error = Assert.Throws<DsdException>(() => Of(source).Run(_root, source, Observer.None));
        Assert.Contains("The task of seed 1 ('waves', 2 steps an epoch) has other data than that of seed 0 ('waves', 2): 1 file changed (test). All seeds of a study must learn from", error.Message);
    }

    [Fact]
    public void Run_DataDrawnPerSeed_TrainsEachSeedOnItsOwnAndIsKnownByThatOfSeedZero()
    {
        StudySource Drawn(int more = 0) => StudySource.Of(Net, seed => Task(seed, SupervisedTaskTests.Data(20 + (int)seed + more, 4, 3)), drawsDataPerSeed: true);
        var source = Drawn();
        var results = Of(source).Run(_root, source, Observer.None);

        Assert.True(results.IsJudged);
        Assert.Equal([21, 22], results.Trials.Where(t => t.Record.Test is not null).Select(t => t.Record.Test!.Metrics[0].Examples!.Value).Distinct().Order());
        Assert.Equal(Task(0).Contents.OrderBy(f => f.Name, StringComparer.Ordinal), source.Inventory("waves")!.Files);
        Assert.Equal(3, Of(source).WithSeeds(3).Run(_root, Drawn(), Observer.None, extend: true).Contrasts.Single().Pairs.Count);
        Assert.Contains("the data are not those that the study was begun with", Assert.Throws<DsdException>(() => Of(source).WithSeeds(4).Run(_root, Drawn(1), Observer.None, extend: true)).Message);
    }

    [Fact]
    public void Of_DataDrawnWithoutTheSeed_IsRefusedAtOnce()
    {
        var calls = 0;
        Assert.Contains(
            "The task of seed 0 has other data than when it was created before: 1 file changed (test). What a seed draws must follow from the seed alone",
            Assert.Throws<DsdException>(() => StudySource.Of(Net, seed => Task(seed, SupervisedTaskTests.Data(20 + calls++, 4, 3)), drawsDataPerSeed: true)).Message);
    }

    [Fact]
    public void Open_DataDrawnPerSeed_HaveOneFormAndAreTheSameAgain()
    {
        var calls = 0;
        var source = StudySource.Of(Net, seed => Task(seed, SupervisedTaskTests.Data(20 + (seed == 2 ? calls++ : 0), 4, 3)), drawsDataPerSeed: true);
        source.Open(source.Config, 2).Network.Dispose();
        Assert.Contains("The task of seed 2 has other data than when it was created before", Assert.Throws<DsdException>(() => source.Open(source.Config, 2)).Message);

        var longer = StudySource.Of(
            Net,
            seed => SupervisedTask.Of(SupervisedTaskTests.Data(seed == 0 ? 20 : 30, 4, 3), SupervisedTaskTests.Data(20, 4, 3), SupervisedTaskTests.Data(20, 4, 3), LossFunction.CrossEntropy, 10, seed, name: "waves"),
            drawsDataPerSeed: true);
        Assert.Contains("('waves', 3 steps an epoch) is not of the form of that of seed 0 ('waves', 2)", Assert.Throws<DsdException>(() => longer.Open(longer.Config, 1)).Message);
    }

    [Fact]
    public void Run_AChangedConfig_IsRefused_ButForTheOptimiser()
    {
        var source = Source();
        Assert.Contains("drawsDataPerSeed", Assert.Throws<PlanException>(() => Of(source, source.Config.WithLabelNoise(new(0.1))).Run(_root, source, Observer.None)).Message);
        Assert.Contains("drawsDataPerSeed", Assert.Throws<PlanException>(() => Of(source, source.Config.WithTrainLimit(10).WithRedraw(Redraw.Train)).Run(_root, source, Observer.None)).Message);
        Assert.Contains("these functions make", Assert.Throws<PlanException>(() => Of(source, source.Config.WithBatch(7)).Run(_root, source, Observer.None)).Message);
        Assert.True(Of(source, source.Config.WithOptimizer(OptimizerSettings.Adam()).WithGradientClip(1)).Run(_root, source, Observer.None).IsJudged);
    }

    [Fact]
    public void Of_ATaskThatTellsNothing_IsRefused() =>
        Assert.Contains("does not provide its BatchSize", Assert.Throws<ArgumentException>(() => StudySource.Of(Net, _ => new ToyTask(4))).Message);

    [Fact]
    public void Run_OneNetworkForAllSeeds_IsRefused()
    {
        var one = Net();
        var source = StudySource.Of(() => one, seed => Task(seed));
        Assert.Contains(
            "The function of the model gave a network that it gave before; it must create a new network each time",
            Assert.Throws<DsdException>(() => Of(source).Run(_root, source, Observer.None)).Message);
    }

    [Fact]
    public void Run_AnObserverOfEvents_IsRefused()
    {
        var source = Source();
        using var writer = new StringWriter();
        Assert.Contains("keeps those of every trial in its folder", Assert.Throws<ArgumentException>(() => Of(source).Run(_root, source, Observer.JsonLines(writer))).Message);
        Assert.False(Directory.Exists(_root));
    }

    [Fact]
    public void Run_Console_TellsTheStepsOfTheStudy()
    {
        var source = Source();
        using var writer = new StringWriter();
        Of(source).Run(_root, source, Observer.Console(writer));

        var lines = writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("dsd-seed-1, step 1 of 20 of the study", lines[0]);
        Assert.Contains(lines, l => l.StartsWith("control-seed-2, step 17 of 20 of the study, ", StringComparison.Ordinal));
        Assert.StartsWith("20 of 20 steps of the study done, ", lines[^1]);
    }

    private static Study Of(StudySource source, TrainingConfig? config = null) =>
        new("own", config ?? source.Config, [new StudyVariant("half", s_schedule)], [StudyArm.Dsd, StudyArm.Control], [1, 2]);

    private static StudySource Source(Func<long, ITrainingTask>? task = null) => StudySource.Of(Net, task ?? (seed => Task(seed)));

    private static nn.Module<Tensor, Tensor> Net() => nn.Sequential(("a", nn.Linear(4, 8)), ("b", nn.ReLU()), ("c", nn.Linear(8, 3)));

    private static SupervisedTask Task(long seed, Examples? test = null) =>
        SupervisedTask.Of(SupervisedTaskTests.Data(20, 4, 3), SupervisedTaskTests.Data(20, 4, 3), test ?? SupervisedTaskTests.Data(20, 4, 3), LossFunction.CrossEntropy, 10, seed, name: "waves");
}
