using Dsd.Data;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Studies;

namespace Dsd.Cli.Tests;

/// <summary>How many workers start: as many as there is work and memory for.</summary>
public sealed class WorkerCountTests
{
    private static readonly WorkerMemory s_each = new(300_000_000, 600_000_000, 100_000_000);
    private readonly List<string> _said = [];

    [Theory]
    [InlineData(10_000, 3, 3)]
    [InlineData(3, 3, 3)]
    [InlineData(2, 3, 2)]
    [InlineData(5, 0, 1)]
    public void WithWork_MoreThanOpenBlocks_IsLimitedToThemAndSaid(int given, int open, int expected)
    {
        Assert.Equal(expected, WorkerCount.WithWork(given, 1, open, _said.Add));
        Assert.Equal(given > Math.Max(1, open), _said.Count == 1);
        Assert.All(_said, s => Assert.StartsWith($"--workers {given}: ", s, StringComparison.Ordinal));
    }

    [Fact]
    public void WithWork_ByDefault_IsLimitedInSilence()
    {
        Assert.Equal(1, WorkerCount.WithWork(null, 1, 1, _said.Add));
        Assert.Empty(_said);
    }

    [Fact]
    public void OfThisMachine_MoreThanMemoryHolds_IsRefusedWithTheNumberThatFits()
    {
        var error = Assert.Throws<DsdException>(() => WorkerCount.OfThisMachine(8, 8, 1, s_each, 3_500_000_000, _said.Add)).Message;

        Assert.Equal(
            "--workers 8: 8 workers take 8.0 GB of memory, each about 1.0 GB (300 MB for the program, 600 MB for weights, gradients, optimiser and checkpoints, 100 MB for data), and 3.5 GB is free. Give a number from 1 to 3, or free memory.",
            error);
    }

    [Fact]
    public void OfThisMachine_TheDefaultThatMemoryDoesNotHold_IsReducedAndSaid()
    {
        Assert.Equal(3, WorkerCount.OfThisMachine(null, 8, 1, s_each, 3_500_000_000, _said.Add));
        Assert.StartsWith("3.5 GB of memory is free, and a worker takes about 1.0 GB", Assert.Single(_said), StringComparison.Ordinal);
        Assert.Contains("3 of 8 start", Assert.Single(_said), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1L)]
    public void OfThisMachine_OneThatMayNotFit_StartsWithARemark(long? given)
    {
        Assert.Equal(1, WorkerCount.OfThisMachine(given, 1, 1, s_each, 500_000_000, _said.Add));
        Assert.StartsWith("500 MB of memory is free, ", Assert.Single(_said), StringComparison.Ordinal);
        Assert.Contains("it may run out of memory", Assert.Single(_said), StringComparison.Ordinal);
    }

    [Fact]
    public void OfThisMachine_UnknownMemory_LimitsNothing() => Assert.Equal(8, WorkerCount.OfThisMachine(null, 8, 1, s_each, null, _said.Add));

    [Fact]
    public void OfThisMachine_MoreThreadsThanCores_IsRemarked()
    {
        Assert.Equal(2, WorkerCount.OfThisMachine(2, 2, Environment.ProcessorCount, s_each, null, _said.Add));
        Assert.Contains("do not all run at once", Assert.Single(_said), StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_OfAWorker_FollowsFromThePlan()
    {
        // LeNet-300-100 has 266,610 parameters: weight, gradient and momentum, and copies of weight and momentum: the periodic checkpoint, and the one that arms start from.
        var schedule = Schedule.Start().Dense(1, 0.1).Sparse(1, 0.1, 0.5).Dense(1, 0.1).Build();
        var source = new CatalogTrials();
        WorkerMemory Of(params StudyArm[] arms) => Together(null, arms);
        WorkerMemory Together(int? seedsAtOnce, params StudyArm[] arms)
        {
            var study = new Study("x", new TrainingConfig("lenet-300-100", "fashion-mnist"), [new("only", schedule)], arms, [1, 2, 3]);
            return WorkerMemory.Of([.. StudyPlan.Resolve(study, source).TrialBlocks], source, study, seedsAtOnce);
        }

        Assert.Equal(4 * 266_610L * 7, Of(StudyArm.Dsd, StudyArm.Control).Training);
        Assert.Equal(4 * 266_610L * 5, Of(StudyArm.Dsd).Training);
        Assert.Equal(70_000L * 28 * 28, Of(StudyArm.Dsd).Data);

        // Of seeds at once, each has its own; there are three.
        Assert.Equal(4 * 266_610L * 5, Together(0, StudyArm.Dsd).Training);
        Assert.Equal(4 * 266_610L * 5 * 2, Together(2, StudyArm.Dsd).Training);
        Assert.Equal(4 * 266_610L * 5 * 3, Together(8, StudyArm.Dsd).Training);
    }
}
