using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Tests.Plans;

namespace Dsd.Tests.Schedules;

/// <summary>Numbers that the papers of methods, or the tests of their reference implementations, give.</summary>
public class PublishedMethodTests
{
    private static readonly LearningRate s_rate = LearningRate.Constant(0.1);

    public static TheoryData<string> Names => [.. Method.All.Select(m => m.Name)];

    /// <summary>Methods are compared at equal budgets: whatever their phases, they have the steps of their whole length.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Create_OfAnyLength_HasItsStepsInAll(string name)
    {
        var method = Method.Named(name);
        object rate = method.Parameters.First(p => p.Name == "rate").Type == typeof(double) ? 0.1 : s_rate;
        foreach (var duration in new[] { 10, 11, 7, 10.5, 20 / 3.0, 13.37 }.Select(Duration.Epochs).Append(Duration.Steps(1009)))
        {
            var schedule = method.Create(new Dictionary<string, object?> { ["duration"] = duration, ["rate"] = rate });
            foreach (var stepsPerEpoch in new[] { 97, 101, 469, 937, 1000 })
            {
                Assert.Equal(duration.ToSteps(stepsPerEpoch), Plan.Outline(schedule, Shapes.LeNet5, stepsPerEpoch).TotalSteps);
            }
        }
    }

    /// <summary>Zhu and Gupta's formula at every update of a ramp of n updates after the first; and the value that jaxpruner's test has half-way.</summary>
    [Fact]
    public void Gradual_AtEveryUpdate_IsTheFormula()
    {
        var plan = Plan.Resolve(Methods.Gradual(Duration.Steps(1000), s_rate, 0.5, Duration.Steps(50), dense: 0.2, until: 1), Shapes.LeNet5, 100);
        var ramp = plan.Phases[1];
        Assert.Equal((200, 800, 16), (ramp.FirstStep, ramp.Steps, ramp.Updates));
        for (var update = 0L; update < ramp.Updates; update++)
        {
            var (t, n) = (update * 50.0, 15 * 50.0);
            Assert.Equal(0.5 - (0.5 * Math.Pow(1 - (t / n), 3)), ramp.Phase.Sparsity.At(update, ramp.Updates).Value, 12);
        }

        Assert.Equal(0.4375, SparsityCurve.Cubic(0, 0.5).At(2, 5).Value, 12);
    }

    /// <summary>The phases of 100 epochs: 10 dense, then 5 sparse and 5 dense in turn, 15 sparse at the end, before which the last dense phase is longer.</summary>
    [Fact]
    public void AcDc_Of100Epochs_HasThePublishedPhases()
    {
        var schedule = Methods.AcDc(Duration.Epochs(100), LearningRate.Cosine(0.1));
        Assert.Equal([10, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 10, 15], schedule.Phases.Select(p => p.Duration.Amount));
        Assert.All(schedule.Phases.Select((p, i) => (p.IsDense, i)), p => Assert.Equal(p.i % 2 == 0, p.IsDense));
        Assert.All(schedule.Phases.Where(p => !p.IsDense), p => Assert.Equal((SparsityDistribution.Global, RegrownState.Reset), (p.Mask.Distribution, p.RegrownState)));

        // One curve over all: the rate of every step is that of the whole.
        var plan = Plan.Resolve(schedule, Shapes.LeNet5, 10);
        var whole = LearningRate.Cosine(0.1);
        Assert.Equal(1000, plan.TotalSteps);
        Assert.All(Enumerable.Range(0, 1000), step => Assert.Equal(whole.At(step, 1000), plan.RateAt(step), 12));
    }

    /// <summary>ResNet-50 in the paper: 32,000 steps, exchanges every 100 until step 25,000, from a fraction of 0.3 along a cosine.</summary>
    [Fact]
    public void Rigl_OfThePapersSchedule_ExchangesAtItsStepsByItsFractions()
    {
        var schedule = Methods.Rigl(Duration.Steps(32_000), s_rate, 0.8, until: 25_000.0 / 32_000);
        var phase = Plan.Resolve(schedule, Shapes.LeNet5, 100).Phases[0];
        var steps = Enumerable.Range(0, 32_000).Where(s => phase.ChoosesAt(s)).ToList();
        Assert.Equal(Enumerable.Range(0, 250).Select(i => 100 * i), steps);
        foreach (var (step, fraction) in new[] { (0, 0.3), (6_250, 0.15 * (1 + Math.Sqrt(0.5))), (12_500, 0.15), (18_750, 0.15 * (1 - Math.Sqrt(0.5))), (25_000, 0.0) })
        {
            Assert.Equal(fraction, phase.Update.FractionAt(step, phase.Steps), 12);
        }
    }

    /// <summary>SET exchanges the same 30 % after every epoch.</summary>
    [Fact]
    public void Set_OfTenEpochs_ExchangesTheSameFractionAfterEach()
    {
        var phase = Plan.Resolve(Methods.SparseEvolution(Duration.Epochs(10), s_rate), Shapes.LeNet5, 30).Phases[0];
        Assert.Equal(Enumerable.Range(0, 10).Select(e => 30L * e), Enumerable.Range(0, 300).Where(s => phase.ChoosesAt(s)).Select(s => (long)s));
        Assert.All(Enumerable.Range(0, 300), s => Assert.Equal(0.3, phase.Update.FractionAt(s, 300)));
        Assert.Equal(SparsityDistribution.Er, phase.Phase.Mask.Distribution);
    }

    /// <summary>A fifth of what is left in each round, the rate of one training in each from the point of return on.</summary>
    [Fact]
    public void LotteryTicket_OfTenRounds_KeepsFourFifthsOfWhatIsLeftInEach()
    {
        var schedule = Methods.LotteryTicket(Duration.Epochs(105), LearningRate.Cosine(0.1), 1 - Math.Pow(0.8, 10), 10, 0.05);
        Assert.Equal(["warm-up", "dense"], schedule.Phases.Take(2).Select(p => p.Name));
        Assert.Equal(
            Enumerable.Range(1, 10).Select(r => Math.Round(Math.Pow(0.8, r), 12)),
            schedule.Phases.Skip(2).Select(p => Math.Round(1 - p.Sparsity.To.Value, 12)));
        Assert.All(schedule.Phases.Skip(2), p => Assert.Equal((Rewind.ToEndOf("warm-up"), 0.05, 1.0), (p.Rewind, p.Rate.PartFrom, p.Rate.PartTo)));
        Assert.All(schedule.Phases.Skip(3), p => Assert.Equal(GivenMasks.PreviousPhase, p.Mask.Within));
        Assert.Equal(105, schedule.Phases.Sum(p => p.Duration.Amount), 6);
        Assert.All(schedule.Phases.Skip(2), p => Assert.Equal(9.5, p.Duration.Amount, 6));
        Assert.Equal(Rewind.ToStart, Methods.LotteryTicket(Duration.Epochs(6), s_rate, rewindTo: 0).Phases[1].Rewind);
    }

    [Fact]
    public void SrSte_OfThePapersDefaults_Is2Of4AtEveryStepWithItsDecay()
    {
        var phase = Methods.SrSte(Duration.Steps(100), s_rate).Phases.Single();
        Assert.Equal((MaskPattern.NOfM(2, 4), MaskUpdate.Every(1, mayRegrow: true), new StraightThrough(0.0002), 0.5), (phase.Mask.Pattern, phase.Mask.Update, phase.StraightThrough, phase.Sparsity.To.Value));
    }
}
