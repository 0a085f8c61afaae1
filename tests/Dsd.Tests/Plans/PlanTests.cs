using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Statistics;
using Dsd.Testing;
using FsCheck;
using FsCheck.Xunit;

namespace Dsd.Tests.Plans;

[Properties(Arbitrary = [typeof(Generators)])]
public class PlanTests
{
    [Fact]
    public void Resolve_EpochsAndSteps_GiveStepRanges()
    {
        var schedule = Schedule.Start()
            .Dense(6, LearningRate.Cosine(0.05)).Sparse(Duration.Steps(500), LearningRate.Constant(0.005), SparsityCurve.Constant(0.3)).Dense(0.5, 0.0005).Build();

        var plan = Plan.Resolve(schedule, Shapes.LeNet5, 469);

        Assert.Equal([(0L, 2814L), (2814L, 500L), (3314L, 234L)], plan.Phases.Select(p => (p.FirstStep, p.Steps)));
        Assert.Equal(3548, plan.TotalSteps);
        Assert.Equal([0, 0, 1, 1, 2, 2], new long[] { 0, 2813, 2814, 3313, 3314, 3547 }.Select(s => plan.PhaseAt(s).Index));
        Assert.Equal((0.05, 0.025, 0.005, 0.0005), (plan.RateAt(0), Math.Round(plan.RateAt(1407), 12), plan.RateAt(2814), plan.RateAt(3547)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(10)]
    public void PhaseAt_NoSuchStep_IsRefused(long step)
    {
        var plan = Plan.Resolve(Schedule.Start().Dense(1, 0.1).Build(), Shapes.LeNet5, 10);
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.PhaseAt(step));
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.RateAt(step));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Resolve_NoStepsAnEpoch_IsRefused(int stepsPerEpoch) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Plan.Resolve(Schedule.Start().Dense(1, 0.1).Build(), Shapes.LeNet5, stepsPerEpoch));

    [Fact]
    public void Resolve_ANetworkWithoutParameters_CanBeTrainedDense()
    {
        var plan = Plan.Resolve(Schedule.Start().Dense(1, 0.1).Build(), ModelShape.Empty, 10);
        Assert.Empty(plan.Phases[0].Layers);
        Assert.Contains("0 parameters", plan.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void KeptAt_EveryUpdateOfARamp_LandsOnTheTarget()
    {
        var schedule = Schedule.Start().Sparse(
            Duration.Steps(450), LearningRate.Constant(1), SparsityCurve.Cubic(0, 0.8), mask: new MaskRule(update: MaskUpdate.Every(100))).Build();

        var phase = Plan.Resolve(schedule, Shapes.LeNet5, 469).Phases[0];

        Assert.Equal(5, phase.Updates);
        Assert.Equal([5000L, 2688L, 1500L, 1062L, 1000L], Enumerable.Range(0, 5).Select(u => phase.KeptAt(phase.Layers[3], u)!.Value));
    }

    [Fact]
    public void Resolve_FractionsOfEpochs_RoundTheEndsOfPhasesAndNotTheirLengths()
    {
        var schedule = Schedule.Start().Dense(1.25, 0.1).Dense(Duration.Steps(3), LearningRate.Constant(0.1)).Dense(2.5, 0.1).Dense(1.125, 0.1).Build();

        var plan = Plan.Resolve(schedule, Shapes.LeNet5, 10);

        // 1.25 epochs end at 12.5, 3.75 at 37.5 and 4.875 at 48.75 steps, beside the 3 that count as such.
        Assert.Equal([12L, 3, 25, 12], plan.Phases.Select(p => p.Steps));
        Assert.Equal(Duration.Epochs(4.875).ToSteps(10) + 3, plan.TotalSteps);
    }

    [Theory]
    [InlineData(2, 0.75, 0.5, 1)]
    [InlineData(1, 1.5, 1, 1)]
    [InlineData(235, 0.5, 1, 235)]
    [InlineData(10, 1.25, 2.5, 25)]
    public void Resolve_AWholeNumberOfStepsAfterHalfOfOne_HasAsMany(int stepsPerEpoch, double before, double length, long steps) =>
        Assert.Equal(steps, Plan.Resolve(Schedule.Start().Dense(before, 0.1).Dense(length, 0.1).Build(), Shapes.LeNet5, stepsPerEpoch).Phases[1].Steps);

    [Fact]
    public void Resolve_PhasesOfAboutAStep_HaveOneEach() =>
        Assert.Equal([1L, 1, 1], Plan.Resolve(Schedule.Start().Dense(0.31, 0.1).Dense(0.31, 0.1).Dense(0.31, 0.1).Build(), Shapes.LeNet5, 2).Phases.Select(p => p.Steps));

    [Property]
    public bool Resolve_AnyCase_HasContiguousStepRangesThatAddUp(PlanCase @case)
    {
        var plan = @case.Resolve();
        var (next, whole, epochs) = (0L, 0L, 0m);
        foreach (var (phase, index) in plan.Phases.Select((p, i) => (p, i)))
        {
            var duration = @case.Schedule.Phases[index].Duration;
            whole += duration.Unit == DurationUnit.Steps ? (long)duration.Amount : 0;
            epochs += duration.Unit == DurationUnit.Epochs ? (decimal)duration.Amount : 0;
            if (phase.Index != index || phase.FirstStep != next || phase.Steps < 1 || Math.Abs(phase.Steps - duration.ToSteps(@case.StepsPerEpoch)) > 1)
            {
                return false;
            }

            var end = Math.Max(next + 1, whole + (long)Math.Ceiling((epochs * @case.StepsPerEpoch) - 0.5m));
            next += phase.Steps;
            if (next != end)
            {
                return false;
            }
        }

        return plan.TotalSteps == next
            && Enumerable.Range(0, (int)next).All(s => plan.PhaseAt(s) is var p && s >= p.FirstStep && s < p.FirstStep + p.Steps && plan.RateAt(s) == p.Phase.Rate.At(s - p.FirstStep, p.Steps));
    }

    [Property]
    public bool Resolve_AnyCase_KeepsWhatSparsitySaysAtEveryUpdate(PlanCase @case) => EveryUpdate(@case, (phase, update) =>
    {
        var perLayer = phase.Layers.Where(l => !l.IsGlobal).All(l =>
            (l.IsOpen ? phase.LeastKeptAt(l, update) : phase.KeptAt(l, update)) == (l.Sparsity is { } curve ? curve.At(update, phase.Updates).Kept(l.Weights) : l.Weights)
            && (phase.KeptAt(l, update) is null) == l.IsOpen);
        var pooled = phase.Layers.Where(l => l.IsGlobal).ToList();
        var pool = phase.GlobalKeptAt(update);
        var globalWeights = pooled.Sum(l => l.Weights);
        var total = phase.TotalKeptAt(update);
        return perLayer
            && pooled.All(l => phase.KeptAt(l, update) is null && l.IsPruned)
            && (pooled.Count == 0 ? pool == 0 : pool >= pooled.Count && pool <= globalWeights
                && (pool == pooled.Count || pool == phase.Phase.Sparsity.At(update, phase.Updates).Kept(globalWeights)))
            && total == phase.Layers.Where(l => !l.IsGlobal).Sum(l => phase.LeastKeptAt(l, update)) + pool
            && total <= phase.Layers.Sum(l => l.Weights)
            && phase.Layers.Where(l => l.IsPruned && !l.IsGlobal).All(l => phase.LeastKeptAt(l, update) >= 1);
    });

    [Property]
    public bool Resolve_AnyCase_EndsOnItsTargets(PlanCase @case) => @case.Resolve().Phases.Where(p => !p.IsDense).All(phase =>
        phase.Layers.Where(l => l.IsPruned && !l.IsGlobal).All(l => phase.LeastKeptAt(l, phase.Updates - 1) == l.Sparsity!.To.Kept(l.Weights)));

    [Property]
    public bool Resolve_RisingRamps_KeepNoMoreFromUpdateToUpdate(PlanCase @case) => @case.Resolve().Phases.Where(p => !p.IsDense).All(phase =>
        Enumerable.Range(1, (int)phase.Updates - 1).All(u => phase.Layers.Where(l => l.IsPruned && !l.IsGlobal)
            .All(l => l.Sparsity!.From <= l.Sparsity.To ? phase.LeastKeptAt(l, u) <= phase.LeastKeptAt(l, u - 1) : phase.LeastKeptAt(l, u) >= phase.LeastKeptAt(l, u - 1))));

    [Property]
    public bool Resolve_AnyRules_NeverPruneBiasesNormsEmbeddingsScalarsOrEmptyTensors(PlanCase @case)
    {
        var plan = @case.Resolve();
        var names = @case.Shape.Parameters.ToLookup(p => p.SharedWith ?? p.Name);
        return plan.Phases.All(phase => phase.Layers.Where(l => l.IsPruned).All(l =>
            l.Weights > 0 && names[l.Parameter].All(p => !p.IsBias && p.Dims.Count > 0 && p.Kind is not (LayerKind.Norm or LayerKind.Embedding))));
    }

    [Property]
    public bool Resolve_TiedParameters_AreListedAndCountedOnce(PlanCase @case)
    {
        var plan = @case.Resolve();
        var weights = @case.Shape.Parameters.Where(p => p.SharedWith is null && !p.IsBias && p.Kind != LayerKind.Norm).ToList();
        return plan.Phases.All(phase => phase.Layers.Select(l => (l.Parameter, l.Weights)).SequenceEqual(weights.Select(p => (p.Name, p.Count))))
            && @case.Shape.Count == @case.Shape.Parameters.Where(p => p.SharedWith is null).Sum(p => p.Dims.Aggregate(1L, (a, b) => a * b));
    }

    /// <summary>Law 9, of distributions: the levels of a plan meet the total within one weight a layer, at every update.</summary>
    [Property(MaxTest = 300)]
    public bool Resolve_LevelsOfADistribution_MeetTheTotalWithinOneWeightALayer(PlanCase @case) => EveryUpdate(@case, (phase, update) =>
    {
        var layers = phase.Layers.Where(l => l.IsDistributed).ToList();
        var asked = layers.Sum(l => (double)l.Weights) * (1 - phase.Phase.Sparsity.At(update, phase.Updates).Value);
        return Math.Abs(layers.Sum(l => phase.LeastKeptAt(l, update)) - asked) <= layers.Count;
    });

    [Property]
    public bool Resolve_Again_GivesAnEqualPlan(PlanCase @case)
    {
        var copy = @case with { Schedule = Schedule.FromJson(@case.Schedule.ToJson()), Shape = new ModelShape(@case.Shape.Parameters) };
        return @case.Resolve() == copy.Resolve()
            && @case.Resolve().GetHashCode() == copy.Resolve().GetHashCode()
            && @case.Resolve().Describe() == Cultures.In(Cultures.Comma, copy.Resolve().Describe);
    }

    [Property]
    public bool Resolve_TheDenseControl_HasTheSameStepsAndNoMask(PlanCase @case)
    {
        var (plan, control) = (@case.Resolve(), (@case with { Schedule = @case.Schedule.AsDenseControl() }).Resolve());
        return control.Phases.All(p => p.IsDense && p.Updates == 0 && p.Layers.All(l => !l.IsPruned))
            && control.TotalSteps == plan.TotalSteps
            && Enumerable.Range(0, (int)plan.TotalSteps).All(s => control.RateAt(s) == plan.RateAt(s));
    }

    [Property]
    public bool Resolve_MoreSparse_KeepsNoMoreInAnyLayer(ModelShape shape, Sparsity a, Sparsity b)
    {
        var (less, more) = a <= b ? (a, b) : (b, a);
        var plans = new[] { less, more }
            .Select(s => Schedule.Start().Sparse(1, 0.1, s.Value).Build())
            .Select(s => Plan.Check(s, shape, 10).Count == 0 ? Plan.Resolve(s, shape, 10).Phases[0] : null).ToList();
        return plans.Contains(null) || plans[0]!.Layers.Zip(plans[1]!.Layers).All(p => plans[0]!.KeptAt(p.First, 0) >= plans[1]!.KeptAt(p.Second, 0));
    }

    [Property]
    public bool Resolve_ARuleMore_ChangesOnlyWhatItMatches(ModelShape shape, Sparsity level)
    {
        // The rules of one layer leave every other layer as it was.
        var before = Schedule.Start().Sparse(1, 0.1, 0.5).Build();
        return Plan.Check(before, shape, 10).Count > 0 || shape.Parameters.All(p =>
        {
            var after = Schedule.Start().Sparse(1, 0.1, 0.5, l => l.Set(p.Name, level.Value)).Build();
            var owner = p.SharedWith ?? p.Name;
            return Plan.Check(after, shape, 10).Count > 0
                || Plan.Resolve(before, shape, 10).Phases[0].Layers.Zip(Plan.Resolve(after, shape, 10).Phases[0].Layers)
                    .All(l => l.First.Parameter == owner ? l.Second.Rule == $"set {p.Name} = {level}" : l.First == l.Second);
        });
    }

    [Property]
    public bool Check_AnyScheduleOnAnyNetwork_NeverThrowsAndAgreesWithResolve(Schedule schedule, ModelShape shape, PositiveInt stepsPerEpoch)
    {
        var issues = Plan.Check(schedule, shape, stepsPerEpoch.Get);
        return issues.Count == 0
            ? Plan.Resolve(schedule, shape, stepsPerEpoch.Get).Phases.Count == schedule.Phases.Count
            : Assert.Throws<PlanException>(() => Plan.Resolve(schedule, shape, stepsPerEpoch.Get)).Issues.Equals(issues);
    }

    private static bool EveryUpdate(PlanCase @case, Func<PlannedPhase, long, bool> holds) =>
        @case.Resolve().Phases.All(phase => Enumerable.Range(0, (int)phase.Updates).All(u => holds(phase, u)));
}
