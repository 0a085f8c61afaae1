using Dsd.Execution;
using Dsd.Masks;
using Dsd.Schedules;
using Dsd.Training;
using FsCheck.Xunit;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>A score function sees the gradients of the last step's backward pass, of pruned weights too, whatever the optimiser, the loop and the place.</summary>
[Trait("Tier", "slow")]
public sealed class ScoreGradientTests
{
    private static readonly LearningRate s_rate = LearningRate.Constant(0.05);

    [Property(MaxTest = 100)]
    public void Choose_ByAScoreFunction_SeesTheDenseGradientsOfTheLastStep(int seed)
    {
        var c = new ToyCase(seed);
        using var net = c.Net(dropout: 0.3);
        using var optimizer = c.Create(net);
        var ours = optimizer.GetType().Name.StartsWith("Masked", StringComparison.Ordinal);
        var clip = c.Pick(21, 0, 1) == 0;
        var masksGradients = clip || !ours || c.Pick(22, 0, 1) == 0;
        var zeroesAfterwards = c.Pick(23, 0, 1) == 0;
        Dictionary<string, float[]>? last = null;
        var looks = 0;
        var methods = MaskMethods.None.WithCriterion("look", w =>
        {
            Assert.Equal(last![w.Name], ToyCase.Values(w.Gradient!));
            looks++;
            return w.Gradient!.abs();
        });
        var plan = Scheduled(c).On(net, 5);
        using var session = new Session(plan, net, optimizer, methods: methods);
        while (session.BeginStep())
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            c.Task().Loss(net, session.Step).backward();
            last = net.named_parameters().ToDictionary(p => p.name, p => ToyCase.Values(p.parameter.grad!));
            if (masksGradients)
            {
                session.MaskGradients();
            }

            if (clip)
            {
                nn.utils.clip_grad_norm_(net.parameters(), 0.01);
            }

            optimizer.step();
            session.EndStep();
            if (zeroesAfterwards)
            {
                optimizer.zero_grad();
            }
        }

        // On entering either sparse phase, and at two more updates of each.
        Assert.Equal(6 * plan.Phases[1].Layers.Count(l => l.IsPruned), looks);
    }

    [Property(MaxTest = 40)]
    public void Choose_AfterGoingOnFromACopyAtAnyStep_SeesTheSameGradients(int seed)
    {
        var c = new ToyCase(seed);
        var looks = new List<float[]?>();
        var settings = new TrainerSettings(c.Seed, c.Optimizer, gradientClip: c.Pick(21, 0, 1) == 0 ? 0.01 : null, methods: Look(looks));
        using var straight = c.Net(dropout: 0.3);
        var plan = Scheduled(c).On(straight, 5);
        using (var run = new TrainingRun(plan, straight, c.Task(), settings, _ => { }, (_, _) => { }))
        {
            run.RunTo(plan.TotalSteps, default);
        }

        var whole = looks.ToList();
        looks.Clear();
        using var first = c.Net(dropout: 0.3);
        using var second = c.Net(dropout: 0.3);
        c.Task().Loss(second, 77).backward();
        using var early = new TrainingRun(plan, first, c.Task(), settings, _ => { }, (_, _) => { });
        early.RunTo(c.Pick(20, 0, (int)plan.TotalSteps), default);
        using var snapshot = early.Capture();
        using var late = new TrainingRun(plan, second, c.Task(), settings, _ => { }, (_, _) => { });
        late.Restore(snapshot);
        late.RunTo(plan.TotalSteps, default);

        Assert.Equal(6 * plan.Phases[1].Layers.Count(l => l.IsPruned), whole.Count);
        Assert.Equal(whole, looks);
    }

    [Fact]
    public void Choose_InAnArmThatGoesOnFromAnother_SeesTheGradientsOfTheSharedPhase()
    {
        var c = new ToyCase(5);
        Schedule With(MaskCriterion criterion) => Schedule.Start().Dense(Duration.Steps(3), s_rate)
            .Sparse(Duration.Steps(2), s_rate, SparsityCurve.Constant(0.5), mask: new MaskRule(criterion)).Build();

        var looks = new List<float[]?>();
        var settings = new TrainerSettings(1, methods: Look(looks));
        using var alone = c.Net();
        Trainer.Run(With(MaskCriterion.Custom("look")).On(alone, 5), alone, c.Task(), settings);
        var expected = looks.ToList();
        looks.Clear();

        // The arm that trains the shared phase needs no gradients itself.
        using var net = c.Net();
        FairComparison.Run([new Arm("magnitude", With(MaskCriterion.Magnitude)), new Arm("look", With(MaskCriterion.Custom("look")))], net, c.Task(), settings);

        Assert.Equal(3, expected.Count);
        Assert.DoesNotContain(null, expected);
        Assert.Equal(expected, looks);
    }

    [Fact]
    public void Choose_BeforeTheFirstStep_SeesNoGradientOfAnotherRun()
    {
        var c = new ToyCase(5);
        var looks = new List<float[]?>();
        var schedule = Schedule.Start().Sparse(Duration.Steps(2), s_rate, SparsityCurve.Constant(0.5), mask: new MaskRule(MaskCriterion.Custom("look"))).Build();
        var dense = Schedule.Start().Dense(Duration.Steps(2), s_rate).Build();
        using var net = c.Net();
        FairComparison.Run([new Arm("a", dense), new Arm("b", schedule)], net, c.Task(), new TrainerSettings(1, methods: Look(looks)));

        Assert.Equal([null, null, null], looks);
    }

    private static Schedule Scheduled(ToyCase c)
    {
        Phase Sparse(string name, int i) => new(
            name,
            Duration.Steps(6),
            s_rate,
            new[] { SparsityCurve.Constant(0.5), SparsityCurve.Linear(0.2, 0.8), SparsityCurve.Linear(0.8, 0.2) }[c.Pick(24 + i, 0, 2)],
            new MaskRule(MaskCriterion.Custom("look"), c.Pick(26 + i, 0, 1) == 0 ? SparsityDistribution.Uniform : SparsityDistribution.Global, update: MaskUpdate.Every(2, mayRegrow: c.Pick(28 + i, 0, 1) == 0)));
        return new Schedule([new Phase("dense", Duration.Steps(3), s_rate), Sparse("sparse", 0), Sparse("sparse 2", 1), new Phase("redense", Duration.Steps(2), s_rate)]);
    }

    private static MaskMethods Look(List<float[]?> looks) => MaskMethods.None.WithCriterion("look", w =>
    {
        looks.Add(w.Gradient is null ? null : ToyCase.Values(w.Gradient));
        return w.Weight.abs();
    });
}
