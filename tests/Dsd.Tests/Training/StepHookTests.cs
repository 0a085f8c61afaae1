using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using FsCheck.Xunit;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>Code of the user's own within each step, at the two places that are promised.</summary>
public sealed class StepHookTests
{
    [Property(MaxTest = 25)]
    [Trait("Tier", "slow")]
    public void Hook_ThatChangesNothing_LeavesTheBitsOfARunWithoutOne(int seed)
    {
        var c = new ToyCase(seed);
        var schedule = c.Schedule();
        using var plain = c.Net();
        using var hooked = c.Net();
        var hook = new Hook();

        Trainer.Run(schedule.On(plain, 5, ToyCase.Methods), plain, c.Task(), new TrainerSettings(c.Seed, c.Optimizer, methods: ToyCase.Methods));
        var record = Trainer.Run(schedule.On(hooked, 5, ToyCase.Methods), hooked, c.Task(), new TrainerSettings(c.Seed, c.Optimizer, methods: ToyCase.Methods, stepHook: hook));

        ToyCase.AssertSameBits(ToyCase.Weights(plain), ToyCase.Weights(hooked));
        Assert.Equal(Enumerable.Range(0, (int)record.End!.Step).SelectMany(i => new[] { $"before {i}", $"after {i}" }), hook.Calls);
    }

    [Fact]
    public void BeforeUpdate_InASparsePhase_SeesMaskedGradientsAsZeroAndAfterUpdateMaskedWeights()
    {
        using var net = new ToyNet(4, 6);
        var seen = 0;
        var hook = new Hook
        {
            Before = (model, _) =>
            {
                using var gradient = Weight(model).grad!;
                Assert.Equal(12, gradient.eq(0).sum().item<long>());
                seen++;
            },
            After = (model, _) => Assert.Equal(12, Weight(model).eq(0).sum().item<long>()),
        };
        var schedule = Schedule.Start().Sparse(Duration.Steps(3), LearningRate.Constant(0.1), SparsityCurve.Constant(0.5)).Build();

        Trainer.Run(schedule.On(net, 5), net, new ToyTask(4), new TrainerSettings(stepHook: hook));

        Assert.Equal(3, seen);
    }

    [Fact]
    public void BeforeUpdate_GradientsItChanges_AreClippedThenLearntFrom()
    {
        using var net = new ToyNet(3, 4, norm: false);
        var before = ToyCase.Weights(net);
        var hook = new Hook
        {
            Before = (model, _) =>
            {
                using var guard = no_grad();
                foreach (var parameter in model.parameters())
                {
                    using var gradient = parameter.grad!;
                    gradient.fill_(1000);
                }
            },
        };

        Trainer.Run(
            Schedule.Start().Dense(Duration.Steps(1), LearningRate.Constant(1)).Build().On(net, 5),
            net,
            new ToyTask(3),
            new TrainerSettings(optimizer: OptimizerSettings.Sgd(0, 0), gradientClip: 0.5, stepHook: hook));

        // All gradients alike, of norm 0.5 together, each weight moves by the same step.
        var count = before.Values.Sum(v => v.Length);
        Assert.All(ToyCase.Weights(net).SelectMany(t => t.Value.Zip(before[t.Key])), w => Assert.Equal(-0.5 / Math.Sqrt(count), w.First - w.Second, 1e-4));
    }

    [Fact]
    public void Hook_SharedPhases_AreSeenOnce()
    {
        var c = new ToyCase(5);
        using var net = c.Net();
        var hook = new Hook();
        var arms = new[] { Arm.Dsd(c.Schedule()), Arm.Control(c.Schedule()) };

        var comparison = FairComparison.Run(arms, net, c.Task(), new TrainerSettings(methods: ToyCase.Methods, stepHook: hook));

        var shared = SharedPrefix.Steps([.. comparison.Runs.Select(r => r.Start!.Plan(ToyCase.Methods))]);
        Assert.Equal(shared + comparison.Runs.Sum(r => r.End!.Step - shared), hook.Calls.Count(call => call.StartsWith("after", StringComparison.Ordinal)));
    }

    [Fact]
    public void Hook_ThatThrows_EndsTheRunAsFailed()
    {
        var c = new ToyCase(5);
        using var net = c.Net();
        RunEnded? end = null;
        var hook = new Hook
        {
            After = (_, step) =>
            {
                if (step == 2)
                {
                    throw new ArithmeticException("hook");
                }
            },
        };

        var error = Assert.ThrowsAny<DsdException>(() => Trainer.Run(
            c.Schedule().On(net, 5, ToyCase.Methods), net, c.Task(), new TrainerSettings(methods: ToyCase.Methods, stepHook: hook), e => end = e as RunEnded));

        Assert.IsType<ArithmeticException>(error.InnerException);
        Assert.Equal("The step hook Hook failed in AfterUpdate of step 2: hook (ArithmeticException)", error.Message);
        Assert.Equal((RunOutcome.Failed, error.Message), (end!.Outcome, end.Message));
    }

    private static Tensor Weight(nn.Module model) => model.named_parameters().Single(p => p.name == "net.fc1.weight").parameter;

    private sealed class Hook : IStepHook
    {
        public List<string> Calls { get; } = [];

        public Action<nn.Module, long> Before { get; init; } = (_, _) => { };

        public Action<nn.Module, long> After { get; init; } = (_, _) => { };

        public void BeforeUpdate(nn.Module model, long step)
        {
            Calls.Add($"before {step}");
            Before(model, step);
        }

        public void AfterUpdate(nn.Module model, long step)
        {
            Calls.Add($"after {step}");
            After(model, step);
        }
    }
}
